import { backOffMs, retryAfterMs } from '../http/retry.ts';

/** How often and how long a request to GitHub is repeated. Durations are milliseconds. */
export interface GithubRetryPolicy {
  /** Attempts in a row, the first one included. */
  readonly attempts: number;
  /** Upper bound of the first pause; doubles with each attempt. */
  readonly firstPauseMs: number;
  /** The longest pause that GitHub may ask for; a longer one ends the attempts. */
  readonly longestPauseMs: number;
  /** The time limit of one attempt. */
  readonly requestMs: number;
}

export const defaultRetryPolicy: GithubRetryPolicy = {
  attempts: 4,
  firstPauseMs: 1000,
  longestPauseMs: 70_000,
  requestMs: 30_000,
};

/** An attempt that did not work out, as far as the next one depends on it. */
export interface FailedAttempt {
  /** Sending it twice is the same as sending it once. */
  readonly repeatable: boolean;
  /** Absent when no answer came. */
  readonly status?: number | undefined;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly said: string;
}

/**
 * Milliseconds until a request may be sent again; `undefined` when it may not. What changes something is sent
 * again only where GitHub said that it was not done, or where doing it twice is the same as once.
 */
export function pauseBeforeNext(
  failed: FailedAttempt,
  attempt: number,
  patience: GithubRetryPolicy,
  now = Date.now(),
): number | undefined {
  if (attempt >= patience.attempts) return undefined;
  const jittered = backOffMs(attempt, patience, undefined);
  if (isLimit(failed)) {
    const asked = askedPauseMs(failed, now);
    if (asked > patience.longestPauseMs) return undefined;
    // Everybody who was told the same moment must not come back at that moment.
    return asked + jittered;
  }
  const passing = failed.status === undefined || failed.status === 408 || failed.status >= 500;
  return passing && failed.repeatable ? jittered : undefined;
}

/** Whether GitHub refused for the number of requests; a 403 may mean that or a missing permission. */
export function isLimit({ status, headers, said }: FailedAttempt): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return (
    headers['retry-after'] !== undefined ||
    String(headers['x-ratelimit-remaining'] ?? '') === '0' ||
    /\b(?:secondary )?rate limit\b/i.test(said)
  );
}

/** What GitHub's documentation asks for: its own number, else the end of the window, else a minute. */
function askedPauseMs({ headers }: FailedAttempt, now: number): number {
  const told = retryAfterMs(String(headers['retry-after'] ?? ''), now);
  if (told !== undefined) return told;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  const spent = String(headers['x-ratelimit-remaining'] ?? '') === '0';
  return spent && Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : 60_000;
}
