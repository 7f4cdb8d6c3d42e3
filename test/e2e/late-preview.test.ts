import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { readCommentMarker } from '../../src/report/comment-marker.ts';
import { forbidden, type GithubServer, startGithubServer } from '../github/server.ts';
import { gate, register } from '../local/client.ts';
import { runAction } from './runner.ts';
import { publishedAction, type TemporaryDirectory, temporaryDirectory } from './setup.ts';

let action: TemporaryDirectory;
let workspace: TemporaryDirectory;
beforeAll(async () => {
  action = publishedAction();
  workspace = await temporaryDirectory({
    'template.mjs': `import { Template } from 'novita-sandbox';
export default Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');`,
  });
});
afterAll(async () => {
  await action[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

const repo = { full_name: 'octo-org/agent' };
const event = {
  name: 'pull_request',
  payload: {
    action: 'synchronize',
    number: 12,
    pull_request: {
      number: 12,
      state: 'open',
      head: { sha: 'c'.repeat(40), ref: 'topic', repo },
      base: { sha: 'b'.repeat(40), ref: 'main', repo },
    },
    repository: { ...repo, default_branch: 'main' },
  },
};

/** Builds for pull request 12, and does something when its only step runs. */
async function buildMeanwhile(github: GithubServer, meanwhile: (service: LocalService) => unknown) {
  const door = gate();
  const executor = createSimulatedExecutor({ stepMs: 1, script: [{ at: 1, until: door.passed }] });
  const service = await startLocalService({ executor });
  github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
  let happened = false;
  const result = await runAction({
    action: action.path,
    workspace: workspace.path,
    event,
    inputs: { name: 'my-agent', tags: 'pr-12, pr-12-arm, sha-1', 'github-token': 'ghs_0123456789' },
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url, ...github.env },
    onOutput: (printed) => {
      if (happened || !printed.includes('::group::[1/1]')) return;
      happened = true;
      void Promise.resolve(meanwhile(service)).then(door.open);
    },
  });
  await service.close();
  const tags = [...new Set(service.inspect.tagHistory('my-agent').map(({ tag }) => tag))].sort();
  return { ...result, tags };
}

const close = (github: GithubServer) => github.pullRequests.set(12, { number: 12, state: 'closed' });

describe('the preview of a pull request', () => {
  test('that is closed during the build is removed at its end', async () => {
    await using github = await startGithubServer();
    const { exitCode, log, tags, outputs } = await buildMeanwhile(github, () => close(github));
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(/Pull request 12 was closed during this build.* Removed: pr-12, pr-12-arm\./);
    expect(tags).toEqual(['sha-1']);
    expect(outputs['status']).toBe('ready');
    expect(github.comments.map(({ body }) => readCommentMarker(body)?.state)).toEqual(['removed']);
  });

  test('that is still open stays', async () => {
    await using github = await startGithubServer();
    const { exitCode, log, tags } = await buildMeanwhile(github, () => {});
    expect(exitCode, log).toBe(0);
    expect(log).not.toContain('has moved on');
    expect(tags).toEqual(['pr-12', 'pr-12-arm', 'sha-1']);
  });

  test('of a commit that is not the newest any more stays, and this is said', async () => {
    await using github = await startGithubServer();
    const { exitCode, log, tags } = await buildMeanwhile(github, () =>
      github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'd'.repeat(40) }),
    );
    expect(exitCode, log).toBe(0);
    expect(log).toContain('Pull request 12 has moved on to ddddddd during this build of ccccccc.');
    expect(tags).toEqual(['pr-12', 'pr-12-arm', 'sha-1']);
  });

  test('stays where a newer build has the tag', async () => {
    await using github = await startGithubServer();
    const { log, tags } = await buildMeanwhile(github, async (service) => {
      close(github);
      // Registered and not started, so that it does not take the place of the one that runs.
      await register(service, 'my-agent', ['pr-12']);
    });
    expect(log).toContain('Removed: pr-12-arm.');
    expect(tags).toEqual(['pr-12', 'sha-1']);
  });

  test('stays where GitHub does not say whether it is open', async () => {
    await using github = await startGithubServer();
    github.intercept = () => forbidden('pull_requests=read');
    const { exitCode, log, tags } = await buildMeanwhile(github, () => close(github));
    expect(exitCode, log).toBe(0);
    expect(tags).toEqual(['pr-12', 'pr-12-arm', 'sha-1']);
  });
});
