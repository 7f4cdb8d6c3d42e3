import { describe, expect, test } from 'vitest';
import { createGithubClient } from '../../src/github/client.ts';
import {
  type Comment,
  type CommentHeader,
  commentMarker,
  readCommentMarker,
} from '../../src/github/comment-marker.ts';
import { explainCommentError, upsertComment } from '../../src/github/comments.ts';
import { openNetwork } from '../../src/http/network.ts';
import { markCommentRemoved } from '../../src/job/preview-removed.ts';
import { forbidden, type GithubServer, githubPlaces, startGithubServer } from '../support/github-server.ts';

function clientOf(server: GithubServer) {
  return createGithubClient({
    load: () => import('@actions/github'),
    token: 'ghs_token',
    apiUrl: server.url,
    graphqlUrl: server.env['GITHUB_GRAPHQL_URL'],
    repository: 'octo-org/agent',
    userAgent: 'novita-template-action/test',
    network: openNetwork({}),
    signal: new AbortController().signal,
    retryPolicy: {
      ...{ attempts: 2, timeMs: 60_000, firstPauseMs: 1, longestPauseMs: 1 },
      // A longer one ends the attempts, as it does in life.
      longestRetryAfterMs: 1000,
    },
  });
}

function commentOf(text: string, header: Partial<CommentHeader> = {}): Comment {
  const whole: CommentHeader = { name: 'my-agent', key: '', state: 'ready', run: 10, attempt: 1, ...header };
  return { header: whole, body: `${commentMarker(whole)}\n${text}\n` };
}

const bodies = (server: GithubServer, author?: string) =>
  server.comments
    .filter((comment) => author === undefined || comment.author === author)
    .map(({ body }) => body.split('\n')[1]);
const writes = (server: GithubServer) =>
  server.requests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'));

describe('the comment of a template', () => {
  test('is made once and edited from then on', async () => {
    await using server = await startGithubServer();
    const client = clientOf(server);
    server.addComment(12, 'LGTM', 'a-person');
    expect(await upsertComment(client, 12, commentOf('building'))).toMatchObject({ outcome: 'created' });
    expect(await upsertComment(client, 12, commentOf('ready'))).toMatchObject({ outcome: 'updated' });
    expect(bodies(server, server.login)).toEqual(['ready']);
  });

  test('is found behind forty pages of others', async () => {
    await using server = await startGithubServer();
    for (let index = 0; index < 4000; index += 1) server.addComment(12, `comment ${index}`, 'someone');
    const client = clientOf(server);
    await upsertComment(client, 12, commentOf('one'));
    await upsertComment(client, 12, commentOf('two'));
    expect(server.comments).toHaveLength(4001);
    expect(server.comments.at(-1)?.body).toContain('two');
  });

  test('is apart for each template and key', async () => {
    await using server = await startGithubServer();
    const client = clientOf(server);
    for (const header of [{}, { name: 'other' }, { key: 'arm' }, {}]) {
      await upsertComment(client, 12, commentOf(JSON.stringify(header), header));
    }
    expect(bodies(server)).toEqual(['{}', '{"name":"other"}', '{"key":"arm"}']);
  });

  test('is never that of a stranger who bears the marker', async () => {
    await using server = await startGithubServer();
    const planted = server.addComment(12, commentOf('planted', { run: 0 }).body, 'mallory');
    server.addComment(12, commentOf('planted for ever', { run: 10 ** 15 }).body, 'mallory');
    expect(await upsertComment(clientOf(server), 12, commentOf('ready'))).toMatchObject({
      outcome: 'created',
    });
    expect(planted.body).toContain('planted');
    expect(bodies(server, server.login)).toEqual(['ready']);
  });

  test.each([
    ['an older run', { run: 9, attempt: 4 }],
    ['an earlier attempt', { run: 10, attempt: 1 }],
  ])('is not overwritten by %s', async (_, older) => {
    await using server = await startGithubServer();
    const client = clientOf(server);
    await upsertComment(client, 12, commentOf('newer', { run: 10, attempt: 2 }));
    expect(await upsertComment(client, 12, commentOf('older', older))).toMatchObject({ outcome: 'newer' });
    expect(bodies(server)).toEqual(['newer']);
  });

  test('is not overwritten by an older run that listed the comments before the newer one wrote', async () => {
    await using server = await startGithubServer();
    const standing = server.addComment(12, commentOf('old', { run: 8 }).body);
    server.intercept = ({ path }) => {
      // Between the list and the write of run 9, run 10 writes.
      if (path === '/graphql') standing.body = commentOf('newest', { run: 10 }).body;
      return undefined;
    };
    const written = await upsertComment(clientOf(server), 12, commentOf('late', { run: 9 }));
    expect(written.outcome).toBe('newer');
    expect(bodies(server)).toEqual(['newest']);
  });

  test.each([
    ['the newer', 11, 10, 'second'],
    ['the older', 9, 10, 'first'],
  ])('stays one when two runs make it in the same moment and %s is second', async (_, run, other, kept) => {
    await using server = await startGithubServer();
    let listed = 0;
    server.intercept = ({ method, path }) => {
      if (method === 'GET' && path.includes('/issues/12/comments') && ++listed === 1) {
        server.addComment(12, commentOf('first', { run: other }).body);
        return { status: 200, body: [] };
      }
      return undefined;
    };
    await upsertComment(clientOf(server), 12, commentOf('second', { run }));
    expect(bodies(server)).toEqual([kept]);
  });

  test('is not written when it would say the same, in whatever line breaks', async () => {
    await using server = await startGithubServer();
    const { body } = commentOf('ready');
    server.addComment(12, body.replaceAll('\n', '\r\n').trimEnd());
    expect(await upsertComment(clientOf(server), 12, commentOf('ready'))).toMatchObject({
      outcome: 'unchanged',
    });
    expect(writes(server)).toEqual([]);
  });
});

