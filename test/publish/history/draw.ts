/** Draws histories in which runs are likely to meet. */
import fc from 'fast-check';
import type { Plan } from '../../../src/plan/plan.ts';
import { planFor } from '../../support/reuse-run.ts';
import type { Actor, History } from './play.ts';
import { faults } from './schedule.ts';

const tagSets = [['latest'], ['v1'], ['latest', 'v1']] as const;

/** The plans of all contents and tags; the third content has no fingerprint. */
export async function drawnPlans(): Promise<(content: number, tags: readonly string[]) => Plan> {
  const made = new Map<string, Plan>();
  for (const content of [0, 1, 2]) {
    for (const tags of tagSets) {
      const change = {
        run: `make ${content}`,
        tags,
        commit: `${content}`.repeat(40),
        unknownBase: content === 2,
      };
      made.set(`${content} ${tags}`, await planFor(change));
    }
  }
  return (content, tags) => {
    const plan = made.get(`${content} ${tags}`);
    if (!plan) throw new Error(`There is no plan for ${content} ${tags}.`);
    return plan;
  };
}

const actor = (kinds: readonly Actor['kind'][]): fc.Arbitrary<Actor> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    content: fc.constantFrom(0, 0, 0, 1, 1, 2),
    tags: fc.constantFrom(...tagSets),
    reuse: fc.constantFrom(...(['auto', 'auto', 'auto', 'auto', 'never', 'require'] as const)),
    test: fc.constantFrom(0, 0, 1),
    from: fc.oneof(fc.constantFrom('latest', 'v1'), fc.nat(3)),
    after: fc.nat(50),
    daysLater: fc.boolean(),
  });

const bits = fc.integer({ min: 0, max: 2 ** 30 - 1 });
const rank = fc.record({
  at: fc.nat(100),
  run: fc.oneof(fc.nat(6), fc.constant('builds' as const)),
  rank: fc.nat(9),
});

export const history = (
  kinds: readonly Actor['kind'][],
  verdicts: History['verdicts'],
): fc.Arbitrary<History> =>
  // Small values first would be few runs, one after the other.
  fc.noBias(
    fc.record({
      actors: fc.array(actor(kinds), { minLength: 2, maxLength: 7, size: 'max' }),
      choices: fc.array(fc.nat(11), { maxLength: 200, size: 'max' }),
      ranks: fc.oneof(
        fc
          .array(rank, { maxLength: 20, size: 'max' })
          .map((list) => list.toSorted((one, other) => one.at - other.at)),
        fc.constant([]),
      ),
      faults: fc.array(fc.record({ at: fc.nat(100), fault: fc.constantFrom(...faults) }), {
        maxLength: 3,
        size: 'max',
      }),
      verdicts: fc.constant(verdicts),
      // A quarter of them.
      red: fc.tuple(bits, bits).map(([one, other]) => one & other),
    }),
  );
