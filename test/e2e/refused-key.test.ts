/** A key that the service does not know: one clear error, at the first answer, and nothing else. */
import { expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';

const wrong = 'wrong-key-of-some-length';
const test = testWith({ defaults: { inputs: { name: 'my-agent' }, env: { NOVITA_API_KEY: wrong } } });
const pinned = `fromImage('debian:12@sha256:${'a'.repeat(64)}', undefined, { inheritConfig: false })`;
const release: RunChanges = {
  event: { name: 'push', payload: { ref: 'refs/tags/v1.2.3', repository: { default_branch: 'main' } } },
  env: { GITHUB_REF: 'refs/tags/v1.2.3' },
};
const reference = `my-agent:${'0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b'}`;

test.for<[string, string, string, RunChanges]>([
  ['build: the look-up of the same content', '', pinned, {}],
  ['build: the look-up with reuse: require', '', pinned, { inputs: { reuse: 'require' } }],
  ['build: the registration', '', pinned, { inputs: { reuse: 'never' } }],
  ['build: the look-up of a parent', '', "fromTemplate('parent')", {}],
  ['build: the look-up of versions', '', pinned, release],
  ['promote', 'promote', pinned, { inputs: { from: 'latest', tags: 'stable' } }],
  ['promote: the look-up of versions', 'promote', pinned, { ...release, inputs: { from: 'latest' } }],
  ['wait', 'wait', pinned, { inputs: { reference } }],
])('%s', async ([what, action, base, options], { service, workspace, run }) => {
  await workspace.write({
    'template.mjs': `import { Template } from 'novita-sandbox';\nexport default Template().${base}.runCmd('make');\n`,
  });
  const before = service.requests.length;
  const { exitCode, log, outputs, summary } = await run({ action, ...options });
  expect(exitCode, log).toBe(1);
  const errors = log.split('\n').filter((line) => line.startsWith('::error'));
  expect(errors).toEqual([
    expect.stringMatching(
      /^::error::Nothing was \w+( for)?: .*answered 401.*The service does not know the API key/,
    ),
  ]);
  expect(log).not.toMatch(/Building|could not be (looked up|asked)|::(notice|warning)/);
  // Nothing is asked for that changes something, but by a build that looks nothing up.
  const changes = service.requests.slice(before).filter(({ method }) => method !== 'GET');
  expect(changes).toHaveLength(what.includes('registration') ? 1 : 0);
  if (action !== 'promote') expect(outputs).toEqual({ status: 'error', failure: 'api-key' });
  expect(summary).toMatch(/^## Template `my-agent`: nothing was /);
  expect(summary).toContain('The service does not know the API key');
  expect(log.replace(`::add-mask::${wrong}`, '') + summary).not.toContain(wrong);
});
