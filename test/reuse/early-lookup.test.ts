/** A lookup from before the plan spares requests, and never decides what a new one would decide otherwise. */

import { describe, expect, test } from 'vitest';
import { failure } from '../support/fast-client.ts';
import {
  asked,
  changes,
  earlyLookup,
  faultsOf,
  outcomeOf,
  planFor,
  quick,
  runReuse,
} from '../support/reuse-run.ts';
import { gate, serviceStarter } from '../support/service-client.ts';

import { edit, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();
const newLookUp = ['GET /templates/aliases/app', 'GET /templates/app/tags', 'GET /templates/…'];

describe('a ready build', () => {
  test('that has all tags is taken without another request', async () => {
    const service = await startService({ executor: quick() });
    const plan = await planFor();
    const first = outcomeOf(await runReuse(service, plan));
    const early = await earlyLookup(service);
    const from = service.requests.length;
    const run = await runReuse(service, plan, { early });
    expect(outcomeOf(run)).toMatchObject({
      buildId: first.buildId,
      status: 'ready',
      reused: { source: 'existing' },
    });
    expect(asked(service, from)).toEqual([]);
  });

  test('whose tag was moved meanwhile does not take it back', async () => {
    const service = await startService({ executor: quick() });
    const plan = await planFor();
    await runReuse(service, plan);
    const early = await earlyLookup(service);
    const newer = outcomeOf(await runReuse(service, await planFor({ run: 'make new' })));
    const run = await runReuse(service, plan, { early });
    expect(outcomeOf(run).status).toBe('ready');
    expect(service.inspect.resolve('app', 'v1')).toBe(newer.buildId);
  });

  test('that lacks a tag is looked up again, so that its tags are moved from where they stand now', async () => {
    const service = await startService({ executor: quick() });
    await runReuse(service, await planFor());
    const early = await earlyLookup(service);
    const newer = outcomeOf(await runReuse(service, await planFor({ run: 'make new' })));
    const from = service.requests.length;
    const plan = await planFor({ tags: ['v1', 'v2'] });
    const run = await runReuse(service, plan, { early });
    expect(asked(service, from).slice(0, 3).sort()).toEqual([...newLookUp].sort());
    expect(outcomeOf(run).reused?.moves).toContainEqual(
      expect.objectContaining({ tag: 'v1', before: newer.buildId }),
    );
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('that was made anew meanwhile gives way to the newer one', async () => {
    const service = await startService({ executor: quick() });
    await runReuse(service, await planFor());
    const early = await earlyLookup(service);
    const again = outcomeOf(await runReuse(service, await planFor(), { options: { reuse: 'never' } }));
    const run = await runReuse(service, await planFor({ tags: ['v1', 'v2'] }), { early });
    expect(outcomeOf(run).buildId).toBe(again.buildId);
  });

  test('that is newer than the list of builds read before the tags is looked for again', async () => {
    const { intercept, on } = tamper();
    const service = await startService({ executor: quick(), intercept });
    const first = outcomeOf(await runReuse(service, await planFor()));
    const early = await earlyLookup(service);
    on(
      'template',
      edit((body) => ({ ...body, builds: [] })),
      1,
    );
    const run = await runReuse(service, await planFor({ tags: ['v2'] }), { early });
    expect(outcomeOf(run).buildId).toBe(first.buildId);
    expect(service.inspect.builds('app')).toHaveLength(1);
  });
});

describe('no build of this content', () => {
  test('is registered without another look', async () => {
    const service = await startService({ executor: quick() });
    const early = await earlyLookup(service);
    const from = service.requests.length;
    const run = await runReuse(service, await planFor(), { early });
    expect(outcomeOf(run).status).toBe('ready');
    expect(asked(service, from)).not.toContain('GET /templates/aliases/app');
  });

  test('two runs that look at the same time end with one ready build', async () => {
    const { passed, open } = gate();
    const service = await startService({ executor: quick([{ type: 'RUN', until: passed }]) });
    const [one, other] = [await planFor(), await planFor({ tags: ['v2'] })];
    const early = await earlyLookup(service);
    const running = runReuse(service, one, { early });
    await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
    const later = runReuse(service, other, { early, onEvent: ({ type }) => type === 'started' && open() });
    const runs = await Promise.all([running, later]);
    expect(outcomeOf(runs[0]).buildId).toBe(outcomeOf(runs[1]).buildId);
    expect([faultsOf(service, one, runs[0]), faultsOf(service, other, runs[1])]).toEqual([[], []]);
    expect(service.inspect.builds('app').filter(({ status }) => status === 'ready')).toHaveLength(1);
  });

  test.each([
    ['is too old', { timing: { earlyLookupMs: -1 } }],
    ['is to spare a build that may not be made', { options: { reuse: 'require' } }],
  ] as const)('is looked up again where the lookup %s', async (_, changed) => {
    const service = await startService({ executor: quick() });
    const early = await earlyLookup(service);
    const first = outcomeOf(await runReuse(service, await planFor()));
    const run = await runReuse(service, await planFor(), { early, ...changed });
    expect(outcomeOf(run).buildId).toBe(first.buildId);
    expect(service.inspect.builds('app')).toHaveLength(1);
  });
});

test('a build that was on its way is looked up again, and is found ready', async () => {
  const { passed, open } = gate();
  const service = await startService({ executor: quick([{ type: 'RUN', until: passed }]) });
  const making = runReuse(service, await planFor());
  await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
  const early = await earlyLookup(service);
  open();
  await making;
  const run = await runReuse(service, await planFor(), { early, options: { wait: false } });
  expect(outcomeOf(run).reused?.source).toBe('existing');
});

describe('an early request that fails', () => {
  test.each(['alias', 'tags', 'template'] as const)('is made again: %s', async (request) => {
    const { intercept, on } = tamper();
    const service = await startService({ executor: quick(), intercept });
    const first = outcomeOf(await runReuse(service, await planFor()));
    on(request, refuse(503), 1);
    const early = await earlyLookup(service);
    const run = await runReuse(service, await planFor(), { early });
    expect(outcomeOf(run).buildId).toBe(first.buildId);
    expect(run.notices).toEqual([]);
    expect(changes(service).filter((each) => each === 'POST /v3/templates')).toHaveLength(1);
  });

  test('with a key that is refused is reported once, by the lookup in its place', async () => {
    const { intercept, on } = tamper();
    const service = await startService({ executor: quick(), intercept });
    on('any', refuse(401, 'bad key'));
    const early = await earlyLookup(service);
    const error = await failure(runReuse(service, await planFor(), { early }));
    expect(error.status).toBe(401);
    expect(changes(service)).toEqual([]);
  });
});
