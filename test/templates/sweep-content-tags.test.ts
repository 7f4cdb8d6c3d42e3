import { expect, test } from 'vitest';
import type { Reply } from '../../src/local/http.ts';
import { type Interceptor, passThrough } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { findMatch } from '../../src/reuse/find-match.ts';
import { type ContentRow, sweepContent } from '../../src/templates/sweep-content-tags.ts';
import { contentTag, dayMs, daysAgo } from '../support/content-tags.ts';
import { failure, fastClient } from '../support/fast-client.ts';
import { answer, serve } from '../support/http-server.ts';
import { build, register, serviceStarter, settled, start } from '../support/service-client.ts';

const apiKey = 'test-key-0123456789';
const startService = serviceStarter();
const plan = { olderThanDays: 90, spared: new Set<string>(), dryRun: false };
const [a, aFrom7] = [contentTag('a'), contentTag('a', '7')];

/** Does something else with some of the removals; `undefined` loses the answer. */
function onRemoval(
  react: (next: () => Promise<Reply>, earlier: number) => Promise<Reply | undefined>,
): Interceptor {
  let earlier = 0;
  return async (request, response, next) => {
    if (request.method !== 'DELETE') return passThrough(request, response, next);
    const reply = await react(next, earlier++);
    if (!reply) return void response.destroy();
    return passThrough(request, response, async () => reply);
  };
}

const unavailable: Reply = { status: 503, headers: {}, body: '' };

const tagsOf = (service: LocalService) => [
  ...new Set(service.inspect.tagHistory('my-agent').map(({ tag }) => tag)),
];
/** Looks and removals of the client under test, in their order. */
const askedOf = (service: LocalService) =>
  service.requests
    .filter(({ path, headers }) => path.endsWith('/tags') && headers['user-agent'] === 'test/1')
    .map(({ method }) => method);

async function sweep(service: Pick<LocalService, 'url'>, options: Partial<typeof plan> = {}) {
  const rows: ContentRow[] = [];
  const error = await sweepContent(fastClient(service.url), 'my-agent', { ...plan, ...options }, rows);
  return { error, rows, removed: rows.filter(({ removed }) => removed).map(({ tag }) => tag) };
}

test('takes the tags off and leaves the builds, and finds nothing the second time', async () => {
  const service = await startService({ apiKey });
  const old = await daysAgo(100.5, () => build(service, 'my-agent', {}, [a, aFrom7]));
  await daysAgo(100, () => build(service, 'my-agent', {}, [contentTag('b'), 'v1']));
  await daysAgo(80, () => build(service, 'my-agent', {}, [contentTag('c')]));
  const first = await sweep(service);
  expect(first.error).toBeUndefined();
  expect(first.rows.map(({ name, buildId, days, removed }) => [name, buildId, days, removed])).toEqual(
    [0, 1].map(() => ['my-agent', old.buildID, 100, true]),
  );
  expect(tagsOf(service)).toEqual([contentTag('b'), 'v1', contentTag('c')]);
  expect(service.inspect.builds()).toHaveLength(3);
  expect((await sweep(service)).rows).toEqual([]);
  expect(askedOf(service)).toEqual(['GET', 'DELETE', 'GET', 'GET']);
});

test('tells and removes nothing in a dry run', async () => {
  const service = await startService({ apiKey });
  await daysAgo(100, () => build(service, 'my-agent', {}, [a, aFrom7]));
  const { rows, removed } = await sweep(service, { dryRun: true });
  expect(rows.map(({ tag }) => tag).sort()).toEqual([a, aFrom7]);
  expect(removed).toEqual([]);
  expect(askedOf(service)).toEqual(['GET']);
});

test('leaves builds alone that had another tag when the run began', async () => {
  const service = await startService({ apiKey });
  const { buildID } = await daysAgo(100, () => build(service, 'my-agent', {}, [a]));
  expect((await sweep(service, { spared: new Set([buildID]) })).rows).toEqual([]);
  expect(tagsOf(service)).toEqual([a]);
});

