/**
 * Histories of tested builds, promotions and sweeps drawn by a seed, against a stand-in of the service that is not the
 * project's own. `CAMPAIGN_SEEDS` names other seeds: `7`, or `1000-1199`.
 */
import { expect } from 'vitest';
import { seedsOr } from '../campaign/random.ts';
import { runTestedHistory } from '../campaign/tested-history.ts';
import { test } from '../support/fixtures.ts';

test.concurrent.for(seedsOr([1, 7, 11, 15, 17]))('history %i', async (seed, { action }) => {
  const { faults, drawn, story } = await runTestedHistory(String(seed), action);
  expect(faults, `Seed ${seed} (${drawn})\n${story}`).toEqual([]);
});
