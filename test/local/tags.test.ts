import { describe, expect, test } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { ask, build, gate, register, serviceStarter, settled, start } from '../support/service-client.ts';

const startService = serviceStarter();
const UUID = '0e984725-c51c-4bf4-9960-e1c80e27aba0';

const assign = (service: LocalService, target: string, tags: string[]) =>
  ask(service, 'POST', '/templates/tags', { target, tags });
const listed = async (service: LocalService, name: string): Promise<Record<string, string>> => {
  const answer = await ask(service, 'GET', `/templates/${encodeURIComponent(name)}/tags`);
  return Object.fromEntries(
    answer.body.map((row: { tag: string; buildID: string }) => [row.tag, row.buildID]),
  );
};

/** A service in which the builds with these ordinal numbers fail at their base image. */
const startFailing = (...ordinals: number[]) =>
  startService({
    executor: createSimulatedExecutor({
      script: ({ ordinal }) =>
        ordinals.includes(ordinal) ? [{ at: 'base', fail: { message: 'no image' } }] : undefined,
    }),
  });

describe('a build as the target of tags', () => {
  test.each([
    [undefined, 201, undefined],
    [400, 400, `Invalid tag: `],
    [404, 404, `Template 'app' with tag '`],
  ] as const)(
    'is taken, or answered as the service is told to: %s',
    async (refuseBuildTargets, status, said) => {
      const service = await startService(refuseBuildTargets ? { refuseBuildTargets } : {});
      const { buildID } = await build(service, 'app', {}, ['v1']);
      const answer = await assign(service, `app:${buildID}`, ['prod']);
      expect(answer.status).toBe(status);
      if (said) expect(answer.body.message).toContain(`${said}${buildID}`);
      expect(service.inspect.resolve('app', 'prod')).toBe(said ? undefined : buildID);
      expect((await assign(service, 'app:v1', ['prod'])).status).toBe(201);
    },
  );
});

describe('what a tag means', () => {
  test('the newest assignment whose build is ready; the list shows the newest in any state', async () => {
    const service = await startFailing(2);
    const good = await build(service, 'app', {}, ['v1']);
    const bad = await build(service, 'app', {}, ['v1']);
    expect(bad.final.status).toBe('error');
    expect(await listed(service, 'app')).toEqual({ v1: bad.buildID });
    expect((await assign(service, 'app:v1', ['prod'])).body).toEqual({
      tags: ['prod'],
      buildID: good.buildID,
    });
    expect(service.inspect.resolve('app', 'v1')).toBe(good.buildID);

    const waiting = await register(service, 'app', ['v1']);
    expect(await listed(service, 'app')).toMatchObject({ v1: waiting.buildID });
    expect((await assign(service, 'app:v1', ['prod'])).body.buildID).toBe(good.buildID);
    await start(service, waiting);
    await settled(service, waiting);
    expect((await assign(service, 'app:v1', ['prod'])).body.buildID).toBe(waiting.buildID);
  });

  test('the order of requests counts, not that of completion', async () => {
    const door = gate();
    const script = ({ ordinal }: { ordinal: number }) =>
      ordinal === 1 ? [{ at: 'base', until: door.passed } as const] : undefined;
    const service = await startService({ executor: createSimulatedExecutor({ script }) });
    const slow = await register(service, 'app', ['slow']);
    await start(service, slow);
    const fast = await build(service, 'app', {}, ['fast']);
    // Assigned while the slow build runs, so newer than that build's own assignment.
    await assign(service, 'app:fast', ['slow']);
    door.open();
    await settled(service, slow);
    expect(service.inspect.resolve('app', 'slow')).toBe(fast.buildID);
    expect(service.inspect.resolve('app', slow.buildID)).toBe(slow.buildID);
  });

  test('a build ID stands in for a tag as long as the build has one', async () => {
    const service = await startService();
    const { buildID, templateID } = await build(service, 'app', {}, ['v1']);
    expect((await assign(service, `app:${buildID}`, ['a'])).body).toEqual({ tags: ['a'], buildID });
    expect((await assign(service, `${templateID}:${buildID}`, ['b'])).status).toBe(201);
    await ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: ['v1', 'a', 'b'] });
    const gone = await assign(service, `app:${buildID}`, ['c']);
    expect(gone.status).toBe(404);
    expect(gone.body.message).toBe(`Template 'app' with tag '${buildID}' not found`);
  });

  test('no tag means default, which explicit tags do not set', async () => {
    const service = await startService();
    await build(service, 'app', {}, ['v1']);
    const missing = await assign(service, 'app', ['prod']);
    expect(missing.body.message).toBe("Template 'app' with tag 'default' not found");
    await assign(service, 'app:v1', ['default']);
    expect((await assign(service, 'app', ['prod'])).status).toBe(201);
  });

  test('assigning moves a tag and keeps the history; deleting removes all of it', async () => {
    const service = await startService();
    const one = await build(service, 'app', {}, ['one']);
    const two = await build(service, 'app', {}, ['two']);
    await assign(service, 'app:one', ['live', 'LIVE']);
    await assign(service, 'app:two', ['live']);
    const history = service.inspect.tagHistory('app').filter((row) => row.tag === 'live');
    expect(history.map((row) => row.buildId)).toEqual([one.buildID, two.buildID]);
    for (let round = 0; round < 2; round += 1) {
      const removed = await ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: ['live'] });
      expect(removed.status).toBe(204);
      expect(removed.text).toBe('');
      expect(service.inspect.resolve('app', 'live')).toBeUndefined();
    }
    expect(await listed(service, 'app')).toEqual({ one: one.buildID, two: two.buildID });
    expect(await listed(service, one.templateID)).toEqual(await listed(service, 'local/app'));
  });
});

