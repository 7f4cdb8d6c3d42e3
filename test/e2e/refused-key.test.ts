/** A key that the service does not know: one clear error, at the first answer, and nothing else. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { type RunOptions, runActionHere } from '../support/runner.ts';
import { publishedAction, temporaryDirectory } from '../support/temporary-directory.ts';

const action = publishedAction();
let local: LocalService;
beforeAll(async () => {
  local = await startLocalService();
});
afterAll(async () => {
  await local.close();
});

const wrong = 'wrong-key-of-some-length';
const pinned = `fromImage('debian:12@sha256:${'a'.repeat(64)}', undefined, { inheritConfig: false })`;
const release: Partial<RunOptions> = {
  event: { name: 'push', payload: { ref: 'refs/tags/v1.2.3', repository: { default_branch: 'main' } } },
  env: { GITHUB_REF: 'refs/tags/v1.2.3' },
};
const reference = `my-agent:${'0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b'}`;

test.each<[string, string, string, Partial<RunOptions>]>([
  ['build: the look-up of the same content', '', pinned, {}],
  ['build: the look-up with reuse: require', '', pinned, { inputs: { reuse: 'require' } }],
  ['build: the registration', '', pinned, { inputs: { reuse: 'never' } }],
  ['build: the look-up of a parent', '', "fromTemplate('parent')", {}],
  ['build: the look-up of versions', '', pinned, release],
  ['promote', 'promote', pinned, { inputs: { from: 'latest', tags: 'stable' } }],
  ['promote: the look-up of versions', 'promote', pinned, { ...release, inputs: { from: 'latest' } }],
  ['wait', 'wait', pinned, { inputs: { reference } }],
])('%s', async (what, folder, base, options) => {
  await using workspace = await temporaryDirectory({
    'template.mjs': `import { Template } from 'novita-sandbox';\nexport default Template().${base}.runCmd('make');\n`,
  });
  const before = local.requests.length;
  const { exitCode, log, outputs, summary } = await runActionHere({
    action: join(action.path, folder),
    workspace: workspace.path,
    ...options,
    inputs: { name: 'my-agent', ...options.inputs },
    env: { NOVITA_API_KEY: wrong, NOVITA_API_URL: local.url, ...options.env },
  });
  expect(exitCode, log).toBe(1);
  const errors = log.split('\n').filter((line) => line.startsWith('::error'));
  expect(errors).toEqual([
    expect.stringMatching(
      /^::error::Nothing was \w+( for)?: .*answered 401.*The service does not know the API key/,
    ),
  ]);
  expect(log).not.toMatch(/Building|could not be (looked up|asked)|::(notice|warning)/);
  // Nothing is asked for that changes something, but by a build that looks nothing up.
  const changes = local.requests.slice(before).filter(({ method }) => method !== 'GET');
  expect(changes).toHaveLength(what.includes('registration') ? 1 : 0);
  if (folder !== 'promote') expect(outputs).toEqual({ status: 'error', failure: 'api-key' });
  expect(summary).toMatch(/^## Template `my-agent`: nothing was /);
  expect(summary).toContain('The service does not know the API key');
  expect(log.replace(`::add-mask::${wrong}`, '') + summary).not.toContain(wrong);
});
