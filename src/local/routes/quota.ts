import { json } from '../http.ts';
import type { Route } from '../router.ts';

/** What the team may use, and what it uses now: nothing, since no sandboxes are served here. */
export const sandboxQuota: Route = {
  method: 'GET',
  path: '/sandboxes/quota',
  handle: (_call, { limits }) =>
    json(200, {
      limit: {
        concurrentInstances: 100,
        concurrentVcpu: 100 * limits.maxCpu,
        concurrentRamMb: 100 * limits.maxMemoryMb,
        maxLengthHours: 3,
        diskMb: 20_480,
        maxVcpu: limits.maxCpu,
        maxRamMb: limits.maxMemoryMb,
      },
      usage: { concurrentInstances: 0, concurrentVcpu: 0, concurrentRamMb: 0 },
    }),
};
