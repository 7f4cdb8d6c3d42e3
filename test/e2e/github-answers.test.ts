import { describe, expect } from 'vitest';
import { commentMarker, readCommentMarker } from '../../src/github/comment-marker.ts';
import { testWith } from '../support/fixtures.ts';
import {
  forbidden,
  type GithubAnswer,
  type GithubRequest,
  type GithubServer,
  githubPlaces,
  startGithubServer,
} from '../support/github-server.ts';
import { groupsOf } from '../support/runner.ts';
import { build as registerBuild } from '../support/service-client.ts';
import { pullRequestRun, states, tagsAt } from './pull-request-kit.ts';

const test = testWith({
  files: {
    'template.mjs': `import { Template } from 'novita-sandbox';
export default Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');
`,
  },
  defaults: { inputs: { name: 'my-agent', 'github-token': 'ghs_0123456789' } },
})
  /** A build of pull request 12 beside a GitHub that may answer otherwise. */
  .extend('build', ({ service, run }) => async (github: GithubServer) => {
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
    const { event, env } = pullRequestRun('opened');
    const result = await run({ event, env: { ...github.env, ...env, GITHUB_RUN_ID: '101' } });
    expect(result.outputs['status'], result.log).toBe('ready');
    expect(tagsAt(service)).toEqual(['pr-12']);
    groupsOf(result.log);
    return result;
  })
  /** The cleanup of pull request 12, of which a comment tells. */
  .extend('cleanUp', ({ service, run }) => async (github: GithubServer) => {
    await registerBuild(service, 'my-agent', {}, ['latest', 'pr-12']);
    github.pullRequests.set(12, { number: 12, state: 'closed' });
    const header = { name: 'my-agent', key: '', state: 'ready', run: 1, attempt: 1 } as const;
    github.addComment(12, `${commentMarker(header)}\nready`);
    const { event, env } = pullRequestRun('closed');
    const result = await run({
      action: 'cleanup',
      event,
      env: { ...github.env, ...env, GITHUB_RUN_ID: '102' },
    });
    expect(result.outputs['removed'], result.log).toBe('["my-agent:pr-12"]');
    expect(tagsAt(service)).toEqual(['latest']);
    return result;
  });

type Wanted = (request: GithubRequest) => boolean;
const lists: Wanted = ({ method, path }) => method === 'GET' && path.includes('/issues/12/comments');
const makes: Wanted = ({ method }) => method === 'POST';
const edits: Wanted = ({ method }) => method === 'PATCH';
const asksWho: Wanted = ({ path }) => path === '/graphql';
const comments: Wanted = ({ path }) => path.includes('comments');
const makesComment: Wanted = (request) => makes(request) && comments(request);

/** Answers so the first times that something is wanted, and takes the answer away; then as GitHub does. */
function first(wanted: Wanted, answers: GithubAnswer[]): GithubServer['intercept'] {
  return (request) => (wanted(request) ? answers.shift() : undefined);
}

const always =
  (wanted: Wanted, answer: GithubAnswer): GithubServer['intercept'] =>
  (request) =>
    wanted(request) ? answer : undefined;

const said = (status: number, message: string, headers?: Record<string, string>): GithubAnswer => ({
  status,
  body: { message },
  ...(headers && { headers }),
});
const tooMany = 'API rate limit exceeded for installation ID 1.';
const secondary = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
const now = () => String(Math.floor(Date.now() / 1000));
const inAnHour = () => String(Math.floor(Date.now() / 1000) + 3600);
const retry = { 'retry-after': '0' };
const limited = (reset: string) =>
  said(403, tooMany, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset });

describe('GitHub recovers, and the comment is there', () => {
  test.for<[string, number, Wanted, GithubAnswer[]]>([
    ['500 to the list', 0, lists, [said(500, 'Server Error')]],
    ['502 and 503 to the list', 0, lists, [said(502, 'Bad gateway'), said(503, 'Unavailable')]],
    ['500 to the question whose token it is', 0, asksWho, [said(500, 'Server Error')]],
    ['500 to an edit', 0, edits, [said(500, 'Server Error')]],
    ['500 to the making of it, which may have been done', 1, makesComment, [said(500, 'Server Error')]],
    ['429 to the list', 0, lists, [said(429, 'Too many requests', retry)]],
    ['a secondary rate limit to the making', 0, makesComment, [said(403, secondary, retry)]],
    ['a secondary rate limit to an edit', 0, edits, [said(403, secondary, retry)]],
    ['a rate limit that is over now', 0, lists, [limited(now())]],
  ])('after %s', async ([_, notices, wanted, answers], { github, build }) => {
    const left = [...answers];
    github.intercept = first(wanted, left);
    // Nobody asks whose the token is before there is a comment that may be ours.
    const header = { name: 'my-agent', key: '', state: 'failed', run: 1, attempt: 1 } as const;
    if (wanted === asksWho) github.addComment(12, `${commentMarker(header)}\nfailed`);
    const { exitCode, log } = await build(github);
    expect(exitCode, log).toBe(0);
    expect(left).toEqual([]);
    expect(states(github)).toEqual(['ready']);
    expect(log).not.toMatch(/^::(warning|error)/m);
    expect(log.match(/^::notice title=No comment::/gm) ?? []).toHaveLength(notices);
  });

  test('also where the one that answered 500 was made: it is not made twice', async ({ github, build }) => {
    let failed = false;
    github.intercept = (request) => {
      if (failed || !makesComment(request)) return undefined;
      failed = true;
      github.addComment(12, (request.body as { body: string }).body);
      return said(500, 'Server Error');
    };
    const { exitCode, log } = await build(github);
    expect(exitCode, log).toBe(0);
    expect(states(github)).toEqual(['ready']);
  });
});

