import { afterEach, describe, expect, test } from 'vitest';
import { createGithubClient, type GithubOptions } from '../../src/github/client.ts';
import { GithubError, limitMs } from '../../src/github/errors.ts';
import { openNetwork } from '../../src/http/network.ts';
import {
  forbidden,
  type GithubAnswer,
  type GithubServer,
  startGithubServer,
} from '../support/github-server.ts';

const retryPolicy = {
  attempts: 4,
  timeMs: 60_000,
  firstPauseMs: 1,
  longestPauseMs: 1,
  longestRetryAfterMs: 70_000,
};
const network = openNetwork({});
const notes: string[] = [];
afterEach(() => {
  notes.length = 0;
});

function clientOf(server: Pick<GithubServer, 'url'>, changes: Partial<GithubOptions> = {}) {
  return createGithubClient({
    load: () => import('@actions/github'),
    token: 'ghs_token',
    apiUrl: server.url,
    repository: 'octo-org/agent',
    userAgent: 'novita-template-action/test',
    network,
    signal: new AbortController().signal,
    retryPolicy,
    onRetry: (sentence) => notes.push(sentence),
    ...changes,
  });
}

const errorOf = (call: Promise<unknown>): Promise<GithubError> =>
  call.then(
    () => expect.unreachable('the call should have been refused'),
    (error) => error,
  );

describe('pull requests', () => {
  test('are open, closed or unknown', async () => {
    await using server = await startGithubServer();
    server.pullRequests.set(1, { number: 1, state: 'open', headSha: 'b'.repeat(40) });
    server.pullRequests.set(2, { number: 2, state: 'closed' });
    const client = clientOf(server);
    expect(await client.pullRequest(1)).toEqual({ number: 1, state: 'open', headSha: 'b'.repeat(40) });
    expect(await client.pullRequest(2)).toMatchObject({ state: 'closed' });
    expect(await client.pullRequest(3)).toEqual({ number: 3, state: 'unknown' });
    expect(server.requests[0]?.authorization).toBe('token ghs_token');
  });
});

test.each([[[]], [{}], ['<html>Log in</html>'], [{ state: 'open', head: null }]])(
  'an answer %j that is no pull request is an error of GitHub',
  async (body) => {
    await using server = await startGithubServer();
    server.intercept = () => ({ status: 200, body });
    const error = await errorOf(clientOf(server).pullRequest(1));
    expect(error).toBeInstanceOf(GithubError);
    expect(error.message).toContain('something else than a pull request');
  },
);

describe('comments', () => {
  test('are read from all pages in order', async () => {
    await using server = await startGithubServer();
    for (let index = 0; index < 4001; index += 1) server.addComment(7, `comment ${index}`, 'someone');
    server.addComment(8, 'of another');
    const comments = await clientOf(server).listComments(7);
    expect(comments).toHaveLength(4001);
    expect(
      comments.every(({ body, author }, index) => body === `comment ${index}` && author === 'someone'),
    ).toBe(true);
    expect(server.requests).toHaveLength(41);
  });

  test('are written and edited by the account of the token', async () => {
    await using server = await startGithubServer();
    const client = clientOf(server);
    const made = await client.createComment(7, 'building');
    expect(made).toMatchObject({ body: 'building', author: await client.login() });
    expect(await client.updateComment(made.id, 'ready')).toMatchObject({ id: made.id, body: 'ready' });
    expect(server.comments).toMatchObject([{ issue: 7, body: 'ready' }]);
  });

  test('may have lost their author', async () => {
    await using server = await startGithubServer();
    server.intercept = () => ({ status: 200, body: [{ id: 1, body: 'x', user: null, html_url: 'u' }] });
    expect(await clientOf(server).listComments(7)).toEqual([{ id: 1, body: 'x', author: '', url: 'u' }]);
  });
});

