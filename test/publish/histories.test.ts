/**
 * Any history of runs, promotions and cleanups at the same time, with requests in any order, lost answers, outages and
 * kills: a tag of people is only on what was tested, and each run says what is so. `CAMPAIGN_HISTORIES` asks for more.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planFor } from '../support/reuse-run.ts';
import { type Actor, type History, play } from './history/play.ts';
import { faults } from './history/schedule.ts';

const tagSets = [['latest'], ['v1'], ['latest', 'v1']] as const;

async function plans() {
  const made = new Map<string, Awaited<ReturnType<typeof planFor>>>();
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
  return (content: number, tags: readonly string[]) => {
    const plan = made.get(`${content} ${tags}`);
    if (!plan) throw new Error(`No plan for ${content} ${tags}`);
    return plan;
  };
}

const actor = (kinds: readonly Actor['kind'][]): fc.Arbitrary<Actor> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    content: fc.constantFrom(0, 0, 0, 1, 1, 2),
    tags: fc.constantFrom(...tagSets),
    reuse: fc.constantFrom(
      'auto' as const,
      'auto' as const,
      'auto' as const,
      'never' as const,
      'require' as const,
    ),
    test: fc.nat(1),
    from: fc.oneof(fc.constantFrom('latest', 'v1'), fc.nat(3)),
    after: fc.nat(90),
  });

const history = (kinds: readonly Actor['kind'][], verdicts: History['verdicts']): fc.Arbitrary<History> =>
  fc.record({
    actors: fc.array(actor(kinds), { minLength: 1, maxLength: 6, size: 'max' }),
    choices: fc.array(fc.nat(11), { maxLength: 200, size: 'max' }),
    faults: fc.array(fc.record({ at: fc.nat(120), fault: fc.constantFrom(...faults) }), {
      maxLength: 5,
      size: 'max',
    }),
    verdicts: fc.constant(verdicts),
    red: fc.integer({ min: 0, max: 2 ** 30 - 1 }),
  });

const numRuns = Number(process.env['CAMPAIGN_HISTORIES'] ?? 40);
const all = ['tested', 'tested', 'tested', 'plain', 'promote', 'sweep'] as const;
const seed = process.env['CAMPAIGN_SEED'];

test.each<[string, readonly Actor['kind'][], History['verdicts']]>([
  [
    'all runs have tests, whose verdicts are the same each time',
    all.filter((kind) => kind !== 'plain'),
    'by content',
  ],
  ['each build has its own verdicts', all.filter((kind) => kind !== 'plain'), 'by build'],
  ['tests are flaky, and some runs have none', all, 'flaky'],
])('%s', async (_, kinds, verdicts) => {
  const plansOf = await plans();
  await fc.assert(
    fc.asyncProperty(history(kinds, verdicts), async (drawn) => {
      const { wrong, story } = await play(drawn, plansOf);
      expect(wrong, story.join('\n')).toEqual([]);
    }),
    { numRuns, ...(seed && { seed: Number(seed) }) },
  );
});
