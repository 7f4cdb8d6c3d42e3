/** A start cancels builds that share a tag even if it is refused; a late one must not leave all runs without a build. */

import { describe, expect, test } from 'vitest';
import { guardLateStarts } from '../../src/reuse/guard-start.ts';
import { fastClient } from '../support/fast-client.ts';
import { asked, contentTag, faultsOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask, gate, serviceStarter } from '../support/service-client.ts';
import { answer, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();

/** A service that holds back what the older run asks for, and tells when the newer build runs. */
async function crossing(request: 'start' | 'upload') {
  const wire = tamper();
  const held = gate();
  const release = gate();
  const service = await startService({
    executor: quick([{ type: 'RUN', until: release.passed, cached: false }]),
    intercept: wire.intercept,
  });
  const reached = gate();
  wire.on(
    request === 'start' ? 'start' : 'link',
    async (next) => {
      reached.open();
      await held.passed;
      return next();
    },
    1,
  );
  return { service, reached, held, release };
}

describe('a run that is superseded while it sends files', () => {
  test.each(['auto', 'never'] as const)('does not start its build (reuse: %s)', async (reuse) => {
    const { service, reached, held, release } = await crossing('upload');
    const older = await planFor({ tags: ['latest'], copies: true });
    const newer = await planFor({ tags: ['latest'], run: 'newer' });
    const first = runReuse(service, older, { options: { reuse } });
    await reached.passed;
    const second = runReuse(service, newer);
    await expect.poll(() => service.inspect.builds('app')[1]?.status).toBe('building');
    // Longer than a start that follows at once takes.
    await new Promise((done) => setTimeout(done, 20));
    held.open();
    expect(outcomeOf(await first).status).toBe('superseded');
    release.open();
    expect(faultsOf(service, newer, await second)).toEqual([]);
    expect(asked(service).filter((each) => each.startsWith('POST /v2'))).toHaveLength(1);
  });
});

describe('a start that crosses the newer one on its way', () => {
  test.each([
    ['the same content', 'make'],
    ['another content', 'newer'],
  ])('ends the build of %s, which is made once more', async (_, run) => {
    const { service, reached, held, release } = await crossing('start');
    const older = await planFor({ tags: ['latest', 'v1'] });
    const newer = await planFor({ tags: ['latest', 'v2'], run });
    const first = runReuse(service, older);
    await reached.passed;
    // As if it had looked before the first one registered.
    const { body } = await ask(service, 'GET', '/templates/app/tags');
    expect(body).toHaveLength(3);
    const second = runReuse(service, newer, { options: { reuse: run === 'make' ? 'never' : 'auto' } });
    await expect.poll(() => service.inspect.builds('app')[1]?.status).toBe('building');
    held.open();
    await expect.poll(() => service.inspect.builds('app')[1]?.status).toBe('error');
    release.open();
    const [one, other] = [await first, await second];
    if (run === 'newer') {
      expect(outcomeOf(one).status).toBe('superseded');
      expect(faultsOf(service, newer, other)).toEqual([]);
      expect(other.notices).toContainEqual(expect.stringMatching(/failed\. Building once more\.$/));
    } else {
      expect(faultsOf(service, older, one)).toEqual([]);
    }
    expect(service.inspect.builds('app').map(({ status }) => status)).toEqual(['error', 'error', 'ready']);
    expect(service.inspect.resolve('app', 'latest')).toBe(service.inspect.builds('app')[2]?.id);
  });
});

test('a build that is cancelled again and again is given up, and said to be superseded', async () => {
  const service = await startService({
    executor: quick([{ type: 'RUN', fail: { message: 'build was cancelled', step: null } }]),
  });
  const run = await runReuse(service, await planFor());
  expect(outcomeOf(run).status).toBe('superseded');
  expect(service.inspect.builds('app')).toHaveLength(4);
});

describe('the look before a start', () => {
  test.each([
    [200, { status: 'error', logEntries: [] }, 0],
    [200, { status: 'waiting', logEntries: [] }, 1],
    [502, {}, 1],
    [400, {}, 1],
  ])('that is answered %s %j sends %s', async (status, body, sent) => {
    const wire = tamper();
    const service = await startService({ executor: quick(), intercept: wire.intercept });
    const client = guardLateStarts(fastClient(service.url, {}, { apiKey: service.apiKey }), -1);
    const plan = await planFor();
    const tags = [contentTag(plan)];
    const { templateID, buildID } = await client.register({ name: 'app', tags, cpuCount: 2, memoryMB: 1024 });
    wire.on('status', async () => answer(status, body));
    await client
      .start(templateID, buildID, plan.wire)
      .catch(({ said }) => expect(said).toMatch(/not in waiting state/));
    expect(asked(service).filter((each) => each.startsWith('POST /v2'))).toHaveLength(sent);
  });

  test('is not used when the start follows at once', async () => {
    const service = await startService({ executor: quick() });
    await runReuse(service, await planFor(), {
      timing: { pace: { firstMs: 2, growth: 1, busyMs: 2, longestMs: 10_000 } },
    });
    expect(asked(service).slice(2, 4)).toEqual(['POST /v3/templates', 'POST /v2/templates/…/builds/…']);
  });
});