describe('a comment that cannot be written', () => {
  test.each([
    [
      forbidden('issues=write; pull_requests=write'),
      /answered 403[\s\S]*`permissions: pull-requests: write`/,
    ],
    [
      { status: 403, body: { message: 'no' } },
      /`permissions: pull-requests: write`, or set `comment: never`/,
    ],
    [{ status: 404, body: { message: 'Not Found' } }, /pull request is gone, or the token cannot see it/],
    [{ status: 410, body: { message: 'Gone' } }, /pull request is gone/],
    [{ status: 422, body: { message: 'Validation Failed' } }, /answered 422.*Validation Failed$/],
    [{ status: 500, body: { message: 'oops' } }, /answered 500/],
    [
      { status: 403, headers: { 'retry-after': '3600' }, body: { message: 'rate limit' } },
      /Too many requests/,
    ],
  ])('%o', async (answer, expected) => {
    await using server = await startGithubServer();
    server.intercept = ({ method }) => (method === 'POST' ? answer : undefined);
    const error = await upsertComment(clientOf(server), 12, commentOf('x')).catch((reason) => reason);
    expect(explainCommentError(error, 'set `comment: never`')).toMatch(expected);
  });
});

describe('a preview that is removed', () => {
  const removed = { pullRequest: 12, name: 'my-agent', tags: ['pr-12'], run: { run: 20, attempt: 1 } };

  test('is stated in every comment about the template, and no late build overwrites it', async () => {
    await using server = await startGithubServer();
    const client = clientOf(server);
    await upsertComment(client, 12, commentOf('one', { build: 'b-1' }));
    await upsertComment(client, 12, commentOf('two', { key: 'arm' }));
    await upsertComment(client, 12, commentOf('another', { name: 'other' }));
    server.addComment(12, commentOf('planted').body, 'mallory');
    expect(await markCommentRemoved(client, removed)).toBe(2);
    expect(server.comments[0]?.body.split('\n').slice(1).join('\n')).toBe(
      '### Preview of template `my-agent` is gone\n\nRemoved at the service: `pr-12`. The last build was `my-agent:b-1`.\n',
    );
    expect(readCommentMarker(server.comments[1]?.body ?? '')).toMatchObject({
      key: 'arm',
      state: 'removed',
      run: 20,
    });
    expect(bodies(server).slice(2)).toEqual(['another', 'planted']);

    const before = writes(server).length;
    expect(await markCommentRemoved(client, removed)).toBe(0);
    expect(await upsertComment(client, 12, commentOf('late'))).toMatchObject({ outcome: 'newer' });
    expect(writes(server)).toHaveLength(before);
    expect(await upsertComment(client, 12, commentOf('reopened', { run: 21 }))).toMatchObject({
      outcome: 'updated',
    });
  });
});

