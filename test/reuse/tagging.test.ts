/** What may happen between look-up and tagging, and to the request that puts the tags on. */

import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { failure } from '../support/fast-client.ts';
import { changes, contentTag, faultsOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask, build, register, serviceStarter } from '../support/service-client.ts';
import { answer, edit, first, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();

/** A service with a ready build of the plan's content, which lacks the plan's tags. */
async function found() {
  const wire = tamper();
  const service = await startService({ executor: quick(), intercept: wire.intercept });
  const old = outcomeOf(await runReuse(service, await planFor({ tags: ['v1'] })));
  const plan: Plan = await planFor({ tags: ['v2', 'latest'] });
  const call = (method: string, path: string, body?: unknown) => ask(service, method, path, body);
  return { wire, service, plan, old, call, from: service.requests.length };
}

type World = Awaited<ReturnType<typeof found>>;

const otherBuild = ({ service }: World, tags: string[]) =>
  build(service, 'app', { steps: [{ type: 'RUN', args: ['other'] }] }, tags);

describe('between look-up and tagging', () => {
  test.each<[string, (world: World) => Promise<unknown>]>([
    [
      'loses its content tag',
      ({ call, plan }) => call('DELETE', '/templates/tags', { name: 'app', tags: [contentTag(plan)] }),
    ],
    ['loses its other tags', ({ call }) => call('DELETE', '/templates/tags', { name: 'app', tags: ['v1'] })],
    [
      'is no longer what the content tag means',
      async (world) => {
        const { buildID } = await otherBuild(world, ['x']);
        const tags = [contentTag(world.plan)];
        return world.call('POST', '/templates/tags', { target: `app:${buildID}`, tags });
      },
    ],
  ])('a build that %s is taken all the same: it holds what it held', async (_, meddle) => {
    const world = await found();
    const { wire, service, plan, old } = world;
    wire.on(
      'assign',
      first(() => {
        wire.clear();
        return meddle(world);
      }),
      1,
    );
    const run = await runReuse(service, plan);
    expect(outcomeOf(run).buildId).toBe(old.buildId);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test.each<[string, (world: World) => Promise<unknown>]>([
    ['the template', ({ call }) => call('DELETE', '/templates/app')],
    [
      'every tag of the build',
      ({ call, plan }) => call('DELETE', '/templates/tags', { name: 'app', tags: ['v1', contentTag(plan)] }),
    ],
  ])('%s goes: it is built, and told', async (_, meddle) => {
    const world = await found();
    const { wire, service, plan, old } = world;
    wire.on(
      'assign',
      first(() => meddle(world)),
      1,
    );
    const run = await runReuse(service, plan);
    expect(outcomeOf(run).buildId).not.toBe(old.buildId);
    expect(run.notices[0]).toBe(`Build ${old.buildId} was removed after it was looked up.`);
    expect(faultsOf(service, plan, run)).toEqual([]);
    expect(service.inspect.resolve('app', 'latest')).toBe(outcomeOf(run).buildId);
  });

  test('a newer run takes a tag just before: this request came last', async () => {
    const world = await found();
    const { wire, service, plan, old } = world;
    wire.on(
      'assign',
      first(() => register(service, 'app', ['latest'])),
      1,
    );
    const run = await runReuse(service, plan);
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId: old.buildId, tags: ['v2', 'latest'] });
    expect(faultsOf(service, plan, run)).toEqual([]);
  });
});

describe('after tagging', () => {
  test('a newer run takes a tag: it is left there, and told', async () => {
    const { wire, service, plan, old } = await found();
    let newer = '';
    wire.on(
      'assign',
      async (next) => {
        const reply = await next();
        newer = (await register(service, 'app', ['latest'])).buildID;
        return reply;
      },
      1,
    );
    const run = await runReuse(service, plan);
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId: old.buildId, tags: ['v2'] });
    expect(outcomeOf(run).reused?.moves).toContainEqual({ tag: 'latest', after: newer });
    expect(run.notices).toEqual(['A newer run put latest on another build meanwhile, where it stays.']);
  });

  test('newer runs take all tags: superseded', async () => {
    const { wire, service, plan } = await found();
    wire.on(
      'assign',
      async (next) => {
        const reply = await next();
        await register(service, 'app', ['latest', 'v2']);
        return reply;
      },
      1,
    );
    const run = await runReuse(service, plan);
    expect(outcomeOf(run)).toMatchObject({ status: 'superseded', diagnosis: { class: 'superseded' } });
    expect(changes(service).filter((request) => request.startsWith('POST /v2'))).toHaveLength(1);
  });
});

