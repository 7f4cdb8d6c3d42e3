import { expect, test } from 'vitest';
import { readQuota } from '../../src/api/team-schemas.ts';

const infinite = Number.POSITIVE_INFINITY;
const usage = { concurrentInstances: 0, concurrentVcpu: 0, concurrentRamMb: 0 };

test.each<[unknown, unknown]>([
  [
    { limit: { maxVcpu: 2, maxRamMb: 4096, diskMb: 1 }, usage },
    { maxCpu: 2, maxMemoryMb: 4096 },
  ],
  [{ limit: { maxVcpu: 2 } }, { maxCpu: 2, maxMemoryMb: infinite }],
  [{ limit: { maxRamMb: 4096, maxVcpu: null } }, { maxCpu: infinite, maxMemoryMb: 4096 }],
  [{ limit: { maxRamMb: 4096, maxVcpu: '2' } }, { maxCpu: infinite, maxMemoryMb: 4096 }],
  [{ limit: { maxRamMb: 4096, maxVcpu: 0 } }, { maxCpu: infinite, maxMemoryMb: 4096 }],
  [{ limit: { maxRamMb: 4096, maxVcpu: -1 } }, { maxCpu: infinite, maxMemoryMb: 4096 }],
  [{ limit: {} }, undefined],
  [{ limit: null }, undefined],
  [{ limit: [] }, undefined],
  [{}, undefined],
  [null, undefined],
  [[], undefined],
  ['<html>', undefined],
])('the answer %j means %j', (answer, limits) => {
  expect(readQuota(answer)).toEqual(limits);
});
