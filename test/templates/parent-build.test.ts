import { describe, expect, test } from 'vitest';
import { pinnedBase } from '../../src/plan/base.ts';
import { parentBuild } from '../../src/templates/parent-build.ts';
import { fastClient } from '../support/fast-client.ts';
import { quick } from '../support/reuse-run.ts';
import { ask, build, register, serviceStarter } from '../support/service-client.ts';
import { edit, type Reaction, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();
const named = '01234567-89ab-4cde-8f01-23456789abcd';

async function parents() {
  const wire = tamper();
  const service = await startService({ executor: quick(), intercept: wire.intercept });
  const older = await build(service, 'base', {}, ['default', 'v1']);
  const newer = await build(service, 'base', {}, ['default', 'v2']);
  const ask = (reference: string) =>
    parentBuild(fastClient(service.url, {}, { apiKey: service.apiKey }), reference);
  return { wire, service, older, newer, ask };
}

type World = Awaited<ReturnType<typeof parents>>;

describe('a parent means', () => {
  test.each<[string, (world: World) => string, 'older' | 'newer']>([
    ['a name', () => 'base', 'newer'],
    ['a name in capitals', () => ' Base ', 'newer'],
    ['a name of the team', () => 'local/base', 'newer'],
    ['default, said so', () => 'base:default', 'newer'],
    ['an older tag', () => 'base:v1', 'older'],
    ['a tag in capitals', () => 'base: V1 ', 'older'],
    ['a tag of the team', () => 'local/base:v1', 'older'],
    ['an identifier', ({ newer }) => newer.templateID, 'newer'],
    ['an identifier with a tag', ({ newer }) => `${newer.templateID}:v1`, 'older'],
    ['a build', ({ older }) => `base:${older.buildID}`, 'older'],
  ])('%s: the build that it is pinned to', async (_, reference, expected) => {
    const world = await parents();
    const written = reference(world);
    const found = await world.ask(written);
    expect(found).toEqual({ ok: true, value: world[expected].buildID });
    // What is sent in its place means the same build to the service.
    const pinned = pinnedBase(
      { fromTemplate: written },
      { kind: 'template', buildId: world[expected].buildID },
    );
    const child = await build(world.service, 'child', { fromTemplate: pinned.fromTemplate ?? '' });
    expect(child.final.status).toBe('ready');
  });

  test('a build by its identifier, without a request', async () => {
    const { service, ask } = await parents();
    const from = service.requests.length;
    expect(await ask(`base:${named}`)).toEqual({ ok: true, value: named });
    expect(service.requests).toHaveLength(from);
  });
});

describe('a parent cannot be known', () => {
  test.each<[string, string, (world: World) => unknown, RegExp, found?: 'template' | 'tag' | 'foreign']>([
    ['without such a template', 'none', () => {}, /^there is no template none for this API key$/, 'template'],
    ['in a namespace of nobody', 'other/none', () => {}, /^there is no template other\/none/, 'template'],
    ['without such a tag', 'base:v9', () => {}, /^template base has no tag v9$/, 'tag'],
    [
      'without any tag that is listed',
      'base:v9',
      ({ wire }) =>
        wire.on(
          'tags',
          edit(() => []),
        ),
      /has no tag v9$/,
    ],
    [
      'when its tag was removed',
      'base:v1',
      ({ service }) => ask(service, 'DELETE', '/templates/tags', { name: 'base', tags: ['v1'] }),
      /has no tag v1$/,
      'tag',
    ],
    [
      'while a newer build waits',
      'base',
      ({ service }) => register(service, 'base', ['default']),
      /not ready/,
    ],
    [
      'when the newest build failed',
      'base:v3',
      ({ service }) => build(service, 'base', { steps: [{ type: 'NONSENSE', args: [] }] }, ['v3']),
      /not ready/,
    ],
    [
      'of another team',
      'other/base',
      ({ wire }) => wire.on('alias', refuse(403)),
      /^template other\/base belongs to another team$/,
      'foreign',
    ],
    [
      'when its tags may not be seen',
      'base',
      ({ wire }) => wire.on('tags', refuse(403)),
      /belongs to another team/,
      'foreign',
    ],
    [
      'when its build is gone',
      'base',
      ({ wire }) => wire.on('status', refuse(400, "Build 'x' not found")),
      /not ready/,
    ],
    [
      'when the service is down',
      'base',
      ({ wire }) => wire.on('any', refuse(503)),
      /could not be looked up \(answered 503\)$/,
    ],
    [
      'when nothing arrives',
      'base',
      ({ wire }) => wire.on('any', lost),
      /could not be looked up \(connection/,
    ],
    [
      'when tags are no list',
      'base',
      ({ wire }) =>
        wire.on(
          'tags',
          edit(() => ({})),
        ),
      /an object instead of a list/,
    ],
    ['with two colons', 'base:v1:v2', () => {}, /has no tag v1:v2$/, 'tag'],
  ])('%s', async (_, reference, spoil, why, found) => {
    const world = await parents();
    await spoil(world);
    expect(await world.ask(reference)).toEqual({
      ok: false,
      reason: expect.stringMatching(why),
      ...(found === 'foreign' ? { foreign: true } : found && { missing: found }),
      ...(found === 'tag' && { hint: expect.stringMatching(/^It has the tags .*default/) }),
    });
  });

  test('once the signal has fired, and then it rejects with its reason', async () => {
    const { service } = await parents();
    const client = fastClient(
      service.url,
      { signal: AbortSignal.abort('interrupted') },
      { apiKey: service.apiKey },
    );
    await expect(parentBuild(client, 'base')).rejects.toBe('interrupted');
  });
});

const lost: Reaction = async () => undefined;