test('a rebuild that is registered while the service is down keeps its tags', async () => {
  let rebuilt = '';
  const service = await startService({
    apiKey,
    intercept: onRemoval(async (next, earlier) => {
      if (earlier > 0) return next();
      rebuilt = (await register(service, 'my-agent', [a, contentTag('a', '8'), 'latest'])).buildID;
      return unavailable;
    }),
  });
  await daysAgo(100, () => build(service, 'my-agent', {}, [a, aFrom7]));
  const { error, rows, removed } = await sweep(service);
  expect(error).toBeUndefined();
  expect(removed).toEqual([aFrom7]);
  expect(rows).toHaveLength(1);
  expect(tagsOf(service)).toEqual([a, contentTag('a', '8'), 'latest']);
  expect(service.inspect.tagHistory('my-agent').at(-1)?.buildId).toBe(rebuilt);
});

test('a rebuild that is registered within the race is followed and found, and only not reused', async () => {
  const service = await startService({
    apiKey,
    intercept: onRemoval(async (next) => {
      rebuilt = await register(service, 'my-agent', [a, aFrom7, 'pr-12']);
      return next();
    }),
  });
  let rebuilt = await daysAgo(100, () => register(service, 'my-agent', [a, aFrom7]));
  await sweep(service);
  await start(service, rebuilt);
  expect((await settled(service, rebuilt)).status).toBe('ready');
  expect(service.inspect.resolve('my-agent', 'pr-12')).toBe(rebuilt.buildID);
  const [size] = service.inspect.builds();
  if (!size) throw new Error('no build');
  const wanted = { name: 'my-agent', contentTag: a, cpuCount: size.cpuCount, memoryMb: size.memoryMb };
  expect(await findMatch(fastClient(service.url), wanted)).toMatchObject({
    ok: false,
    reason: 'No build has this content',
  });
});

test('a run that has found the build is refused the tags for it, and none has moved', async () => {
  const service = await startService({ apiKey });
  const released = await build(service, 'my-agent', {}, ['latest']);
  const { buildID } = await daysAgo(100, () => build(service, 'my-agent', {}, [a]));
  await sweep(service);
  const error = await failure(fastClient(service.url).assignTags(`my-agent:${buildID}`, ['latest']));
  expect(error.status).toBe(404);
  expect(service.inspect.resolve('my-agent', 'latest')).toBe(released.buildID);
});

test('tags whose response was lost count as removed, and are not removed again', async () => {
  const service = await startService({
    apiKey,
    intercept: onRemoval(async (next) => void (await next())),
  });
  await daysAgo(100, () => build(service, 'my-agent', {}, [a, aFrom7]));
  expect((await sweep(service)).removed.sort()).toEqual([a, aFrom7]);
  expect(askedOf(service)).toEqual(['GET', 'DELETE', 'GET']);
});

test('a refusal is given back, with what is not removed', async () => {
  const body = '{"code":403,"message":"no access to this template"}';
  const headers = { 'content-type': 'application/json' };
  const service = await startService({
    apiKey,
    intercept: onRemoval(async () => ({ status: 403, headers, body })),
  });
  await daysAgo(100, () => build(service, 'my-agent', {}, [a]));
  const { error, rows } = await sweep(service);
  expect(error?.message).toContain('no access to this template');
  expect(rows).toMatchObject([{ tag: a, removed: false }]);
});

test.each([{}, 'tags', 5])('a response that is not a list (%j) is reported', async (body) => {
  await using server = await serve((_, response) => answer(response, 200, body));
  const { error, rows } = await sweep(server);
  expect(error?.message).toMatch(/^GET tags was answered with .* instead of a list\n/);
  expect(rows).toEqual([]);
});

