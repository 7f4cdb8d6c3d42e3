import { describe, expect } from 'vitest';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import { testWith } from '../support/fixtures.ts';
import { forbidden, type GithubServer } from '../support/github-server.ts';
import { gate, register } from '../support/service-client.ts';

const files = {
  'template.mjs': `import { Template } from 'novita-sandbox';
export default Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');`,
};

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

const test = testWith({
  files,
  defaults: { event, inputs: { name: 'my-agent', 'github-token': 'ghs_0123456789' } },
})
  /** Builds for pull request 12, and does something when its only step runs. */
  .extend('buildMeanwhile', ({ service, github, run }) => async (meanwhile: () => unknown) => {
    const door = gate();
    service.script = [{ at: 1, until: door.passed }];
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
    let happened = false;
    const result = await run({
      inputs: { tags: 'pr-12, pr-12-arm, sha-1' },
      onOutput: (printed) => {
        if (happened || !printed.includes('::group::[1/1]')) return;
        happened = true;
        void Promise.resolve(meanwhile()).then(door.open);
      },
    });
    const tags = [...new Set(service.inspect.tagHistory('my-agent').map(({ tag }) => tag))].sort();
    return { ...result, tags };
  })
  /** Runs the build for pull request 12 as it stands on GitHub, with what the event says of its last change. */
  .extend(
    'buildOutdated',
    ({ service, github: _, run }) =>
      async ({ attempt = '1', updatedAt = '', onSuperseded = 'success' }) => {
        const pullRequest = { ...event.payload.pull_request, updated_at: updatedAt };
        const result = await run({
          event: { ...event, payload: { ...event.payload, pull_request: pullRequest } },
          inputs: { 'on-superseded': onSuperseded },
          env: { GITHUB_RUN_ATTEMPT: attempt },
        });
        return { ...result, builds: service.inspect.builds().length };
      },
  );

const close = (github: GithubServer) => github.pullRequests.set(12, { number: 12, state: 'closed' });

describe('the preview of a pull request', () => {
  test('that is closed during the build is removed at its end', async ({ github, buildMeanwhile }) => {
    const { exitCode, log, tags, outputs } = await buildMeanwhile(() => close(github));
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(/Pull request 12 was closed during this build.* Removed: pr-12, pr-12-arm\./);
    expect(tags).toEqual(['sha-1']);
    expect(outputs['status']).toBe('ready');
    expect(github.comments.map(({ body }) => readCommentMarker(body)?.state)).toEqual(['removed']);
  });

  test('that is still open stays', async ({ buildMeanwhile }) => {
    const { exitCode, log, tags } = await buildMeanwhile(() => {});
    expect(exitCode, log).toBe(0);
    expect(log).not.toContain('has moved on');
    expect(tags).toEqual(['pr-12', 'pr-12-arm', 'sha-1']);
  });

  test('of a commit that is not the newest any more stays, and this is said', async ({
    github,
    buildMeanwhile,
  }) => {
    const { exitCode, log, tags } = await buildMeanwhile(() =>
      github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'd'.repeat(40) }),
    );
    expect(exitCode, log).toBe(0);
    expect(log).toContain('Pull request 12 has moved on to ddddddd during this build of ccccccc.');
    expect(tags).toEqual(['pr-12', 'pr-12-arm', 'sha-1']);
  });

  test('stays where a newer build has the tag', async ({ service, github, buildMeanwhile }) => {
    const { log, tags } = await buildMeanwhile(async () => {
      close(github);
      // Registered and not started, so that it does not take the place of the one that runs.
      await register(service, 'my-agent', ['pr-12']);
    });
    expect(log).toContain('Removed: pr-12-arm.');
    expect(tags).toEqual(['pr-12', 'sha-1']);
  });

  test('stays where GitHub does not say whether it is open', async ({ github, buildMeanwhile }) => {
    github.intercept = () => forbidden('pull_requests=read');
    const { exitCode, log, tags } = await buildMeanwhile(() => close(github));
    expect(exitCode, log).toBe(0);
    expect(tags).toEqual(['pr-12', 'pr-12-arm', 'sha-1']);
  });
});

describe('a run whose pull request has moved on before it began', () => {
  const [before, after] = ['2026-11-25T10:00:00Z', '2026-11-25T10:05:00Z'];
  const moved = { number: 12, state: 'open', headSha: 'd'.repeat(40), updatedAt: after } as const;

  test.for([
    ['started again', { attempt: '2' }],
    ['that waited', { updatedAt: before }],
  ] as const)('builds nothing when it is one %s', async ([_, state], { github, buildOutdated }) => {
    github.pullRequests.set(12, moved);
    const { exitCode, log, outputs, summary, builds } = await buildOutdated(state);
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ status: 'superseded', failure: 'superseded' });
    expect(log).toMatch(/^::notice title=Nothing was built::.*has moved on from ccccccc to ddddddd/m);
    expect(summary).toContain('has moved on');
    expect(builds).toBe(0);
    expect(github.comments).toEqual([]);
  });

  test('is red with on-superseded: failure', async ({ github, buildOutdated }) => {
    github.pullRequests.set(12, moved);
    const { exitCode, log, builds } = await buildOutdated({ attempt: '2', onSuperseded: 'failure' });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error::Nothing was built: .*has moved on/m);
    expect(builds).toBe(0);
  });

  test('builds nothing when it is closed', async ({ github, buildOutdated }) => {
    github.pullRequests.set(12, { ...moved, state: 'closed' });
    const { exitCode, outputs, builds } = await buildOutdated({ attempt: '2' });
    expect([exitCode, outputs['status'], builds]).toEqual([0, 'skipped', 0]);
  });

  test.for([
    ['says what it said at the event', { updatedAt: after }],
    ['does not say when it changed', {}],
  ] as const)(
    'builds where GitHub %s, which may be behind the push',
    async ([_, state], { github, buildOutdated }) => {
      github.pullRequests.set(12, moved);
      const { exitCode, log, outputs, builds } = await buildOutdated(state);
      expect(exitCode, log).toBe(0);
      expect([outputs['status'], builds]).toEqual(['ready', 1]);
    },
  );
});
