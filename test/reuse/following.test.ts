/** Following the build that another run is making: how it may end, and giving up meanwhile. */

import { describe, expect, test } from 'vitest';
import { uploadsOf } from '../../src/driver/upload.ts';
import type { LocalService } from '../../src/local/service.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { shownLog, wholeLog } from '../support/build-run.ts';
import {
  changes,
  contentTag,
  faultsOf,
  outcomeOf,
  planFor,
  quick,
  type RunChanges,
  runReuse,
} from '../support/reuse-run.ts';
import { ask, gate, register, serviceStarter, start } from '../support/service-client.ts';
import { edit, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();

/** A service on which another run makes a build of this content that ends when the gate is opened. */
async function underway(
  script: (passed: Promise<void>) => SimulationScript = (until) => [{ type: 'RUN', until }],
) {
  const { passed, open } = gate();
  const wire = tamper();
  const service = await startService({ executor: quick(script(passed)), intercept: wire.intercept });
  const theirs = await planFor({ tags: ['v1'] });
  const making = runReuse(service, theirs);
  await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
  const buildId = service.inspect.builds('app')[0]?.id ?? '';
  return { wire, service, making, buildId, open, plan: await planFor({ tags: ['v2', 'latest'] }) };
}

/** Runs and does something once another run's build is followed. */
const whenJoined = (deed: () => unknown): RunChanges => ({
  onEvent: ({ type }) => void (type === 'joined' && deed()),
});

describe('the build of another run', () => {
  test('is followed to its end, shown once, and gets the tags', async () => {
    const { service, making, buildId, open, plan } = await underway((until) => [
      { type: 'RUN', until, lines: Array.from({ length: 250 }, (_, line) => `line ${line}`) },
    ]);
    const run = await runReuse(service, plan, whenJoined(open));
    expect(outcomeOf(run)).toMatchObject({
      status: 'ready',
      buildId,
      tags: plan.tags,
      reused: { source: 'joined' },
    });
    expect(outcomeOf(run).steps.length).toBeGreaterThan(1);
    expect(shownLog(run.events)).toEqual(wholeLog(service.inspect.builds('app')[0], plan));
    expect(run.events.filter(({ type }) => type === 'finished')).toHaveLength(1);
    expect(run.events.at(-1)?.type).toBe('finished');
    expect(faultsOf(service, plan, run)).toEqual([]);
    expect(outcomeOf(await making).buildId).toBe(buildId);
    expect(service.inspect.builds('app')).toHaveLength(1);
  });

  test('is shown once though the list of builds comes behind', async () => {
    const { wire, service, buildId, open, plan } = await underway();
    const behind = edit((body) => ({
      ...body,
      builds: body.builds.map((each: object) => ({ ...each, status: 'building' })),
    }));
    wire.on('template', behind, 3);
    const run = await runReuse(service, plan, whenJoined(open));
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId });
    expect(shownLog(run.events)).toEqual(wholeLog(service.inspect.builds('app')[0], plan));
  });

  test('that the list never shows as ready is not believed', async () => {
    const { wire, service, buildId, open, plan } = await underway();
    wire.on(
      'template',
      edit((body) => ({
        ...body,
        builds: body.builds.map((each: { buildID: string }) =>
          each.buildID === buildId ? { ...each, status: 'building' } : each,
        ),
      })),
    );
    const run = await runReuse(service, plan, whenJoined(open));
    expect(outcomeOf(run).buildId).not.toBe(buildId);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('fails: ours is made', async () => {
    const { service, making, buildId, open, plan } = await underway(
      (until) => (build) => (build.ordinal === 1 ? [{ type: 'RUN', until, fail: { message: 'boom' } }] : []),
    );
    const run = await runReuse(service, plan, whenJoined(open));
    expect(outcomeOf(await making).status).toBe('error');
    expect(run.notices).toEqual([
      `Build ${buildId} of the other run did not get ready: boom.`,
      `The last build of this content, ${buildId}, failed. Building.`,
    ]);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('fails, and another one is on its way before ours is made: that one is followed', async () => {
    const { wire, service, making, open, plan } = await underway(
      (until) => (build) => (build.ordinal === 1 ? [{ type: 'RUN', until, fail: { message: 'boom' } }] : []),
    );
    const run = await runReuse(service, plan, {
      onEvent(event) {
        if (event.type === 'joined') open();
        if (event.type !== 'notice' || !event.message.includes('boom')) return;
        wire.on(
          'template',
          async (next) => {
            const reply = await next();
            const tags = ['v1', contentTag(plan)];
            const body = { name: 'app', tags, cpuCount: 2, memoryMB: 1024 };
            const again = await ask(service, 'POST', '/v3/templates', body);
            await start(service, again.body, plan.wire);
            return reply;
          },
          1,
        );
      },
    });
    await making;
    expect(faultsOf(service, plan, run)).toEqual([]);
    expect(service.inspect.builds('app')).toHaveLength(2);
  });

  test('is superseded by other content: this run builds, since no other run has its tags', async () => {
    const { service, making, plan } = await underway(
      (until) => (build) => (build.ordinal === 1 ? [{ type: 'RUN', until }] : []),
    );
    const other = await planFor({ tags: ['v1'], run: 'other' });
    const run = await runReuse(
      service,
      plan,
      whenJoined(() => runReuse(service, other)),
    );
    expect(outcomeOf(await making).status).toBe('superseded');
    expect(run.notices[0]).toMatch(/of the other run was superseded: build was cancelled\.$/);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('is superseded by a newer run that has a tag of ours: it keeps it, and this run is superseded', async () => {
    const { passed, open } = gate();
    const service = await startService({ executor: quick([{ type: 'RUN', until: passed }]) });
    const theirs = await planFor({ tags: ['latest'] });
    const making = runReuse(service, theirs);
    await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
    const plan = await planFor({ tags: ['v2', 'latest'] });
    const newer = await planFor({ tags: ['latest'], run: 'newer' });
    let last: ReturnType<typeof runReuse> | undefined;
    const run = await runReuse(
      service,
      plan,
      whenJoined(() => {
        last = runReuse(service, newer);
      }),
    );
    open();
    expect(outcomeOf(run)).toMatchObject({
      status: 'superseded',
      failure: { message: expect.stringContaining('put latest on another') },
    });
    expect(outcomeOf(await making).status).toBe('superseded');
    const end = await last;
    expect(end && faultsOf(service, newer, end)).toEqual([]);
    expect(service.inspect.resolve('app', 'latest')).toBe(end && outcomeOf(end).buildId);
    expect(service.inspect.builds('app')).toHaveLength(2);
  });

  test('gets one tag less if a newer run has claimed it meanwhile', async () => {
    const { service, making, buildId, open, plan } = await underway();
    const run = await runReuse(
      service,
      plan,
      whenJoined(async () => {
        await register(service, 'app', ['latest']);
        open();
      }),
    );
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId, tags: ['v2'] });
    expect(run.notices).toEqual(['A newer run put latest on another build meanwhile, where it stays.']);
    expect(service.inspect.tagHistory('app').filter(({ tag }) => tag === 'latest')).toHaveLength(1);
    await making;
  });

  test.each<[string, (service: LocalService) => unknown]>([
    ['with its template', (service) => ask(service, 'DELETE', '/templates/app')],
    [
      'with its last tag',
      async (service) => {
        const tags = ['v1', contentTag(await planFor())];
        return ask(service, 'DELETE', '/templates/tags', { name: 'app', tags });
      },
    ],
  ])('vanishes %s: ours is made', async (_, vanish) => {
    const { service, making, buildId, open, plan } = await underway(
      (until) => (build) => (build.ordinal === 1 ? [{ type: 'RUN', until }] : []),
    );
    const run = await runReuse(
      service,
      plan,
      whenJoined(() => vanish(service)),
    );
    open();
    await making;
    expect(outcomeOf(run).buildId).not.toBe(buildId);
    expect(run.notices[0]).toMatch(
      /of the other run (is gone|did not get ready: The service no longer finds)/,
    );
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('cannot be read: this run builds', async () => {
    const { wire, service, making, open, buildId, plan } = await underway(
      (until) => (build) => (build.ordinal === 1 ? [{ type: 'RUN', until }] : []),
    );
    wire.on('status', async (next, agent) => (agent === 'second' ? refuse(403)(next, agent) : next()), 1000);
    const run = runReuse(service, plan, {
      agent: 'second',
      onEvent: ({ type }) => type === 'started' && wire.clear(),
    });
    expect(outcomeOf(await run)).toMatchObject({ status: 'ready' });
    open();
    expect((await run).notices[0]).toBe(`Build ${buildId} of the other run cannot be read (answered 403).`);
    expect(outcomeOf(await making)).toMatchObject({ status: 'ready', buildId: outcomeOf(await run).buildId });
  });
});

describe('a build that is registered and not started', () => {
  const waitingBuild = async (plan: Awaited<ReturnType<typeof planFor>>) => {
    const service = await startService({ executor: quick() });
    const body = { name: 'app', tags: ['v1', contentTag(plan)], cpuCount: 2, memoryMB: 1024 };
    const { body: registered } = await ask(service, 'POST', '/v3/templates', body);
    return { service, registered };
  };

  test('is waited for, and followed when it starts', async () => {
    const plan = await planFor({ tags: ['v2'] });
    const { service, registered } = await waitingBuild(plan);
    const run = await runReuse(
      service,
      plan,
      whenJoined(() => start(service, registered, plan.wire)),
    );
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId: registered.buildID });
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('and never will be is left after a while, and ours takes its place', async () => {
    const plan = await planFor({ tags: ['v2'] });
    const { service, registered } = await waitingBuild(plan);
    const run = await runReuse(service, plan, {
      timing: { start: { leastMs: 20, mostMs: 60_000, bytesPerMs: 1 } },
    });
    expect(outcomeOf(run).buildId).not.toBe(registered.buildID);
    expect(run.notices[0]).toMatch(/^That run has not started it yet/);
    expect(run.notices[1]).toMatch(/of the other run was not started within 1 s\.$/);
    expect(faultsOf(service, plan, run)).toEqual([]);
    expect(service.inspect.builds('app').map(({ status }) => status)).toEqual(['error', 'ready']);
    expect(run.events.filter(({ type }) => type === 'joined')).toHaveLength(1);
  });

  const impatient = { start: { leastMs: 20, mostMs: 60_000, bytesPerMs: 0.000_001 } };

  /** A build of a plan with a file, registered and not started; its file may have arrived. */
  async function withFile({ sent }: { sent: boolean }) {
    const plan = await planFor({ tags: ['v2'], copies: true });
    const { service, registered } = await waitingBuild(plan);
    const [upload] = uploadsOf(plan);
    const link = await ask(service, 'GET', `/templates/${registered.templateID}/files/${upload?.files.hash}`);
    if (sent) await fetch(link.body.url, { method: 'PUT', body: 'x' });
    return { plan, service, registered };
  }

  test('and has nothing left to send is left at once, however large its files are', async () => {
    const { plan, service, registered } = await withFile({ sent: true });
    const run = await runReuse(service, plan, { timing: impatient });
    expect(outcomeOf(run).buildId).not.toBe(registered.buildID);
    expect(run.notices[1]).toMatch(/of the other run was not started within 1 s\.$/);
  });

  test('and has files left to send is given the time for that', async () => {
    const { plan, service, registered } = await withFile({ sent: false });
    const run = await runReuse(service, plan, {
      timing: impatient,
      ...whenJoined(() => setTimeout(() => start(service, registered, { steps: [], fromImage: 'x' }), 100)),
    });
    expect(run.notices[0]).toMatch(/It has 60 s for that/);
    expect(run.notices.join()).not.toContain('was not started');
  });

  test.each(['x', '9999-12-31T00:00:00Z'])(
    'whose age is told as %s is left after a while as well',
    async (createdAt) => {
      const plan = await planFor({ tags: ['v2'] });
      const wire = tamper();
      const service = await startService({ executor: quick(), intercept: wire.intercept });
      await ask(service, 'POST', '/v3/templates', {
        name: 'app',
        tags: [contentTag(plan)],
        cpuCount: 2,
        memoryMB: 1024,
      });
      wire.on(
        'template',
        edit((body) => ({ ...body, builds: body.builds.map((each: object) => ({ ...each, createdAt })) })),
        1,
      );
      const run = await runReuse(service, plan, {
        timing: { start: { leastMs: 20, mostMs: 60_000, bytesPerMs: 1 } },
      });
      expect(faultsOf(service, plan, run)).toEqual([]);
    },
  );
});

describe.each(['timeout', 'interrupted'] as const)('given up (%s)', (reason) => {
  test('while the build of another run is running', async () => {
    const { service, making, buildId, open, plan } = await underway();
    const giveUp = new AbortController();
    const run = await runReuse(service, plan, {
      signal: giveUp.signal,
      onEvent: ({ type }) => type === 'step-started' && giveUp.abort(reason),
    });
    const left = 'it does not have the tags of this run. Run this job again to add them.';
    expect(outcomeOf(run)).toMatchObject({
      ...{ status: 'building', abortedBy: reason, buildId, tags: [] },
      diagnosis: { class: reason, advice: expect.stringContaining(left) },
    });
    expect(run.events.at(-2)).toMatchObject({ type: 'notice', message: expect.stringContaining(left) });
    expect(run.events.at(-1)).toMatchObject({ type: 'finished', outcome: { abortedBy: reason } });
    open();
    await making;
    expect(service.inspect.resolve('app', 'v2')).toBeUndefined();
  });

  test('while it waits for its start', async () => {
    const plan = await planFor({ tags: ['v2'] });
    const service = await startService({ executor: quick() });
    await ask(service, 'POST', '/v3/templates', {
      name: 'app',
      tags: [contentTag(plan)],
      cpuCount: 2,
      memoryMB: 1024,
    });
    const giveUp = new AbortController();
    const run = await runReuse(service, plan, {
      signal: giveUp.signal,
      ...whenJoined(() => giveUp.abort(reason)),
    });
    expect(outcomeOf(run)).toMatchObject({ status: 'building', abortedBy: reason, tags: [] });
    expect(changes(service)).toEqual(['POST /v3/templates']);
  });

  test.each(['alias', 'template', 'assign'] as const)('before there is an answer to %s', async (request) => {
    const wire = tamper();
    const service = await startService({ executor: quick(), intercept: wire.intercept });
    await runReuse(service, await planFor());
    const giveUp = new AbortController();
    wire.on(request, async (next) => {
      giveUp.abort(reason);
      return next();
    });
    const from = service.requests.length;
    const run = runReuse(service, await planFor({ tags: ['v2'] }), { signal: giveUp.signal });
    await expect(run).rejects.toBe(reason);
    expect(changes(service, from).filter((each) => each !== 'POST /templates/tags')).toEqual([]);
  });
});
