/** Any sequence of faults: a build is taken or made, and it is the right one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault, FaultRule } from '../../src/local/fault-plan.ts';
import { startLocalService } from '../../src/local/service.ts';
import { fastBudget } from '../support/fast-client.ts';
import { faultsOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    // Not 401: a key that is not known ends every run.
    status: fc.constantFrom(400, 403, 404, 408, 500, 502, 503),
    body: fc.constantFrom(undefined, '', '<html>', '{"code":', '[]', '{}'),
  }),
  fc.constantFrom<Fault>(
    { kind: 'reset' },
    { kind: 'stall' },
    { kind: 'html' },
    { kind: 'empty' },
    { kind: 'truncate' },
  ),
);

/** What finding a build asks for, and nothing that a build of one's own cannot do without. */
const rule: fc.Arbitrary<FaultRule> = fc.record({
  endpoint: fc.constantFrom('alias', 'tags', 'template', 'POST /templates/tags'),
  at: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }),
  effect: fc.constantFrom('before' as const, 'after' as const),
  fault,
});

test('faults of every kind while a build is looked for never end a run, and never end it with another content', async () => {
  const other = await planFor({ run: 'other', tags: ['latest', 'x'] });
  const plans = [await planFor({ tags: ['v1', 'latest'] }), other, await planFor({ tags: ['v2', 'latest'] })];
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 5 }), async (rules) => {
      const service = await startLocalService({ executor: quick(), faults: { rules } });
      try {
        for (const plan of plans) {
          const run = await runReuse(service, plan, {
            transport: {
              ...{ requestTimeoutMs: 150, changeTimeoutMs: 150, uploadStallMs: 150 },
              budget: { ...fastBudget, attempts: 3 },
            },
            timing: { lookup: { ...fastBudget, attempts: 2 } },
          });
          expect(faultsOf(service, plan, run)).toEqual([]);
          expect(service.inspect.resolve('app', 'latest')).toBe(outcomeOf(run).buildId);
        }
        expect(service.inspect.builds('app').length).toBeLessThanOrEqual(3);
      } finally {
        await service.close();
      }
    }),
    { numRuns: 40 },
  );
});
