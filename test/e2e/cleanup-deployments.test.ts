import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startLocalService } from '../../src/local/service.ts';
import { forbidden, type GithubServer, startGithubServer } from '../support/github-server.ts';
import { runActionHere } from '../support/runner.ts';
import { build } from '../support/service-client.ts';
import { publishedAction, temporaryDirectory } from '../support/temporary-directory.ts';

const repo = { full_name: 'octo-org/agent' };
const head = { sha: 'c'.repeat(40), ref: 'topic', repo };
const payload = {
  action: 'closed',
  number: 12,
  pull_request: { number: 12, state: 'closed', merged: true, head, base: { ref: 'main', repo } },
};

function deployed(github: GithubServer, pullRequest: number): void {
  const request = { environment: 'preview', task: `preview:pr-${pullRequest}` };
  github.deployments.push({ id: github.deployments.length + 1, request, statuses: [{ state: 'success' }] });
}

test.each<[string, Record<string, string>, boolean, string[]]>([
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
])('%s', async (_, inputs, tagged, expected) => {
  const action = publishedAction();
  await using workspace = await temporaryDirectory();
  await using github = await startGithubServer();
  const service = await startLocalService();
  await build(service, 'my-agent', {}, tagged ? ['latest', 'pr-12'] : ['latest']);
  for (const number of [12, 13]) deployed(github, number);
  const { exitCode, log } = await runActionHere({
    action: join(action.path, 'cleanup'),
    workspace: workspace.path,
    inputs: { name: 'my-agent', 'github-token': 'ghs_0123456789', ...inputs },
    event: { name: 'pull_request', payload },
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url, ...github.env },
  });
  await service.close();
  expect(exitCode, log).toBe(0);
  expect(github.deployments.map(({ statuses }) => statuses.at(-1)?.['state'])).toEqual(expected);
});

test('a token without the permission is a warning, and the tags are gone', async () => {
  const action = publishedAction();
  await using workspace = await temporaryDirectory();
  await using github = await startGithubServer();
  github.intercept = ({ path }) =>
    path.includes('/deployments') ? forbidden('deployments=read') : undefined;
  const service = await startLocalService();
  await build(service, 'my-agent', {}, ['latest', 'pr-12']);
  const { exitCode, log, outputs } = await runActionHere({
    action: join(action.path, 'cleanup'),
    workspace: workspace.path,
    inputs: { name: 'my-agent', 'github-token': 'ghs_0123456789', environment: 'preview' },
    event: { name: 'pull_request', payload },
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url, ...github.env },
  });
  await service.close();
  expect(exitCode, log).toBe(0);
  expect(outputs['removed']).toBe('["my-agent:pr-12"]');
  expect(log).toMatch(
    /^::warning title=A deployment was not set inactive::.*`permissions: deployments: write`/m,
  );
});