describe('GitHub refuses, and the build is ready with one warning', () => {
  test.for<[string, () => GithubServer['intercept'], RegExp]>([
    [
      '403 to the list',
      () => always(lists, forbidden('pull_requests=read')),
      /permissions: pull-requests: write/,
    ],
    [
      '403 to the making',
      () => always(makesComment, forbidden('pull_requests=write')),
      /permissions: pull-requests: write/,
    ],
    [
      '404 to the list',
      () => always(lists, said(404, 'Not Found')),
      /The pull request is gone, or the token/,
    ],
    ['404 to the making', () => always(makesComment, said(404, 'Not Found')), /The pull request is gone/],
  ])('%s', async ([_, intercept, says], { github, build }) => {
    github.intercept = intercept();
    const { exitCode, log, summary } = await build(github);
    expect(exitCode, log).toBe(0);
    const told = log.split('\n').filter((line) => line.startsWith('::warning title=No comment::'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(says);
    expect(log).not.toMatch(/^::(notice|error)/m);
    expect(summary).toContain('is ready');
    expect(github.comments).toEqual([]);
  });

  test.for<[string, () => GithubServer['intercept'], RegExp]>([
    ['422', () => always(makesComment, said(422, 'Validation Failed')), /answered 422.*Validation Failed/],
    ['500', () => always(makesComment, said(500, 'Server Error')), /answered 500/],
    ['a rate limit for an hour', () => always(comments, limited(inAnHour())), /rate limit/],
  ])(
    'for this moment, with %s, and both times that it tries',
    async ([_, intercept, says], { github, build }) => {
      github.intercept = intercept();
      const { exitCode, log } = await build(github);
      expect(exitCode, log).toBe(0);
      const told = log.split('\n').filter((line) => line.startsWith('::notice title=No comment::'));
      expect(told).toHaveLength(2);
      for (const line of told) expect(line).toMatch(says);
      // Waiting longer, or another permission, is not what is missing.
      expect(told.join()).not.toContain('Give the job');
      expect(github.comments).toEqual([]);
    },
  );
});

describe('the cleanup', () => {
  test.for<[string, () => GithubServer['intercept'], RegExp]>([
    ['403', () => always(edits, forbidden('pull_requests=write')), /pull-requests: write/],
    ['404', () => always(edits, said(404, 'Not Found')), /answered 404/],
    ['422', () => always(edits, said(422, 'Validation Failed')), /answered 422.*Validation Failed/],
    ['a rate limit for an hour', () => always(edits, limited(inAnHour())), /rate limit/],
  ])(
    'removes the tags and warns when an edit is answered by %s',
    async ([_, intercept, says], { github, cleanUp }) => {
      github.intercept = intercept();
      const { exitCode, log } = await cleanUp(github);
      expect(exitCode, log).toBe(0);
      const told = log
        .split('\n')
        .filter((line) => line.startsWith('::warning title=A comment was not edited'));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(says);
      expect(states(github)).toEqual(['ready']);
    },
  );

  test.for<[string, Wanted, GithubAnswer[]]>([
    ['500 to the list', lists, [said(500, 'Server Error')]],
    ['500 to the edit', edits, [said(500, 'Server Error')]],
    ['429 to the edit', edits, [said(429, 'Too many requests', retry)]],
    ['a secondary rate limit to the edit', edits, [said(403, secondary, retry)]],
  ])('tells in the comment after %s', async ([_, wanted, answers], { github, cleanUp }) => {
    const left = [...answers];
    github.intercept = first(wanted, left);
    const { exitCode, log } = await cleanUp(github);
    expect(exitCode, log).toBe(0);
    expect(left).toEqual([]);
    expect(readCommentMarker(github.comments[0]?.body ?? '')).toMatchObject({ state: 'removed', run: 102 });
    expect(log).not.toMatch(/^::warning/m);
  });
});

test.for(Object.entries(githubPlaces))(
  'on %s a comment tells how its build ends',
  async ([_, places], { build, cleanUp }) => {
    await using github = await startGithubServer('octo-org/agent', places);
    for (const pushed of [1, 2]) {
      const { exitCode, log } = await build(github);
      expect(exitCode, log).toBe(0);
      expect(states(github), `push ${pushed}`).toEqual(['ready']);
      expect(log).not.toMatch(/^::(warning|error)/m);
    }
    for (const comment of github.comments.splice(0)) github.addComment(12, comment.body, 'mallory');
    await cleanUp(github);
    expect(states(github)).toEqual(['ready', 'removed']);
  },
);