describe.each(Object.entries(githubPlaces))('on %s', (_, places) => {
  test('a comment is edited by its own run and by the next ones, and stays one', async () => {
    await using server = await startGithubServer('octo-org/agent', places);
    server.addComment(12, commentOf('planted').body, 'mallory');
    for (const run of [10, 11, 12]) {
      const client = clientOf(server);
      for (const text of ['building', 'ready']) {
        await upsertComment(client, 12, commentOf(`${text} ${run}`, { run }));
        expect(bodies(server, server.login)).toEqual([`${text} ${run}`]);
      }
    }
    expect(bodies(server, 'mallory')).toEqual(['planted']);
  });

  test('a newer run’s comment stays, and none beside it', async () => {
    await using server = await startGithubServer('octo-org/agent', places);
    await upsertComment(clientOf(server), 12, commentOf('newer', { run: 11 }));
    await upsertComment(clientOf(server), 12, commentOf('older', { run: 10 }));
    expect(bodies(server)).toEqual(['newer']);
  });

  test('a removed preview is stated, and nothing is written where there is none', async () => {
    await using server = await startGithubServer('octo-org/agent', places);
    const removed = { pullRequest: 12, name: 'my-agent', tags: ['pr-12'], run: { run: 20, attempt: 1 } };
    server.addComment(12, 'LGTM', 'a-person');
    expect(await markCommentRemoved(clientOf(server), removed)).toBe(0);
    expect(writes(server)).toEqual([]);
    server.addComment(12, commentOf('planted').body, 'mallory');
    await upsertComment(clientOf(server), 12, commentOf('ready'));
    expect(await markCommentRemoved(clientOf(server), removed)).toBe(1);
    expect(bodies(server, server.login)).toEqual(['### Preview of template `my-agent` is gone']);
    expect(bodies(server, 'mallory')).toEqual(['planted']);
  });

  test('the login is fetched without a request that must fail', async () => {
    await using server = await startGithubServer('octo-org/agent', places);
    const client = clientOf(server);
    await client.createComment(12, 'x');
    const before = server.requests.length;
    expect(await client.login()).toBe(server.login);
    expect(server.requests).toHaveLength(before);
  });
});

test('GraphQL of an enterprise server is found without GITHUB_GRAPHQL_URL', async () => {
  await using server = await startGithubServer('octo-org/agent', githubPlaces['GitHub Enterprise Server']);
  expect(await clientOf({ ...server, env: {} }).login()).toBe(server.login);
  expect(server.requests.map(({ path }) => path)).toEqual(['/api/graphql']);
});

test.each([
  ['refused', { status: 403, body: { message: 'no' } }],
  ['unknown', { status: 404, body: { message: 'Not Found' } }],
  ['out of order', { status: 500, body: { message: 'oops' } }],
  ['answered with errors', { status: 200, body: { errors: [{ message: 'no' }] } }],
  ['answered with something else', { status: 200, body: [null] }],
])('a question for the login that is %s costs no comment', async (_, answer) => {
  await using server = await startGithubServer();
  await upsertComment(clientOf(server), 12, commentOf('old', { run: 9 }));
  server.intercept = ({ path }) => (path === '/graphql' ? answer : undefined);
  await upsertComment(clientOf(server), 12, commentOf('ready'));
  expect(bodies(server)).toEqual(['ready']);
});
