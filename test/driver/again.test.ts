/** When a build is made once more, and when not. */

import { describe, expect, test } from 'vitest';
import { failures } from '../../src/local/failures.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { type BuildRun, runBuild, shownLog, temporaryPlan, wholeLog } from '../support/build-run.ts';
import { serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

type Failing = { message: string; step?: string | null };

/** Fails the builds by their number; others are well. */
function failing(failuresByBuild: Readonly<Record<number, Failing>>, cached = false): SimulationScript {
  return (build) => {
    const fail = failuresByBuild[build.ordinal];
    const { force } = build.template;
    return [
      { at: 'base', cached: cached && !force },
      ...(fail ? [{ at: 2, fail }] : []),
      { type: 'COPY', cached: cached && !force },
    ];
  };
}

async function run(script: SimulationScript, retryWithoutCache = false) {
  const service = await startService({ executor: createSimulatedExecutor({ script, stepMs: 1 }) });
  await using plan = await temporaryPlan();
  const result = await runBuild(service, plan, { options: { retryWithoutCache } });
  const builds = service.inspect.builds('app');
  return {
    ...result,
    service,
    builds,
    log: shownLog(result.events),
    whole: builds.flatMap((each) => wholeLog(each, plan)),
  };
}

function registrations({ events }: BuildRun) {
  return events.flatMap((event) =>
    event.type === 'registered' ? [{ buildId: event.buildId, attempt: event.attempt }] : [],
  );
}

const internal: Failing = { message: failures.internal(), step: null };
const lost: Failing = { message: 'polling received unrecoverable error: node is gone', step: null };
const runFailed: Failing = { message: failures.runFailed('make', 2) };

describe('a build that the service lost', () => {
  test.each([
    ['internal error', internal],
    ['lost machine', lost],
  ])('(%s) is made once more', async (_, fail) => {
    const made = await run(failing({ 1: fail }));
    const [first, second] = made.builds;
    expect(made.outcome).toMatchObject({
      status: 'ready',
      buildId: second?.id,
      earlier: [{ buildId: first?.id, rebuiltFor: 'new-build', failure: { message: fail.message } }],
    });
    expect(made.outcome.failure).toBeUndefined();
    expect(registrations(made)).toEqual([
      { buildId: first?.id, attempt: 1 },
      { buildId: second?.id, attempt: 2 },
    ]);
    expect(made.log).toEqual(made.whole);
    expect(made.notices).toEqual([
      `The service lost build ${first?.id} through no fault of the template. Building once more; the new build takes its tags.`,
    ]);
    expect(made.events.filter(({ type }) => type === 'finished')).toHaveLength(1);
  });

  test('is made once more only once', async () => {
    const { outcome, builds } = await run(failing({ 1: internal, 2: internal, 3: internal }));
    expect(builds).toHaveLength(2);
    expect(outcome).toMatchObject({
      status: 'error',
      buildId: builds[1]?.id,
      failure: { message: internal.message },
    });
  });

  test('stays the outcome where it cannot be registered once more', async () => {
    const service = await startService({
      executor: createSimulatedExecutor({ script: failing({ 1: internal }) }),
      faults: { rules: [readFaultRule('register:403@2')] },
    });
    await using plan = await temporaryPlan();
    const { outcome, notices: told } = await runBuild(service, plan);
    expect(outcome).toMatchObject({ status: 'error', failure: { message: internal.message } });
    expect(outcome.earlier).toBeUndefined();
    expect(told.at(-1)).toMatch(/^It could not be registered once more: .* answered 403/);
  });
});

describe('a failed step above cached layers', () => {
  test('is built once more without the cache, with retry-without-cache', async () => {
    const made = await run(failing({ 1: runFailed }, true), true);
    const [first, second] = made.builds;
    expect(made.outcome).toMatchObject({
      status: 'ready',
      buildId: second?.id,
      earlier: [{ buildId: first?.id, rebuiltFor: 'without-cache', failure: { stepId: '2' } }],
    });
    expect([first?.template?.force, second?.template?.force]).toEqual([undefined, true]);
    expect(made.outcome.steps.some(({ cached }) => cached)).toBe(false);
    expect(made.log).toEqual(made.whole);
    expect(made.notices).toEqual([
      `Step 2 of build ${first?.id} failed on layers from the cache. Building once more without the cache (retry-without-cache); the new build takes its tags.`,
    ]);
  });

  test.each([
    ['it was not asked for', true, false],
    ['no layer came from the cache', false, true],
  ])('is not built once more where %s', async (_, cached, asked) => {
    const { outcome, builds } = await run(failing({ 1: runFailed }, cached), asked);
    expect(builds).toHaveLength(1);
    expect(outcome).toMatchObject({ status: 'error', failure: { message: runFailed.message } });
  });

  test('that fails again without the cache is a failure', async () => {
    const { outcome, builds } = await run(failing({ 1: runFailed, 2: runFailed, 3: runFailed }, true), true);
    expect(builds).toHaveLength(2);
    expect(outcome).toMatchObject({ status: 'error', buildId: builds[1]?.id });
  });

  test('and a lost build each have their second chance', async () => {
    const { outcome, builds } = await run(failing({ 1: internal, 2: runFailed }, true), true);
    expect(builds).toHaveLength(3);
    expect(outcome).toMatchObject({
      status: 'ready',
      earlier: [{ rebuiltFor: 'new-build' }, { rebuiltFor: 'without-cache' }],
    });
  });
});

test.each<[string, Failing]>([
  ['a start command', { message: failures.startFailed(1), step: 'finalize' }],
  ['an image', { message: failures.imageNotFound('nope'), step: 'base' }],
  ['nobody knows', { message: 'something new', step: null }],
])('a failure of %s is not built once more', async (_, fail) => {
  const { outcome, builds } = await run(failing({ 1: fail }), true);
  expect(builds).toHaveLength(1);
  expect(outcome.status).toBe('error');
});
