/** What a run with a test sees too late: tags at its beginning, and a passed tag that is taken before its request. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { clockStepMs } from '../../src/publish/later-builds.ts';
import { publishedOf, runPublish, tagsNow, tagsOn } from '../support/publish-run.ts';
import { planFor, quick } from '../support/reuse-run.ts';
import { serviceStarter } from '../support/service-client.ts';
import { edit, first, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();

async function world() {
  const wire = tamper();
  const service = await startService({ executor: quick(), intercept: wire.intercept });
  return { wire, service, plan: await planFor({ tags: ['v1', 'latest'] }) };
}

const ways: [string, boolean][] = [
  ['its own look', false],
  ['a look from before the run', true],
];

describe.each(ways)('the tags at the beginning of a revert, by %s', (_, early) => {
  test('that come late do not make a build older that was registered meanwhile', async () => {
    const { wire, service, plan } = await world();
    const one = await runPublish(service, plan);
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    wire.on('tags', async (next, agent) => {
      if (agent === 'revert') {
        asked.resolve();
        await answered.promise;
      }
      return next();
    });
    const reverting = runPublish(service, plan, { agent: 'revert', early });
    await asked.promise;
    // A build of the same moment by the service's clock, which has whole seconds, counts as older.
    await sleep(2 * clockStepMs + 100);
    const newer = await runPublish(service, await planFor({ tags: ['latest'], run: 'make newer' }));
    answered.resolve();
    const revert = await reverting;
    const { buildId } = publishedOf(one);
    expect(publishedOf(revert)).toMatchObject({ status: 'ready', buildId, tags: ['v1'] });
    expect(revert.notices).toContain('A newer run put latest on another build meanwhile, where it stays.');
    expect(tagsNow(service)).toEqual({ v1: buildId, latest: publishedOf(newer).buildId });
  });

  test('that come at once make a build older whose time of registration is in the future', async () => {
    const { wire, service, plan } = await world();
    const one = await runPublish(service, plan);
    const newer = await runPublish(service, await planFor({ tags: ['latest'], run: 'make newer' }));
    const { buildId } = publishedOf(newer);
    wire.on(
      'template',
      edit((body: { builds: { buildID: string; createdAt: string }[] }) => ({
        ...body,
        builds: body.builds.map((build) =>
          build.buildID === buildId
            ? { ...build, createdAt: new Date(Date.now() + 3_600_000).toISOString() }
            : build,
        ),
      })),
    );
    const revert = await runPublish(service, plan, { early });
    expect(publishedOf(revert)).toMatchObject({ status: 'ready', tags: ['v1', 'latest'] });
    expect(tagsNow(service)['latest']).toBe(publishedOf(one).buildId);
  });
});

test('a passed tag that a red test takes just before the request moves nothing, and the content is looked for again', async () => {
  const { wire, service, plan } = await world();
  const isHeld = Promise.withResolvers<void>();
  const passed = Promise.withResolvers<void>();
  const untested = await runPublish(service, { ...plan, tags: ['v0'] }, { verdict: 'no-sandbox' });
  const shared = publishedOf(untested).buildId;
  const red = runPublish(service, plan, {
    agent: 'red',
    run: 8,
    verdict: async () => {
      isHeld.resolve();
      await passed.promise;
      return 'red';
    },
  });
  await isHeld.promise;
  expect(publishedOf(await runPublish(service, plan))).toMatchObject({ status: 'ready', buildId: shared });
  wire.on(
    'assign',
    first(async () => {
      passed.resolve();
      await red;
    }),
    1,
  );
  const late = await runPublish(service, { ...plan, tags: ['v2'] }, { run: 9 });
  expect(publishedOf(await red)).toMatchObject({ status: 'error', buildId: shared });
  expect(late.notices).toEqual([
    `Build ${shared} has passed this test before, so it is not tested again.`,
    `Build ${shared} was withdrawn before this run could give it its tags: its test failed in another run, or its tags were removed. Looking for the content again.`,
    'No build has this content. Building.',
  ]);
  const { buildId, status } = publishedOf(late);
  expect([status, late.tested]).toEqual(['ready', [buildId]]);
  expect(tagsNow(service)).toEqual({ v1: shared, latest: shared, v2: buildId });
  expect(tagsOn(service, shared)).toEqual(['failed', 'latest', 'v1']);
});

test('a build that another run has made since an early look-up is tested, and none is built beside it', async () => {
  const { wire, service, plan } = await world();
  let first: Awaited<ReturnType<typeof runPublish>> | undefined;
  wire.on('alias', async (next, agent) => {
    const reply = await next();
    if (agent === 'second') first ??= await runPublish(service, plan);
    return reply;
  });
  const second = await runPublish(service, { ...plan, tags: ['v2'] }, { agent: 'second', early: true });
  expect(first && publishedOf(first).buildId).toBe(publishedOf(second).buildId);
  expect(service.inspect.builds('app')).toHaveLength(1);
});