describe('what the tag calls refuse', () => {
  test.each<[string, string, object, number, string]>([
    ['no tags', 'POST', { target: 'app', tags: [] }, 400, 'At least one tag is required'],
    [
      'a bad target',
      'POST',
      { target: 'a.b', tags: ['x'] },
      400,
      'Invalid target template format: invalid template ID: a.b',
    ],
    [
      'a bad tag',
      'POST',
      { target: 'app', tags: ['a b'] },
      400,
      "Invalid tag: invalid tag 'a b': invalid tag: a b",
    ],
    [
      'a UUID as tag',
      'POST',
      { target: 'app', tags: [UUID] },
      400,
      `Invalid tag: invalid tag '${UUID}': tag cannot be a UUID`,
    ],
    [
      'a foreign namespace',
      'POST',
      { target: 'x/app', tags: ['a'] },
      400,
      "namespace 'x' must match your team 'local'",
    ],
    ['an unknown template', 'POST', { target: 'nope', tags: ['a'] }, 404, "template 'nope' not found"],
    [
      'an unknown tag',
      'POST',
      { target: 'app:no', tags: ['a'] },
      404,
      "Template 'app' with tag 'no' not found",
    ],
    [
      'deleting default',
      'DELETE',
      { name: 'app', tags: ['a', 'Default'] },
      400,
      "Cannot delete the 'default' tag",
    ],
    [
      'a tag in the name',
      'DELETE',
      { name: 'app:a', tags: ['a'] },
      400,
      "Template name should not contain a tag, use the 'tags' field instead",
    ],
    [
      'deleting of an unknown template',
      'DELETE',
      { name: 'nope', tags: ['a'] },
      404,
      "template 'nope' not found",
    ],
  ])('%s', async (_what, method, body, code, message) => {
    const service = await startService();
    await build(service, 'app');
    const answer = await ask(service, method, '/templates/tags', body);
    expect(answer.status).toBe(code);
    expect(answer.body).toEqual({ code, message });
  });
});

describe('templates', () => {
  test('an alias is found whatever tag stands behind it and however its builds went', async () => {
    const service = await startFailing(1);
    const { templateID } = await build(service, 'app');
    for (const alias of ['app', 'app:none', 'local/app', 'APP']) {
      const answer = await ask(service, 'GET', `/templates/aliases/${encodeURIComponent(alias)}`);
      expect(answer.body, alias).toEqual({ templateID, public: false });
    }
    for (const alias of ['other', 'them/app', templateID]) {
      expect(
        (await ask(service, 'GET', `/templates/aliases/${encodeURIComponent(alias)}`)).status,
        alias,
      ).toBe(404);
    }
  });

  test('a template lists its builds, newest first', async () => {
    const service = await startFailing(2);
    const one = await build(service, 'app', {}, ['a']);
    const two = await build(service, 'app', {}, ['b']);
    const answer = await ask(service, 'GET', `/templates/${one.templateID}`);
    expect(answer.body).toMatchObject({ templateID: one.templateID, aliases: ['app'], names: ['local/app'] });
    expect(answer.body.builds).toMatchObject([
      { buildID: two.buildID, status: 'error', cpuCount: 2, memoryMB: 1024 },
      { buildID: one.buildID, status: 'ready', cpuCount: 2, memoryMB: 1024 },
    ]);
    expect((await ask(service, 'GET', `/templates/${one.templateID}?limit=1`)).body.builds).toHaveLength(1);
    expect((await ask(service, 'GET', '/v2/templates?template_type=snapshot_template')).body).toMatchObject({
      templates: [],
      total: 0,
      totalPages: 0,
    });
    expect((await ask(service, 'GET', '/templates')).body).toMatchObject([
      { templateID: one.templateID, buildCount: 2 },
    ]);
  });
});
