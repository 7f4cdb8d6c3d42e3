import type { SandboxUse, StartedSandbox } from '../api/sandbox-schemas.ts';
import { isMissing, isTransient, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { SmokeTestEvent } from './events.ts';
import type { SandboxLease } from './sandbox-lease.ts';
import { leastMs } from './served-port.ts';

/** A new build may need a moment until sandboxes start from it. */
const newBuildMs = 30_000;
const firstPauseMs = 1000;
const longestPauseMs = 15_000;
/** A service that fails each time does not get better by more requests. */
const mostFailures = 3;

export interface WaitingOptions {
  /** Milliseconds until the test must be over. */
  readonly leftMs: () => number;
  /** What the team has in use, if that can be known. */
  readonly use: () => Promise<SandboxUse | undefined>;
  readonly emit: (event: SmokeTestEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Starts a sandbox of `name:buildId`. Waits where the team has as many as it may, or the service has no place for one,
 * until there is no time left, and says what is in use.
 *
 * @param marginSeconds - by which the sandbox outlives the time limit, in case nobody is left to end it
 *
 * Rejects with a `ServiceError`, or with the signal's reason.
 */
export async function startWhenFree(
  lease: SandboxLease,
  reference: string,
  marginSeconds: number,
  { leftMs, use, emit, signal }: WaitingOptions,
): Promise<StartedSandbox> {
  const begun = Date.now();
  let failures = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const seconds = Math.ceil(leftMs() / 1000) + marginSeconds;
    try {
      return await lease.start(reference, seconds, Math.max(leftMs(), leastMs));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const isNew = isMissing(error) && Date.now() - begun < newBuildMs;
      const isFull = isNoPlace(error);
      if (!isFull && !isNew) failures += 1;
      if ((!isNew && !isTransient(error)) || failures >= mostFailures) throw error;
      const waitMs = Math.max(pauseMs, error.retryAfterMs ?? 0);
      if (isFull) {
        const inUse = await use();
        emit({ type: 'waiting', why: error.summary, ...(inUse && { use: inUse }), leftMs: leftMs() });
      }
      // The last pause leaves time for one more request, unless the service asked for a longer one.
      const longestMs = leftMs() - leastMs;
      if (longestMs < Math.max(error.retryAfterMs ?? 0, leastMs)) throw error;
      await pause(Math.min(waitMs, longestMs), signal);
    }
  }
}

/** Whether a sandbox may be free later: the team has all that it may, or the service finds no machine for another. */
export function isNoPlace({ kind, status }: Pick<ServiceError, 'kind' | 'status'>): boolean {
  return kind === 'refused' && (status === 429 || status === 503 || status === 504);
}