describe('putting tags on', () => {
  test.each<[string, number, (world: World) => void]>([
    ['answered 500 before it worked', 1, ({ wire }) => wire.on('assign', refuse(500), 1)],
    [
      'answered 503 after it worked',
      0,
      ({ wire }) =>
        wire.on(
          'assign',
          async (next) => {
            await next();
            return answer(503, {});
          },
          1,
        ),
    ],
    ['whose connection is lost', 1, ({ wire }) => wire.on('assign', async () => undefined, 1)],
    [
      'whose connection is lost after it worked',
      0,
      ({ wire }) =>
        wire.on(
          'assign',
          async (next) => {
            await next();
            return undefined;
          },
          1,
        ),
    ],
    [
      'answered without a build',
      0,
      ({ wire }) =>
        wire.on(
          'assign',
          edit(() => ({})),
          1,
        ),
    ],
    [
      'answered with nothing',
      0,
      ({ wire }) =>
        wire.on(
          'assign',
          edit(() => ({ buildID: null })),
          1,
        ),
    ],
  ])('%s needs no build', async (_, repeated, spoil) => {
    const world = await found();
    spoil(world);
    const { service, plan, old, from } = world;
    const run = await runReuse(service, plan);
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId: old.buildId });
    expect(changes(service, from)).toHaveLength(1 + repeated);
    expect(outcomeOf(run).reused?.moves).toEqual(plan.tags.map((tag) => ({ tag, after: old.buildId })));
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test.each([true, false])(
    'is not repeated for a tag that a newer run took meanwhile (it worked: %s)',
    async (worked) => {
      const world = await found();
      const { wire, service, plan, old } = world;
      let newer = '';
      wire.on(
        'assign',
        async (next) => {
          if (worked) await next();
          newer = (await otherBuild(world, ['latest'])).buildID;
          return answer(503, {});
        },
        1,
      );
      const run = await runReuse(service, plan);
      expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId: old.buildId, tags: ['v2'] });
      expect(run.notices.at(-1)).toBe('A newer run put latest on another build meanwhile, where it stays.');
      expect(service.inspect.resolve('app', 'latest')).toBe(newer);
    },
  );

  const hopeless: [string, (world: World) => void, RegExp][] = [
    [
      'refused for good',
      ({ wire }) => wire.on('assign', refuse(403, 'not your tags')),
      /answered 403 .*not your tags/,
    ],
    ['not understood', ({ wire }) => wire.on('assign', refuse(400, 'Invalid target')), /Invalid target/],
    ['answered 500 for ever', ({ wire }) => wire.on('assign', refuse(500)), /answered 500/],
    [
      'done to another build',
      ({ wire }) =>
        wire.on(
          'assign',
          edit((body) => ({ ...body, buildID: 'another' })),
        ),
      /says that it put them on another/,
    ],
  ];
  test.each(hopeless)('%s does not stop a build, and is reported', async (_, spoil, said) => {
    const world = await found();
    spoil(world);
    const { service, plan, old } = world;
    const run = await runReuse(service, plan);
    expect(run.notices.join('\n')).toMatch(said);
    expect(run.notices.at(-1)).toBe(`Build ${old.buildId} of this content cannot be used. Building.`);
    expect(outcomeOf(run).buildId).not.toBe(old.buildId);
    expect(faultsOf(service, plan, run)).toEqual([]);
    expect(service.inspect.resolve('app', 'latest')).toBe(outcomeOf(run).buildId);
  });

  test.each(hopeless)('%s rejects where nothing may be built', async (_, spoil, said) => {
    const world = await found();
    spoil(world);
    const { service, plan, from } = world;
    const error = await failure(runReuse(service, plan, { options: { reuse: 'require' } }));
    expect(error.message).toMatch(said);
    expect(changes(service, from).every((request) => request === 'POST /templates/tags')).toBe(true);
  });
});
