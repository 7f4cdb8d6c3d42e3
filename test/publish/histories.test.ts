/**
 * Any history of runs, promotions and cleanups at the same time, with requests in any order, lost answers, outages and
 * kills: a tag of people is only on what was tested, and each run says what is so. `CAMPAIGN_HISTORIES` asks for more.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawnPlans, history } from './history/draw.ts';
import { type Actor, type History, play } from './history/play.ts';

const numRuns = Number(process.env['CAMPAIGN_HISTORIES'] ?? 40);
/** A failure would otherwise take many minutes to be made smaller. */
const mostMs = 120_000 + 1000 * numRuns;
const tested: readonly Actor['kind'][] = ['tested', 'tested', 'tested', 'tested', 'promote', 'sweep'];

test.each<[string, readonly Actor['kind'][], History['verdicts']]>([
  ['all runs have tests, whose verdicts are the same each time', tested, 'by content'],
  ['each build has its own verdicts', tested, 'by build'],
  ['tests are flaky, and some runs have none', [...tested, 'plain'], 'flaky'],
])(
  '%s',
  async (_, kinds, verdicts) => {
    const plansOf = await drawnPlans();
    await fc.assert(
      fc.asyncProperty(history(kinds, verdicts), async (drawn) => {
        const { wrong, story } = await play(drawn, plansOf);
        expect(wrong, story.join('\n')).toEqual([]);
      }),
      { numRuns, interruptAfterTimeLimit: mostMs, markInterruptAsFailure: true },
    );
  },
  2 * mostMs,
);
