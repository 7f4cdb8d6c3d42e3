/** Every point of the argument for why a hit is safe, broken: what breaks one is no hit, and a build is made. */
import { describe, expect, test } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { changes, contentTag, faultsOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask, build, gate, register, serviceStarter } from '../support/service-client.ts';
import { edit, type Reaction, refuse, type tamper as Tamper, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();
const commit = 'c0ffee'.repeat(6);

async function published(options: Parameters<typeof startService>[0] = {}) {
  const wire = tamper();
  const service = await startService({ executor: quick(), intercept: wire.intercept, ...options });
  const plan = await planFor({ tags: ['v1', 'latest'], commit });
  const first = outcomeOf(await runReuse(service, plan));
  return { wire, service, plan, first };
}

const move = (service: LocalService, target: string, tags: string[]) =>
  ask(service, 'POST', '/templates/tags', { target: `app:${target}`, tags });
const remove = (service: LocalService, tags: string[]) =>
  ask(service, 'DELETE', '/templates/tags', { name: 'app', tags });

describe('a build of the same content', () => {
  test('gets the tags in one request, for exactly that build', async () => {
    const { service, first } = await published();
    const plan = await planFor({ tags: ['v2', 'latest'], commit: 'dada'.repeat(10) });
    const from = service.requests.length;
    const run = await runReuse(service, plan);
    expect(changes(service, from)).toEqual(['POST /templates/tags']);
    expect(service.requests.findLast(({ method }) => method === 'POST')?.body).toEqual({
      target: `app:${first.buildId}`,
      tags: ['v2', 'latest'],
    });
    expect(outcomeOf(run)).toMatchObject({
      status: 'ready',
      buildId: first.buildId,
      tags: ['v2', 'latest'],
      reused: {
        source: 'existing',
        commit,
        moves: [
          { tag: 'v2', after: first.buildId },
          { tag: 'latest', before: first.buildId, after: first.buildId },
        ],
      },
    });
    expect(run.events.map(({ type }) => type)).toEqual(['reused', 'finished']);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('that has the tags already is used without any change', async () => {
    const { service, plan, first } = await published();
    const from = service.requests.length;
    expect(outcomeOf(await runReuse(service, plan)).buildId).toBe(first.buildId);
    expect(changes(service, from)).toEqual([]);
  });

  test('is used even if its other tags are gone', async () => {
    const { service, plan, first } = await published();
    await remove(service, ['v1', 'latest']);
    const run = await runReuse(service, plan);
    expect(outcomeOf(run).buildId).toBe(first.buildId);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('is found on a later page', async () => {
    const { service, plan, first } = await published({
      executor: quick(),
      limits: { concurrentBuilds: 200 },
    });
    for (let number = 0; number < 120; number += 1) await register(service, 'app', [`t${number}`]);
    expect(outcomeOf(await runReuse(service, plan)).buildId).toBe(first.buildId);
  });
});

type World = Awaited<ReturnType<typeof published>>;
type Wire = ReturnType<typeof Tamper>;

/** Changes how the template lists its builds. */
const listed = (wire: Wire, change: (build: Record<string, unknown>) => unknown) =>
  wire.on(
    'template',
    edit((body) => ({ ...body, builds: body.builds.map(change) })),
  );
/** The first look-up; what a build asks later is answered as ever. */
const everywhere = (wire: Wire, react: Reaction) => {
  for (const request of ['alias', 'tags', 'template'] as const) wire.on(request, react, 4);
};
const row = (wire: Wire, change: (row: Record<string, unknown>) => unknown) =>
  wire.on(
    'tags',
    edit((body) => body.map(change)),
    1,
  );

describe('a build is made when', () => {
  test.each<[string, (world: World) => unknown, RegExp]>([
    [
      'the content tag is gone',
      ({ service, plan }) => remove(service, [contentTag(plan)]),
      /No build has this/,
    ],
    [
      'the content tag was put on a build of something else',
      async ({ service, plan }) => {
        const other = await build(service, 'app', { steps: [{ type: 'RUN', args: ['rm -rf /'] }] }, ['x']);
        expect((await move(service, other.buildID, [contentTag(plan)])).status).toBe(201);
      },
      /put on build .* by hand/,
    ],
    [
      'the content tag was put on by hand, though on the build that had it',
      ({ service, plan, first }) => move(service, first.buildId, [contentTag(plan)]),
      /put on build .* by hand/,
    ],
    [
      'the template is gone',
      ({ service }) => ask(service, 'DELETE', '/templates/app'),
      /no template app yet/,
    ],
    [
      'the build is not listed',
      ({ wire }) =>
        wire.on(
          'template',
          edit((body) => ({ ...body, builds: [] })),
        ),
      /no longer listed/,
    ],
    [
      'its list holds no builds',
      ({ wire }) =>
        wire.on(
          'template',
          edit(() => ({ builds: [null, 7, {}] })),
        ),
      /no longer listed/,
    ],
    [
      'its list is none',
      ({ wire }) =>
        wire.on(
          'template',
          edit(() => ({ builds: 'none' })),
        ),
      /answered with builds "none" instead of a list/,
    ],
    ['its list is gone', ({ wire }) => wire.on('template', refuse(404)), /no longer listed/],
    [
      'it has other CPUs',
      ({ wire }) => listed(wire, (each) => ({ ...each, cpuCount: 4 })),
      /of another size/,
    ],
    [
      'it has other memory',
      ({ wire }) => listed(wire, (each) => ({ ...each, memoryMB: 512 })),
      /of another size/,
    ],
    [
      'its size is not told',
      ({ wire }) => listed(wire, ({ cpuCount: _, ...each }) => each),
      /of another size/,
    ],
    ['it failed', ({ wire }) => listed(wire, (each) => ({ ...each, status: 'error' })), /failed/],
    [
      'its state is a new word',
      ({ wire }) => listed(wire, (each) => ({ ...each, status: 'uploaded' })),
      /in an unknown state/,
    ],
    [
      'its state is missing',
      ({ wire }) => listed(wire, ({ status: _, ...each }) => each),
      /in an unknown state/,
    ],
    [
      'its creation is not told',
      ({ wire }) => listed(wire, ({ createdAt: _, ...each }) => each),
      /is unknown when/,
    ],
    [
      'its creation is no time',
      ({ wire }) => listed(wire, (each) => ({ ...each, createdAt: 'soon' })),
      /is unknown when/,
    ],
    [
      'its end is not told',
      ({ wire }) => listed(wire, ({ finishedAt: _, ...each }) => each),
      /is unknown when/,
    ],
    [
      'its end is no time',
      ({ wire }) => listed(wire, (each) => ({ ...each, finishedAt: 'never' })),
      /is unknown when/,
    ],
    [
      'the tag does not tell its time',
      ({ wire }) => row(wire, ({ createdAt: _, ...each }) => each),
      /is unknown when/,
    ],
    [
      'the tag has no time',
      ({ wire }) => row(wire, (each) => ({ ...each, createdAt: '?' })),
      /is unknown when/,
    ],
    [
      'the tag is much older than the build',
      ({ wire }) => row(wire, (each) => ({ ...each, createdAt: '2020-01-01T00:00:00Z' })),
      /by hand/,
    ],
    [
      'the tag names no build',
      ({ wire }) => row(wire, (each) => ({ ...each, buildID: 5 })),
      /No build has this/,
    ],
    [
      'there are no tags',
      ({ wire }) =>
        wire.on(
          'tags',
          edit(() => []),
          1,
        ),
      /No build has this/,
    ],
    [
      'tags are rubbish',
      ({ wire }) =>
        wire.on(
          'tags',
          edit(() => [null, 1, 'x', {}, []]),
          1,
        ),
      /No build has this/,
    ],
    [
      'an older row of the tag is listed beside a newer one without time',
      ({ wire }) =>
        wire.on(
          'tags',
          edit((rows) => [
            ...rows,
            ...rows.map((each: object) => ({ ...each, createdAt: '', buildID: 'b' })),
          ]),
          1,
        ),
      /Build b of this content is no longer listed/,
    ],
    [
      'the list of tags is none',
      ({ wire }) =>
        wire.on(
          'tags',
          edit(() => ({ tags: [] })),
        ),
      /answered with an object instead of a list/,
    ],
    ['the name is of another team', ({ wire }) => wire.on('alias', refuse(403)), /answered 403/],
    ['tags may not be seen', ({ wire }) => wire.on('tags', refuse(403), 1), /answered 403/],
    ['the template may not be seen', ({ wire }) => wire.on('template', refuse(403)), /answered 403/],
    ['nothing can be looked up', ({ wire }) => everywhere(wire, refuse(503)), /answered 503/],
    ['nothing is there', ({ wire }) => everywhere(wire, refuse(404)), /no template app yet/],
  ])('%s', async (_, spoil, said) => {
    const world = await published();
    await spoil(world);
    const { service, plan, first } = world;
    const run = await runReuse(service, plan);
    expect(outcomeOf(run).buildId).not.toBe(first.buildId);
    expect(outcomeOf(run).reused).toBeUndefined();
    expect(run.notices.join('\n')).toMatch(said);
    expect(faultsOf(service, plan, run)).toEqual([]);
    expect(service.inspect.resolve('app', 'latest')).toBe(outcomeOf(run).buildId);
  });

  test('a newer build of the content failed, though an older one is ready', async () => {
    let fail = false;
    const executor = quick(() => (fail ? [{ type: 'RUN', fail: { message: 'boom' } }] : []));
    const { service, plan, first } = await published({ executor });
    fail = true;
    const fresh = await planFor({ tags: ['v1', 'latest'], skipCache: true });
    expect(contentTag(fresh)).toBe(contentTag(plan));
    expect(outcomeOf(await runReuse(service, fresh, { options: { reuse: 'never' } })).status).toBe('error');
    fail = false;
    expect(service.inspect.resolve('app', contentTag(plan))).toBe(first.buildId);
    const run = await runReuse(service, plan);
    expect(run.notices).toEqual([
      expect.stringMatching(/^The last build of this content, .* failed\. Building\.$/),
    ]);
    expect(outcomeOf(run).buildId).not.toBe(first.buildId);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });
});

describe('a rebuild that was requested', () => {
  test('takes the place of the older build when it is ready', async () => {
    const { service, plan, first } = await published();
    const fresh = await planFor({ tags: ['v1', 'latest'], skipCache: true });
    const rebuilt = outcomeOf(await runReuse(service, fresh, { options: { reuse: 'never' } }));
    expect(rebuilt.buildId).not.toBe(first.buildId);
    expect(outcomeOf(await runReuse(service, plan)).buildId).toBe(rebuilt.buildId);
  });

  test('is waited for while it runs', async () => {
    const { passed, open } = gate();
    const { service, plan } = await published({
      executor: quick(({ ordinal }) =>
        ordinal === 2 ? [{ type: 'RUN', until: passed, cached: false }] : [],
      ),
    });
    const fresh = await planFor({ tags: ['v1', 'latest'], skipCache: true });
    const rebuilding = runReuse(service, fresh, { options: { reuse: 'never' } });
    await expect.poll(() => service.inspect.builds('app')[1]?.status).toBe('building');
    const run = await runReuse(service, plan, { onEvent: ({ type }) => type === 'joined' && open() });
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', reused: { source: 'joined' } });
    expect(outcomeOf(run).buildId).toBe(outcomeOf(await rebuilding).buildId);
  });
});

describe('a build that has the tag of this content', () => {
  test('is not started by another run that requested the same tags and got no response', async () => {
    const wire = tamper();
    const service = await startService({ executor: quick(), intercept: wire.intercept });
    const plan = await planFor({ tags: ['latest'], commit });
    const other = await planFor({ tags: ['latest'], run: 'rm -rf /', unknownBase: true });
    const { name, cpuCount, memoryMb: memoryMB, contentTags } = plan;
    const tags = [...plan.tags, ...Object.values(contentTags ?? {})];
    wire.on(
      'register',
      async () => {
        wire.clear();
        await ask(service, 'POST', '/v3/templates', { name, tags, cpuCount, memoryMB });
        return undefined;
      },
      1,
    );
    const run = await runReuse(service, other);
    const registered = service.inspect
      .builds('app')
      .find((each) => each.registeredTags.includes(tags[1] ?? ''));
    expect(registered).toMatchObject({ status: 'error', template: undefined });
    expect(faultsOf(service, other, run)).toEqual([]);
  });
});
