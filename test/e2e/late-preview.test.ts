import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { forbidden, type GithubServer, startGithubServer } from '../support/github-server.ts';
import { runActionHere } from '../support/runner.ts';
import { gate, register } from '../support/service-client.ts';
import {
  publishedAction,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../support/temporary-directory.ts';

const action = publishedAction();
let workspace: TemporaryDirectory;
beforeAll(async () => {
  workspace = await temporaryDirectory({
    'template.mjs': `import { Template } from 'novita-sandbox';
export default Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');`,
  });
});
afterAll(async () => {
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
  const result = await runActionHere({
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

/** Runs the build for pull request 12 as it stands on GitHub, with what the event says of its last change. */
async function buildOutdated(
  github: GithubServer,
  { attempt = '1', updatedAt = '', onSuperseded = 'success' },
) {
  const service = await startLocalService({ executor: createSimulatedExecutor({ stepMs: 1 }) });
  const pullRequest = { ...event.payload.pull_request, updated_at: updatedAt };
  const result = await runActionHere({
    action: action.path,
    workspace: workspace.path,
    event: { ...event, payload: { ...event.payload, pull_request: pullRequest } },
    inputs: { name: 'my-agent', 'github-token': 'ghs_0123456789', 'on-superseded': onSuperseded },
    env: {
      NOVITA_API_KEY: service.apiKey,
      NOVITA_API_URL: service.url,
      GITHUB_RUN_ATTEMPT: attempt,
      ...github.env,
    },
  });
  await service.close();
  return { ...result, builds: service.inspect.builds().length };
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

describe('a run whose pull request has moved on before it began', () => {
  const [before, after] = ['2026-11-25T10:00:00Z', '2026-11-25T10:05:00Z'];
  const moved = { number: 12, state: 'open', headSha: 'd'.repeat(40), updatedAt: after } as const;

  test.each([
    ['started again', { attempt: '2' }],
    ['that waited', { updatedAt: before }],
  ])('builds nothing when it is one %s', async (_, run) => {
    await using github = await startGithubServer();
    github.pullRequests.set(12, moved);
    const { exitCode, log, outputs, summary, builds } = await buildOutdated(github, run);
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ status: 'superseded', failure: 'superseded' });
    expect(log).toMatch(/^::notice title=Nothing was built::.*has moved on from ccccccc to ddddddd/m);
    expect(summary).toContain('has moved on');
    expect(builds).toBe(0);
    expect(github.comments).toEqual([]);
  });

  test('is red with on-superseded: failure', async () => {
    await using github = await startGithubServer();
    github.pullRequests.set(12, moved);
    const { exitCode, log, builds } = await buildOutdated(github, { attempt: '2', onSuperseded: 'failure' });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error::Nothing was built: .*has moved on/m);
    expect(builds).toBe(0);
  });

  test('builds nothing when it is closed', async () => {
    await using github = await startGithubServer();
    github.pullRequests.set(12, { ...moved, state: 'closed' });
    const { exitCode, outputs, builds } = await buildOutdated(github, { attempt: '2' });
    expect([exitCode, outputs['status'], builds]).toEqual([0, 'skipped', 0]);
  });

  test.each([
    ['says what it said at the event', { updatedAt: after }],
    ['does not say when it changed', {}],
  ])('builds where GitHub %s, which may be behind the push', async (_, run) => {
    await using github = await startGithubServer();
    github.pullRequests.set(12, moved);
    const { exitCode, log, outputs, builds } = await buildOutdated(github, run);
    expect(exitCode, log).toBe(0);
    expect([outputs['status'], builds]).toEqual(['ready', 1]);
  });
});
