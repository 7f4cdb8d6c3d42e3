/**
 * Faults and signals drawn by a seed, against a stand-in of the service that is not the project's own, judged by one
 * oracle (`test/campaign/run-seed.ts`). `CAMPAIGN_SEEDS` names other seeds: `7`, or `1000-1199`.
 */
import { expect } from 'vitest';
import { seedsOr } from '../campaign/random.ts';
import { runSeed } from '../campaign/run-seed.ts';
import { test } from '../support/fixtures.ts';

/** Between them they have faults of each kind, every end and each signal; the last seven find what was once wrong. */
const usual = [
  1006, 1007, 1010, 1016, 1024, 1028, 1040, 1059, 1080, 1094, 2002, 8082, 8981, 9532, 11527, 15443, 16245,
];

// Most of a run is pauses, so a second one costs little.
test.concurrent.for(seedsOr(usual))('seed %i', async (seed, { action }) => {
  const { faults, drawn, story } = await runSeed(String(seed), action);
  expect(faults, `Seed ${seed} (${drawn})\n${story}`).toEqual([]);
});
