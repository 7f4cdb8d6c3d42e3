import { describe, expect, test } from 'vitest';
import type { BuildOutcome } from '../../src/driver/events.ts';
import { timeLeft, typicalDurations } from '../../src/history/eta.ts';
import { createBuildRecord, parseBuildRecord } from '../../src/history/last-build.ts';
import { snapshotPlan } from '../../src/history/snapshot.ts';
import { sampleOutcome, samplePlan } from '../support/sample-build.ts';

const plan = samplePlan();
const finishedAt = new Date('2026-01-02T03:04:05Z');

function remember(outcome: BuildOutcome, last?: ReturnType<typeof createBuildRecord>) {
  return createBuildRecord(outcome, { plan, branch: 'main', finishedAt, last });
}

/** A build of the sample in which these steps were built, in so many milliseconds, and all others cached. */
function outcomeOf(times: Readonly<Record<string, number>>): BuildOutcome {
  const outcome = sampleOutcome();
  return {
    ...outcome,
    steps: outcome.steps.map((step) => ({
      ...step,
      cached: times[step.id] === undefined,
      durationMs: times[step.id] ?? 1,
    })),
  };
}

describe('the last build', () => {
  test('is remembered with its plan and the times of what was built, and read back as it was', () => {
    const build = remember(sampleOutcome());
    expect(build).toMatchObject({
      schemaVersion: 2,
      name: 'my-agent',
      branch: 'main',
      finishedAt: '2026-01-02T03:04:05.000Z',
      durationMs: 72_000,
      plan: snapshotPlan(plan),
    });
    expect(Object.values(build?.times ?? {})).toEqual([4_200, 61_000, 800, 5_700]);
    expect(parseBuildRecord(JSON.stringify(build))).toEqual(build);
  });

  test('keeps the time of a step that was cached since, and the mean of one that was built again', () => {
    const first = remember(outcomeOf({ '2': 4_000, '3': 60_000 }));
    const second = remember(outcomeOf({ '3': 40_000 }), first);
    const usual = typicalDurations(plan, second);
    expect(['1', '2', '3', 'base'].map(usual)).toEqual([undefined, 4_000, 50_000, undefined]);
  });

  test('knows a step again where it stands in another place', () => {
    const moved = samplePlan({
      wire: { ...plan.wire, steps: [...plan.wire.steps].reverse() },
      steps: [...plan.steps].reverse().map((step, index) => ({ ...step, number: index + 1 })),
    });
    expect(typicalDurations(moved, remember(sampleOutcome()))('2')).toBe(61_000);
  });

  test.each(['error', 'building', 'superseded'] as const)('is not one that ended as %s', (status) => {
    expect(remember(sampleOutcome({ status }))).toBeUndefined();
  });

  const good = remember(sampleOutcome());
  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"schemaVersion":3}',
    { ...good, schemaVersion: 1 },
    { ...good, durationMs: -1 },
    JSON.stringify({ ...good, durationMs: 7 }).replace('"durationMs":7', '"durationMs":1e999'),
    { ...good, branch: 7 },
    { ...good, times: { base: 'long' } },
    { ...good, times: null },
    { ...good, plan: { ...good?.plan, base: 'FROM x' } },
    { ...good, plan: { ...good?.plan, start: null } },
    { ...good, plan: { ...good?.plan, steps: [{ title: 'RUN x', digest: 'a', hidden: 'yes' }] } },
    { ...good, plan: { ...good?.plan, steps: [{ title: 'RUN x' }] } },
    { ...good, plan: { ...good?.plan, steps: [{ title: 'COPY', digest: 'a', files: { count: 1 } }] } },
  ])('is nothing when the memory holds %j', (memory) => {
    expect(parseBuildRecord(typeof memory === 'string' ? memory : JSON.stringify(memory))).toBeUndefined();
  });
});

describe('the time left', () => {
  const everything = { base: 5_000, '1': 0, '2': 4_000, '3': 60_000, '4': 1_000, finalize: 5_000 };
  const step = (id: string, cached = false) => ({
    id,
    cached,
    ...(/\d/.test(id) && { number: Number(id) }),
  });

  test.each([
    ['base', 75_000],
    ['2', 70_000],
    ['3', 66_000],
    ['finalize', 5_000],
    ['something else', undefined],
  ])('from %s on is the usual time of what is still to come', (id, expected) => {
    expect(timeLeft(plan, remember(outcomeOf(everything)))(step(id))).toBe(expected);
  });

  test('is not told of a step from the cache, nor where a step to come was never timed', () => {
    expect(timeLeft(plan, remember(outcomeOf(everything)))(step('2', true))).toBeUndefined();
    expect(timeLeft(plan, remember(outcomeOf({ '2': 1, '4': 1 })))(step('2'))).toBeUndefined();
    expect(timeLeft(plan, undefined)(step('2'))).toBeUndefined();
  });
});
