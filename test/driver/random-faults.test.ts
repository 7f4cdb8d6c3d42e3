/** Any sequence of faults: the whole log once and in order, and one build. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault, FaultRule } from '../../src/local/fault-plan.ts';
import { startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { runBuild, shownLog, temporaryPlan, wholeLog } from '../support/build-run.ts';
import { fastBudget } from '../support/fast-client.ts';

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(408, 500, 502, 503, 504, 520),
    body: fc.constantFrom(undefined, '', '<html>', '{"code":'),
  }),
  fc.constantFrom<Fault>(
    { kind: 'answer', status: 429, headers: { 'retry-after': '0' } },
    { kind: 'reset' },
    { kind: 'stall' },
    { kind: 'html' },
    { kind: 'empty' },
    { kind: 'truncate' },
    { kind: 'slow', pauseMs: 1, pieces: 2 },
  ),
);

const rule: fc.Arbitrary<FaultRule> = fc
  .record({
    endpoint: fc.constantFrom(
      'register',
      'link',
      'upload',
      'start',
      'status',
      'status',
      'tags',
      'alias',
      'template',
    ),
    at: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
    effect: fc.constantFrom('before' as const, 'after' as const),
    fault,
  })
  // After a registration has worked, the service does not say that there were too many.
  .map((each) =>
    each.endpoint === 'register' && each.fault.kind === 'answer' && each.fault.status === 429
      ? { ...each, effect: 'before' as const }
      : each,
  );

const executor = (lines: number) =>
  createSimulatedExecutor({
    stepMs: 1,
    script: [{ type: 'RUN', lines: () => Array.from({ length: lines }, (_, line) => `line ${line % 70}`) }],
  });

test('a few faults anywhere cost no line and no second build', async () => {
  await using plan = await temporaryPlan();
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 6 }), fc.nat(400), async (rules, lines) => {
      const service = await startLocalService({ executor: executor(lines), faults: { rules } });
      try {
        const { outcome, events } = await runBuild(service, plan, {
          transport: {
            ...{ requestTimeoutMs: 200, changeTimeoutMs: 200, uploadStallMs: 200 },
            budget: { ...fastBudget, attempts: 40 },
          },
        });
        const builds = service.inspect.builds('app');
        expect(outcome).toMatchObject({ status: 'ready', buildId: builds[0]?.id });
        expect(builds).toHaveLength(1);
        expect(shownLog(events)).toEqual(wholeLog(builds[0], plan));
      } finally {
        await service.close();
      }
    }),
    { numRuns: 60 },
  );
});
