/** Steps of the other actions that end before they had anything to show: one error, the outputs, the summary. */
import { expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';

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

const test = testWith({ defaults: { ownProcess: true } }).extend(
  'runFolder',
  ({ run }) =>
    async (action: Folder, changes: RunChanges = {}) => {
      const result = await run({ action, ...changes, inputs: { ...inputsOf[action], ...changes.inputs } });
      return { ...result, errors: result.log.split('\n').filter((line) => line.startsWith('::error')) };
    },
);

const said = (folder: Folder) => new RegExp(`^## (Template \`my-agent\`: )?${undone[folder]}\\n`, 'i');

test.for<[Folder, Record<string, string>, RegExp]>([
  ['promote', { from: '', tags: 'UPPER' }, /Input from/],
  ['promote', { 'api-key': 'two words' }, /Input api-key/],
  ['promote', { tags: 'type=nothing' }, /Input tags/],
  ['wait', { 'timeout-minutes': '0' }, /Input timeout-minutes/],
  ['wait', { result: 'gone.json' }, /Input result/],
  ['cleanup', { 'tag-prefix': '9' }, /Input tag-prefix/],
  ['comment', {}, /gone\.json: there is no such file/],
])(
  '%s with %j: a mistake is one error, and stands in the summary',
  async ([folder, inputs, says], { runFolder }) => {
    const { exitCode, log, errors, summary, outputs } = await runFolder(folder, { inputs });
    expect(exitCode, log).toBe(1);
    expect(errors).toEqual([expect.stringMatching(says)]);
    expect(summary).toMatch(said(folder));
    expect(summary.match(/^### /gm)).toHaveLength(1);
    expect(outputs).toEqual(folder === 'wait' ? { status: 'error', failure: 'invalid-input' } : {});
    const quiet = await runFolder(folder, { inputs: { ...inputs, summary: 'false' } });
    expect([quiet.exitCode, quiet.summary]).toEqual([1, '']);
  },
);

test.for<[Folder, RegExp]>([
  ['promote', /There is no template my-agent|no template.*my-agent/],
  ['wait', /no template.*my-agent/],
])(
  '%s: what the service does not have is one error, and stands in the summary',
  async ([folder, says], { runFolder }) => {
    const { exitCode, log, errors, summary, outputs } = await runFolder(folder);
    expect(exitCode, log).toBe(1);
    expect(errors).toEqual([expect.stringMatching(says)]);
    expect(summary).toMatch(said(folder));
    expect(outputs).toEqual(folder === 'wait' ? { status: 'error', failure: 'build-not-found' } : {});
  },
);

test.for<Folder>(['promote', 'wait'])(
  '%s: a cancel is one error, and stands in the summary',
  async (folder, { service, runFolder }) => {
    let pid = 0;
    // It takes every request and answers none.
    service.intercept = async () => void process.kill(pid, 'SIGINT');
    const { exitCode, log, errors, summary, outputs } = await runFolder(folder, {
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
