import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { forbidden, type GithubServer } from '../support/github-server.ts';
import { build } from '../support/service-client.ts';

const repo = { full_name: 'octo-org/agent' };
const head = { sha: 'c'.repeat(40), ref: 'topic', repo };
const payload = {
  action: 'closed',
  number: 12,
  pull_request: { number: 12, state: 'closed', merged: true, head, base: { ref: 'main', repo } },
};

const test = testWith({
  defaults: {
    action: 'cleanup',
    event: { name: 'pull_request', payload },
    inputs: { name: 'my-agent', 'github-token': 'ghs_0123456789' },
  },
});

function deployed(github: GithubServer, pullRequest: number): void {
  const request = { environment: 'preview', task: `preview:pr-${pullRequest}` };
  github.deployments.push({ id: github.deployments.length + 1, request, statuses: [{ state: 'success' }] });
}

test.for<[string, Record<string, string>, boolean, string[]]>([
  [
    'sets the deployments of the pull request inactive',
    { environment: 'preview' },
    true,
    ['inactive', 'success'],
  ],
  ['does so too when its tags are gone already', { environment: 'preview' }, false, ['inactive', 'success']],
  ['leaves them alone without an environment', {}, true, ['success', 'success']],
  [
    'leaves them alone in a dry run',
    { environment: 'preview', 'dry-run': 'true' },
    true,
    ['success', 'success'],
  ],
])('%s', async ([_, inputs, tagged, expected], { service, run, github }) => {
  await build(service, 'my-agent', {}, tagged ? ['latest', 'pr-12'] : ['latest']);
  for (const number of [12, 13]) deployed(github, number);
  const { exitCode, log } = await run({ inputs });
  expect(exitCode, log).toBe(0);
  expect(github.deployments.map(({ statuses }) => statuses.at(-1)?.['state'])).toEqual(expected);
});

test('a token without the permission is a warning, and the tags are gone', async ({
  service,
  run,
  github,
}) => {
  github.intercept = ({ path }) =>
    path.includes('/deployments') ? forbidden('deployments=read') : undefined;
  await build(service, 'my-agent', {}, ['latest', 'pr-12']);
  const { exitCode, log, outputs } = await run({ inputs: { environment: 'preview' } });
  expect(exitCode, log).toBe(0);
  expect(outputs['removed']).toBe('["my-agent:pr-12"]');
  expect(log).toMatch(
    /^::warning title=A deployment was not set inactive::.*`permissions: deployments: write`/m,
  );
});
