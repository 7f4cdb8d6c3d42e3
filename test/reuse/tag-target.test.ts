/** A service that takes no build's identifier as the target of tags: a tag of the build takes its place. */
import { describe, expect, test } from 'vitest';
import { publishedOf, runPublish, tagsNow } from '../support/publish-run.ts';
import { changes, contentTag, faultsOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask, build, register, serviceStarter } from '../support/service-client.ts';
import { edit, type Reaction, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();
const statuses = [400, 404] as const;

/** Such a service with a ready build of the plan's content, which lacks the plan's tags. */
async function found(refuseBuildTargets: 400 | 404 = 404) {
  const wire = tamper();
  const service = await startService({ executor: quick(), intercept: wire.intercept, refuseBuildTargets });
  const old = outcomeOf(await runReuse(service, await planFor({ tags: ['v1'] })));
  const plan = await planFor({ tags: ['v2', 'latest'] });
  const targets = (from: number) =>
    service.requests
      .slice(from)
      .filter(({ method, path }) => method === 'POST' && path === '/templates/tags')
      .map(({ body }) => (body as { target: string } | undefined)?.target.replace('app:', ''));
  return { wire, service, plan, old, targets, from: service.requests.length };
}

type World = Awaited<ReturnType<typeof found>>;

/** Does something just before the second try to put tags on, which has the content tag as its target. */
function beforeSecond(
  { wire }: World,
  deed: () => Promise<unknown>,
  after: Reaction = (next) => next(),
): void {
  wire.on('assign', (next) => next(), 1);
  wire.on(
    'assign',
    async (next, agent) => {
      wire.clear();
      await deed();
      return after(next, agent);
    },
    1,
  );
}

/** Another run makes the content anew, and has the content tag from then on. */
const rebuild = async ({ service }: World) =>
  outcomeOf(
    await runReuse(service, await planFor({ tags: ['x'], skipCache: true }), { options: { reuse: 'never' } }),
  ).buildId;

/** Somebody moves the content tag by hand, to another content. */
async function moveByHand({ service, plan, old }: World): Promise<string> {
  const other = await build(service, 'app', { steps: [{ type: 'RUN', args: ['rm -rf /'] }] }, ['other']);
  const moved = await ask(service, 'POST', '/templates/tags', {
    target: 'app:other',
    tags: [contentTag(plan)],
  });
  expect([moved.status, old.status]).toEqual([201, 'ready']);
  return other.buildID;
}

describe('a build that is reused', () => {
  test.each(statuses)(
    'gets the tags by its content tag, where its identifier is answered with %i',
    async (status) => {
      for (const reuse of ['auto', 'require'] as const) {
        const { service, plan, old, targets, from } = await found(status);
        const run = await runReuse(service, plan, { options: { reuse } });
        expect(outcomeOf(run)).toMatchObject({ buildId: old.buildId, status: 'ready', tags: plan.tags });
        expect(targets(from)).toEqual([old.buildId, contentTag(plan)]);
        expect(changes(service, from)).toEqual(['POST /templates/tags', 'POST /templates/tags']);
        expect(outcomeOf(run).reused?.moves).toEqual(plan.tags.map((tag) => ({ tag, after: old.buildId })));
        expect(faultsOf(service, plan, run)).toEqual([]);
      }
    },
  );

  test('gets them after an outage of the second try, too', async () => {
    const { wire, service, plan, old, targets, from } = await found();
    wire.on('assign', (next) => next(), 1);
    wire.on('assign', refuse(503), 1);
    const run = await runReuse(service, plan);
    expect(outcomeOf(run).buildId).toBe(old.buildId);
    // The second was not read.
    expect(targets(from)).toEqual([old.buildId, undefined, old.buildId, contentTag(plan)]);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test.each<[string, (world: World) => Promise<unknown>]>([
    ['with its template', ({ service }) => ask(service, 'DELETE', '/templates/app')],
    [
      'with its tags',
      ({ service, plan }) =>
        ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: ['v1', contentTag(plan)] }),
    ],
  ])('that was removed meanwhile, %s, is told, and one is built', async (_, remove) => {
    for (const status of statuses) {
      const world = await found(status);
      const { wire, service, plan, old } = world;
      // Something stays, so that the template is there.
      await build(service, 'app', {}, ['other']);
      wire.on(
        'assign',
        async (next) => {
          await remove(world);
          return next();
        },
        1,
      );
      const run = await runReuse(service, plan);
      expect(run.notices[0]).toMatch(
        status === 404
          ? new RegExp(`^Build ${old.buildId} was removed after it was looked up\\.$`)
          : /^The tags could not be put on build .* Invalid tag|template 'app' not found|was removed after/,
      );
      expect(faultsOf(service, plan, run)).toEqual([]);
    }
  });

  test('that has no content tag any more is told, and not called removed', async () => {
    const { wire, service, plan, old } = await found();
    wire.on(
      'assign',
      async (next) => {
        await ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: [contentTag(plan)] });
        return next();
      },
      1,
    );
    const run = await runReuse(service, plan);
    expect(run.notices[0]).toMatch(
      new RegExp(
        `answered 404 to POST tags.*The service takes no build as the target of tags, and build ${old.buildId} has no content tag that could take its place\\.$`,
      ),
    );
    expect(run.notices[1]).toBe('No build has this content. Building.');
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('whose content tag another run has by now gives way to the build of that run', async () => {
    const world = await found();
    const { wire, service, plan, old, targets, from } = world;
    let newer = '';
    wire.on(
      'assign',
      async (next) => {
        wire.clear();
        newer = await rebuild(world);
        return next();
      },
      1,
    );
    const run = await runReuse(service, plan);
    expect(outcomeOf(run)).toMatchObject({ buildId: newer, status: 'ready', tags: plan.tags });
    expect(targets(from)).toEqual([old.buildId, newer, contentTag(plan)]);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });
});

describe('a content tag that moves just before it is the target', () => {
  const said = ({ old, plan }: World, on: string) =>
    `The service takes no build as the target of tags, so the tags for build ${old.buildId} were put on what ${contentTag(plan)} names. It moved to build ${on} just before, and they are there now.`;

  test.each<[string, (world: World) => Reaction]>([
    ['the response names the other build', () => (next) => next()],
    ['the response names none', () => edit(() => ({}))],
    [
      'the response names the other build, and the list is behind',
      ({ wire, old }) =>
        async (next) => {
          const ofOld = (rows: object[]) => rows.map((row) => ({ ...row, buildID: old.buildId }));
          wire.on('tags', edit(ofOld), 1);
          return next();
        },
    ],
  ])(
    'to a newer build of the content is told, and that build is looked up and taken: %s',
    async (_, answer) => {
      for (const reuse of ['auto', 'require'] as const) {
        const world = await found();
        const { service, plan, targets, from } = world;
        let newer = '';
        beforeSecond(
          world,
          async () => {
            newer = await rebuild(world);
          },
          answer(world),
        );
        const run = await runReuse(service, plan, { options: { reuse } });
        expect(run.notices).toEqual([said(world, newer)]);
        expect(outcomeOf(run)).toMatchObject({ buildId: newer, status: 'ready', tags: plan.tags });
        // The tags are there already.
        expect(targets(from)).toHaveLength(2);
        expect(faultsOf(service, plan, run)).toEqual([]);
      }
    },
  );

  test('to another content, by hand, is told, and what the run builds takes the tags back', async () => {
    const world = await found();
    const { service, plan } = world;
    let other = '';
    beforeSecond(world, async () => {
      other = await moveByHand(world);
    });
    const run = await runReuse(service, plan);
    expect(run.notices[0]).toBe(said(world, other));
    expect(run.notices[1]).toMatch(/was put on build .* by hand, after it was built\. Building\.$/);
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', tags: plan.tags });
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('to a build that is not ready still means the old one', async () => {
    const world = await found();
    const { service, plan, old } = world;
    beforeSecond(world, () => register(service, 'app', [contentTag(plan)]));
    const run = await runReuse(service, plan);
    expect(outcomeOf(run)).toMatchObject({ buildId: old.buildId, status: 'ready' });
    expect(service.inspect.resolve('app', 'latest')).toBe(old.buildId);
  });
});

describe('with a test', () => {
  test('an existing build is held and published, and needs no second test', async () => {
    const { service, plan, old, targets, from } = await found();
    const run = await runPublish(service, plan);
    expect(publishedOf(run)).toMatchObject({ buildId: old.buildId, status: 'ready', tags: plan.tags });
    expect(run.tested).toEqual([old.buildId]);
    expect(targets(from)).toEqual([old.buildId, contentTag(plan), run.candidateTag]);

    const since = service.requests.length;
    const again = await runPublish(service, await planFor({ tags: ['v3'] }));
    expect([publishedOf(again).buildId, again.tested]).toEqual([old.buildId, []]);
    // A passed tag stays with its build, whatever is registered.
    expect(targets(since)).toEqual([expect.stringMatching(/^passed-/)]);
  });

  test.each(statuses)('a build whose content tag moves while it is held is let go (%i)', async (status) => {
    const world = await found(status);
    let newer = '';
    beforeSecond(world, async () => {
      newer = await rebuild(world);
    });
    const run = await runPublish(world.service, world.plan);
    expect([publishedOf(run).buildId, run.tested]).toEqual([newer, [newer]]);
    expect(tagsNow(world.service)).toMatchObject({ v2: newer, latest: newer });
  });
});