test('rows that are none are passed over, and one that cannot be read keeps the tags of its build', async () => {
  const createdAt = new Date(Date.now() - 100 * dayMs).toISOString();
  const b = contentTag('b');
  let listed: unknown[] = [
    null,
    5,
    { tag: a, buildID: 'x', createdAt },
    { tag: b, buildID: 'y', createdAt },
    { tag: 7, buildID: 'y', createdAt },
  ];
  await using server = await serve((request, response) => {
    if (request.method === 'GET') return answer(response, 200, listed);
    listed = listed.slice(3);
    answer(response, 204);
  });
  expect((await sweep(server)).removed).toEqual([a]);
});

/** A service with that many old builds, two content tags each; a removal is done, or answered by `react`. */
async function crowded(builds: number, react: (removals: number, tags: Set<string>) => boolean = () => true) {
  const createdAt = new Date(Date.now() - 100 * dayMs).toISOString();
  const rows = Array.from({ length: builds }, (_, index) => {
    const content = `content-${index.toString(16).padStart(64, '0')}`;
    return [content, `${content}.abcdef0`].map((tag) => ({ tag, buildID: `build-${index}`, createdAt }));
  }).flat();
  const tags = new Set(rows.map(({ tag }) => tag));
  const sizes: number[] = [];
  const server = await serve((request, response) => {
    if (request.method === 'GET')
      return answer(
        response,
        200,
        rows.filter(({ tag }) => tags.has(tag)),
      );
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const unwanted: string[] = JSON.parse(Buffer.concat(chunks).toString()).tags;
      sizes.push(unwanted.length);
      if (react(sizes.length, tags)) for (const tag of unwanted) tags.delete(tag);
      answer(response, 204);
    });
  });
  return { ...server, rows, tags, sizes };
}

test('many tags go in requests of 500, each from a new list', async () => {
  await using server = await crowded(600);
  const { removed } = await sweep(server);
  expect(removed).toEqual(server.rows.map(({ tag }) => tag));
  expect(server.sizes).toEqual([500, 500, 200]);
  expect(server.requests.map((request) => request.split(' ')[0])).toEqual([
    'GET',
    'DELETE',
    'GET',
    'DELETE',
    'GET',
    'DELETE',
    'GET',
  ]);
});

test('a build that gets a tag between two requests keeps what it has left', async () => {
  const createdAt = new Date().toISOString();
  await using server = await crowded(300, (removals, tags) => {
    if (removals === 1) {
      server.rows.push({ tag: 'latest', buildID: 'build-299', createdAt });
      tags.add('latest');
    }
    return true;
  });
  const { rows } = await sweep(server);
  expect(server.sizes).toEqual([500, 98]);
  expect([...server.tags].sort()).toEqual([...server.rows.slice(598).map(({ tag }) => tag)].sort());
  expect(rows.every(({ removed }) => removed)).toBe(true);
});

test('a list that lags behind is not asked to be emptied for ever', async () => {
  await using server = await crowded(2, () => false);
  expect((await sweep(server)).removed).toHaveLength(4);
  expect(server.sizes).toEqual([4]);
});

test('removed tags are reported when the job is cancelled', async () => {
  const cancelled = new AbortController();
  await using server = await crowded(600, (removals) => {
    if (removals === 2) cancelled.abort('cancelled');
    return true;
  });
  const rows: ContentRow[] = [];
  const client = fastClient(server.url, { signal: cancelled.signal });
  await expect(sweepContent(client, 'my-agent', plan, rows)).rejects.toBe('cancelled');
  expect(rows).toHaveLength(500);
  expect(rows.every(({ removed }) => removed)).toBe(true);
});

test.each([
  ['behind', -400, 0],
  ['ahead', 400, 1],
])('the age goes by the clock of the service, which may be %s', async (_, days, removed) => {
  const at = Date.now() + days * dayMs;
  let listed = [
    { tag: a, buildID: 'x', createdAt: new Date(at - (days > 0 ? 100 : 1) * dayMs).toISOString() },
  ];
  await using server = await serve((request, response) => {
    response.setHeader('date', new Date(at).toUTCString());
    if (request.method === 'GET') return answer(response, 200, listed);
    listed = [];
    answer(response, 204);
  });
  expect((await sweep(server)).removed).toHaveLength(removed);
});
