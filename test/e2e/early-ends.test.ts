/** Steps of the other actions that end before they had anything to show: one error, the outputs, the summary. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { type RunOptions, runAction } from '../support/runner.ts';
import { publishedAction, temporaryDirectory } from '../support/temporary-directory.ts';

const action = publishedAction();
let local: LocalService;
/** Takes every request and answers none. */
let silent: LocalService;
let asked: () => void = () => {};
beforeAll(async () => {
  local = await startLocalService();
  silent = await startLocalService({ intercept: async () => asked() });
});
afterAll(async () => {
  await local.close();
  await silent.close();
});

const buildId = '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b';
const inputsOf: Record<string, Record<string, string>> = {
  promote: { name: 'my-agent', from: 'latest', tags: 'stable' },
  wait: { reference: `my-agent:${buildId}`, name: 'my-agent' },
  cleanup: { name: 'my-agent', mode: 'sweep', 'github-token': 'ghs_0123456789' },
  comment: { result: 'gone.json', 'github-token': 'ghs_0123456789' },
};
const undone = {
  promote: 'nothing was promoted',
  wait: 'nothing was waited for',
  cleanup: 'nothing was removed',
  comment: 'no comment was written',
};
type Folder = keyof typeof undone;

async function run(folder: Folder, service: LocalService, options: Partial<RunOptions> = {}) {
  await using workspace = await temporaryDirectory();
  const result = await runAction({
    action: join(action.path, folder),
    workspace: workspace.path,
    ...options,
    inputs: { ...inputsOf[folder], ...options.inputs },
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url, ...options.env },
  });
  return { ...result, errors: result.log.split('\n').filter((line) => line.startsWith('::error')) };
}

const said = (folder: Folder) => new RegExp(`^## (Template \`my-agent\`: )?${undone[folder]}\\n`, 'i');

test.each<[Folder, Record<string, string>, RegExp]>([
  ['promote', { from: '', tags: 'UPPER' }, /Input from/],
  ['promote', { 'api-key': 'two words' }, /Input api-key/],
  ['promote', { tags: 'type=nothing' }, /Input tags/],
  ['wait', { 'timeout-minutes': '0' }, /Input timeout-minutes/],
  ['wait', { result: 'gone.json' }, /Input result/],
  ['cleanup', { 'tag-prefix': '9' }, /Input tag-prefix/],
  ['comment', {}, /gone\.json: there is no such file/],
])('%s with %j: a mistake is one error, and stands in the summary', async (folder, inputs, says) => {
  const { exitCode, log, errors, summary, outputs } = await run(folder, local, { inputs });
  expect(exitCode, log).toBe(1);
  expect(errors).toEqual([expect.stringMatching(says)]);
  expect(summary).toMatch(said(folder));
  expect(summary.match(/^### /gm)).toHaveLength(1);
  expect(outputs).toEqual(folder === 'wait' ? { status: 'error', failure: 'invalid-input' } : {});
  const quiet = await run(folder, local, { inputs: { ...inputs, summary: 'false' } });
  expect([quiet.exitCode, quiet.summary]).toEqual([1, '']);
});

test.each<[Folder, RegExp]>([
  ['promote', /There is no template my-agent|no template.*my-agent/],
  ['wait', /no template.*my-agent/],
])('%s: what the service does not have is one error, and stands in the summary', async (folder, says) => {
  const { exitCode, log, errors, summary, outputs } = await run(folder, local);
  expect(exitCode, log).toBe(1);
  expect(errors).toEqual([expect.stringMatching(says)]);
  expect(summary).toMatch(said(folder));
  expect(outputs).toEqual(folder === 'wait' ? { status: 'error', failure: 'build-not-found' } : {});
});

test.each<Folder>(['promote', 'wait'])(
  '%s: a cancel is one error, and stands in the summary',
  async (folder) => {
    let pid = 0;
    asked = () => process.kill(pid, 'SIGINT');
    const { exitCode, log, errors, summary, outputs } = await run(folder, silent, {
      onSpawn: (id) => {
        pid = id;
      },
    });
    expect(exitCode, log).toBe(130);
    expect(errors).toEqual([expect.stringMatching(/::error::Nothing was .*: The job was cancelled\./)]);
    expect(summary).toMatch(said(folder));
    expect(outputs).toEqual(folder === 'wait' ? { status: 'error', failure: 'interrupted' } : {});
  },
);