describe('a refusal', () => {
  test('for a missing permission names it, and is not retried', async () => {
    await using server = await startGithubServer();
    server.intercept = () => forbidden('issues=write; pull_requests=write');
    const error = await errorOf(clientOf(server).createComment(7, 'x'));
    expect(error).toBeInstanceOf(GithubError);
    expect(error.message).toBe(
      'GitHub answered 403 to POST /repos/{owner}/{repo}/issues/{issue_number}/comments, saying: Resource not accessible by integration\n' +
        'The token needs the permission issues: write or pull-requests: write.',
    );
    expect(server.requests).toHaveLength(1);
  });

  test('says what GitHub says', async () => {
    await using server = await startGithubServer();
    const error = await errorOf(clientOf(server).createComment(7, 'x'.repeat(65_537)));
    expect(error).toMatchObject({ status: 422, said: 'Validation Failed' });
  });

  test('for the number of requests is retried as GitHub asks, even a change', async () => {
    await using server = await startGithubServer();
    const limits: GithubAnswer[] = [
      { status: 429, headers: { 'retry-after': '0' } },
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
        body: { message: 'API rate limit exceeded' },
      },
      {
        status: 403,
        headers: { 'retry-after': '0' },
        body: { message: 'You have exceeded a secondary rate limit' },
      },
    ];
    server.intercept = (_, earlier) => limits[earlier];
    expect(await clientOf(server).createComment(7, 'x')).toMatchObject({ body: 'x' });
    expect(server.comments).toHaveLength(1);
    expect(notes).toHaveLength(3);
  });

  test('that would take too long to wait for is named', async () => {
    await using server = await startGithubServer();
    server.intercept = () => ({ status: 403, headers: { 'retry-after': '3600' }, body: { message: 'no' } });
    const error = await errorOf(clientOf(server).pullRequest(1));
    expect(error.limited).toBe(true);
    expect(error.message).toContain('Too many requests were made with this token');
    expect(server.requests).toHaveLength(1);
  });
});

describe('an outage', () => {
  test('does not fail idempotent requests', async () => {
    await using server = await startGithubServer();
    server.pullRequests.set(1, { number: 1, state: 'open' });
    server.intercept = (_, earlier) => (earlier < 3 ? { status: 502 } : undefined);
    expect(await clientOf(server).pullRequest(1)).toMatchObject({ state: 'open' });
    server.intercept = (_, earlier) => (earlier < 5 ? { status: 502 } : undefined);
    expect(await clientOf(server).login()).toBe('github-actions[bot]');
    expect(notes[0]).toMatch(
      /^GitHub answered 502 to GET \/repos\/\{owner\}\/\{repo\}\/pulls\/\{pull_number\}; trying/,
    );
  });

  test('ends after as many attempts as are allowed', async () => {
    await using server = await startGithubServer();
    server.intercept = () => ({ status: 500, body: { message: 'Server Error' } });
    expect(await errorOf(clientOf(server).listComments(1))).toMatchObject({
      status: 500,
      said: 'Server Error',
    });
    expect(server.requests).toHaveLength(4);
  });

  test('never makes a comment twice', async () => {
    await using server = await startGithubServer();
    server.intercept = () => ({ status: 502 });
    await errorOf(clientOf(server).createComment(7, 'x'));
    expect(server.requests).toHaveLength(1);
  });

  test('of the network is named as one', async () => {
    const server = await startGithubServer();
    await server[Symbol.asyncDispose]();
    const error = await errorOf(clientOf(server).createComment(7, 'x'));
    expect(error.status).toBeUndefined();
    expect(error.message).toMatch(/^GitHub could not be reached for POST /);
  });

  test('ends at once when the job is canceled', async () => {
    await using server = await startGithubServer();
    const cancelled = new AbortController();
    server.intercept = () => {
      cancelled.abort('interrupted');
      return { status: 500 };
    };
    const signal = cancelled.signal;
    expect(await errorOf(clientOf(server, { signal }).pullRequest(1))).toBe('interrupted');
    expect(server.requests).toHaveLength(1);
  });
});

test.each([
  ['a retry-after', { 'retry-after': '30' }, 30_000],
  ['the end of the window', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '40' }, 40_000],
  ['nothing', {}, 60_000],
])('the wait at a limit with %s', (_, headers, expected) => {
  expect(limitMs(headers, 0)).toBe(expected);
});
