import { expect, test } from 'vitest';
import { createGithubClient } from '../../src/github/client.ts';
import { createDeployment, deactivateDeployments, setDeploymentState } from '../../src/github/deployments.ts';
import { openNetwork } from '../../src/http/network.ts';
import { type GithubServer, startGithubServer } from '../support/github-server.ts';

const sha = 'c'.repeat(40);

function clientOf(server: GithubServer) {
  return createGithubClient({
    load: () => import('@actions/github'),
    token: 'ghs_token',
    apiUrl: server.url,
    repository: 'octo-org/agent',
    userAgent: 'novita-template-action/test',
    network: openNetwork({}),
    signal: new AbortController().signal,
  });
}

const states = (server: GithubServer) =>
  server.deployments.map(({ statuses }) => statuses.map(({ state }) => state).join(' '));

test('the deployments of one pull request are set inactive, each once, and those of others stay', async () => {
  await using server = await startGithubServer();
  const client = clientOf(server);
  const previews = [
    { environment: 'preview', pullRequest: 12 },
    { environment: 'preview', pullRequest: 12 },
    { environment: 'preview', pullRequest: 13 },
    { environment: 'other', pullRequest: 12 },
  ];
  for (const preview of previews) {
    const deployment = await createDeployment(client, { ...preview, sha });
    await setDeploymentState(client, deployment, { state: 'success' });
  }
  expect(await deactivateDeployments(client, { environment: 'preview', pullRequest: 12 })).toBe(2);
  expect(await deactivateDeployments(client, { environment: 'preview', pullRequest: 12 })).toBe(0);
  expect(states(server)).toEqual(['success inactive', 'success inactive', 'success', 'success']);
});

test('a description is cut to what GitHub takes', async () => {
  await using server = await startGithubServer();
  const client = clientOf(server);
  const deployment = await createDeployment(client, { environment: 'preview', pullRequest: 1, sha });
  await setDeploymentState(client, deployment, { state: 'failure', description: 'x'.repeat(500) });
  expect(server.deployments[0]?.statuses[0]?.['description']).toHaveLength(140);
});

test('an answer without a deployment is an error', async () => {
  await using server = await startGithubServer();
  server.intercept = () => ({ status: 202, body: { message: 'Auto-merged' } });
  await expect(
    createDeployment(clientOf(server), { environment: 'preview', pullRequest: 1, sha }),
  ).rejects.toThrow('GitHub made no deployment: Auto-merged');
});
