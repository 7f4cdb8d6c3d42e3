import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, templateTags } from '../../src/api/schemas.ts';
import { promote } from '../../src/templates/assign-tags.ts';
import { listedBuild } from '../../src/templates/find-build.ts';
import { findTemplate, readAssignments, readTags } from '../../src/templates/find-template.ts';
import { failure, fastClient } from '../support/fast-client.ts';
import { answer as answerTo, serve } from '../support/http-server.ts';
import { quick } from '../support/reuse-run.ts';
import { ask, build, register, serviceStarter } from '../support/service-client.ts';
import { answer, edit, first, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();

async function world() {
  const wire = tamper();
  const service = await startService({
    executor: quick(),
    intercept: wire.intercept,
    limits: { concurrentBuilds: 500 },
  });
  const client = fastClient(service.url, {}, { apiKey: service.apiKey });
  return { wire, service, client };
}

/** A client whose list of tags is this, as the service's answer is read. */
const listing = (rows: unknown) => ({
  async tags() {
    const parsed = parse(templateTags, rows);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.value;
  },
});

describe('the tags of a template', () => {
  test('are the newest of each, newest first, however they are listed', async () => {
    const time = (second: number) => `2026-01-01T00:00:0${second}Z`;
    const rows = [
      { tag: 'a', buildID: '1', createdAt: time(1) },
      { tag: 'b', buildID: '2', createdAt: time(2) },
      { tag: 'a', buildID: '3', createdAt: time(3) },
      { tag: 'c', buildID: '4', createdAt: time(0) },
    ];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: 4 }), async (listed) => {
        expect([...(await readTags(listing(listed), 'id'))]).toEqual([
          ['a', '3'],
          ['b', '2'],
          ['c', '4'],
        ]);
      }),
    );
  });

  test('count as the newest where they do not tell their time', async () => {
    const rows = [
      { tag: 'a', buildID: 'known', createdAt: '2026-01-01T00:00:00Z' },
      { tag: 'a', buildID: 'unknown', createdAt: 'soon' },
    ];
    for (const listed of [rows, rows.toReversed()]) {
      expect((await readTags(listing(listed), 'id')).get('a')).toBe('unknown');
    }
  });

  test('are read from any list without stumbling', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.jsonValue(), fc.record({ tag: fc.jsonValue(), buildID: fc.jsonValue() }))),
        async (rows) => {
          for (const { tag, buildID } of await readAssignments(listing(rows), 'id')) {
            expect([typeof tag, typeof buildID]).toEqual(['string', 'string']);
          }
        },
      ),
    );
  });

  test.each([[{}], [null], ['x'], [{ tags: [] }]])(
    'are an error of the service when they come as %j',
    async (rows) => {
      await using server = await serve((_, response) => answerTo(response, 200, rows));
      expect((await failure(readTags(fastClient(server.url), 'id'))).message).toMatch(
        /^GET tags was answered with (.* instead of a list|an empty answer)\n/,
      );
    },
  );

  test('are none without a template', async () => {
    const { client } = await world();
    expect(await findTemplate(client, 'none')).toBeUndefined();
  });
});

describe('a build is listed', () => {
  test('wherever it stands among the newest thousand', async () => {
    const { service, client } = await world();
    const oldest = await register(service, 'app', ['first']);
    for (let number = 0; number < 230; number += 1) await register(service, 'app', [`t${number}`]);
    const from = service.requests.length;
    expect((await listedBuild(client, oldest.templateID, oldest.buildID))?.buildID).toBe(oldest.buildID);
    expect(service.requests.length - from).toBe(3);
    expect(await listedBuild(client, oldest.templateID, 'none')).toBeUndefined();
  });

  test('and is not looked for without end where pages never end', async () => {
    const { wire, service, client } = await world();
    const { templateID } = await register(service, 'app', ['v1']);
    wire.on('template', async (next) => ({
      ...(await next()),
      headers: { 'content-type': 'application/json', 'x-next-token': 'again' },
    }));
    const from = service.requests.length;
    expect(await listedBuild(client, templateID, 'none')).toBeUndefined();
    expect(service.requests.length - from).toBe(10);
  });
});

describe('promoting', () => {
  async function promoted() {
    const all = await world();
    const ready = await build(all.service, 'app', {}, ['v1']);
    const other = await build(all.service, 'app', {}, ['v2', 'latest']);
    const template = await findTemplate(all.client, 'app');
    if (!template) throw new Error('no template');
    return { ...all, ready, other, template };
  }

  test('moves all tags in one request and tells from where to where', async () => {
    const { service, client, ready, other, template } = await promoted();
    expect(await promote(client, template, ready.buildID, ['latest', 'new'])).toEqual({
      changed: true,
      contested: [],
      moves: [
        { tag: 'latest', before: other.buildID, after: ready.buildID },
        { tag: 'new', after: ready.buildID },
      ],
    });
    expect(
      service.requests.filter(({ method, path }) => method === 'POST' && path === '/templates/tags'),
    ).toHaveLength(1);
  });

  test('changes nothing where the tags stand there already', async () => {
    const { service, client, ready, template } = await promoted();
    const from = service.requests.length;
    expect(await promote(client, template, ready.buildID, ['v1'])).toMatchObject({
      changed: false,
      contested: [],
    });
    expect(service.requests).toHaveLength(from);
  });

  test('tells of tags that somebody else moved at the same moment', async () => {
    const { wire, service, client, ready, template } = await promoted();
    wire.on(
      'tags',
      first(() => register(service, 'app', ['latest'])),
      1,
    );
    expect((await promote(client, template, ready.buildID, ['latest', 'v3'])).contested).toEqual(['latest']);
  });

  test('rejects when the service puts them on another build', async () => {
    const { wire, client, ready, template } = await promoted();
    wire.on(
      'assign',
      edit((body) => ({ ...body, buildID: 'other' })),
    );
    const error = await failure(promote(client, template, ready.buildID, ['latest']));
    expect(error.message).toBe(
      `The tags were for build ${ready.buildID}, and the service says that it put them on other`,
    );
  });

  test('believes the list of tags, not an answer without a build', async () => {
    const { wire, client, ready, other, template } = await promoted();
    wire.on('assign', async () => answer(201, {}));
    expect(await promote(client, template, ready.buildID, ['latest'])).toEqual({
      changed: true,
      contested: ['latest'],
      moves: [{ tag: 'latest', before: other.buildID, after: other.buildID }],
    });
  });
  test('believes an answer that names the build, not a list that is behind it', async () => {
    const { wire, client, ready, other, template, service } = await promoted();
    const before = await ask(service, 'GET', '/templates/app/tags');
    wire.on('tags', async () => answer(200, before.body), 1);
    expect(await promote(client, template, ready.buildID, ['latest', 'v3'])).toEqual({
      changed: true,
      contested: [],
      moves: [
        { tag: 'latest', before: other.buildID, after: ready.buildID },
        { tag: 'v3', after: ready.buildID },
      ],
    });
  });
});
