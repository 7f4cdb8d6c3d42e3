import type { ServiceClient } from '../api/client.ts';
import type { StartedSandbox } from '../api/sandbox-schemas.ts';
import { isMissing, isTransient, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { SmokeTestEvent } from './events.ts';

/** A new build may need a moment until sandboxes start from it. */
const newBuildMs = 30_000;
const firstPauseMs = 1000;
const longestPauseMs = 15_000;
/** A service that fails each time does not get better by more requests. */
const mostFailures = 3;

/**
 * Starts a sandbox. Waits where the team has as many as it may, and says how many that is. Repeats a request that
 * certainly started nothing; after a lost answer there may be a second sandbox, which its own time limit ends.
 *
 * Rejects with a `ServiceError`, or with the signal's reason.
 */
export async function startWhenFree(
  client: Pick<ServiceClient, 'createSandbox' | 'sandboxUse'>,
  reference: string,
  timeoutSeconds: number,
  limits: {
    readonly leftMs: () => number;
    readonly emit: (event: SmokeTestEvent) => void;
    readonly signal: AbortSignal;
  },
): Promise<StartedSandbox> {
  const begun = Date.now();
  const metadata = { purpose: 'template smoke test' };
  let failures = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await client.createSandbox(reference, timeoutSeconds, metadata);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const isNew = isMissing(error) && Date.now() - begun < newBuildMs;
      const isFull = error.status === 429;
      if (!isFull && !isNew) failures += 1;
      if ((!isNew && !isTransient(error)) || failures >= mostFailures) throw error;
      if (limits.leftMs() <= pauseMs) throw error;
      if (isFull) {
        const use = await client.sandboxUse().catch(() => undefined);
        if (use) limits.emit({ type: 'waiting', ...use });
      }
      await pause(error.retryAfterMs ?? pauseMs, limits.signal);
    }
  }
}
