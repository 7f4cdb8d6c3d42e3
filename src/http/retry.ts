import { pause } from './sleep.ts';

/** How often and how long a failing request is retried. Durations are in milliseconds. */
export interface RetryPolicy extends BackOff {
  /** Attempts in a row, the first one included. */
  readonly attempts: number;
  /** Time limit, counted from the first failure in a row. */
  readonly timeMs: number;
  /** A longer `Retry-After` ends the retries. Without it, only `timeMs` limits the pauses. */
  readonly longestRetryAfterMs?: number;
}

/** A failure after which another attempt may work. */
export interface RetryableFailure {
  /** The request and what happened, for the log: `GET build status: answered 502`. */
  readonly summary: string;
  /** How long the server asks us to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Attempts in a row, if this kind of failure gets fewer than the policy allows. */
  readonly attempts?: number;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  /** What a failure means for the next attempt; `undefined` where it is final. */
  readonly judge: (error: unknown) => RetryableFailure | undefined;
  readonly notes?: RetryNotes | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Makes the error to reject with after the last attempt; by default that of the attempt. */
  readonly spent?: (error: unknown, attempts: number, tookMs: number) => unknown;
}

/** The retry state of one request. A success resets it. */
export interface Retrier {
  /** Failures in a row. */
  readonly failures: number;
  /**
   * Waits for the next attempt and notes it in the log. Rejects with the error when it is final, with the error of
   * `spent` after the last attempt, and with the signal's reason when it fires.
   */
  backoff(error: unknown): Promise<void>;
  /** Call this after a success: the next failure is then the first in a row. */
  reset(): void;
}

/** The retry loop of all clients, for a caller that makes the attempts itself. Otherwise use {@link withRetry}. */
export function createRetrier({ policy, judge, notes, signal, spent }: RetryOptions): Retrier {
  let failures = 0;
  let failingSince = 0;

  return {
    get failures() {
      return failures;
    },
    async backoff(error) {
      const failure = judge(error);
      if (!failure) throw error;
      const now = Date.now();
      if (failures === 0) failingSince = now;
      failures += 1;
      const attempts = Math.min(failure.attempts ?? policy.attempts, policy.attempts);
      const remainingMs = failingSince + policy.timeMs - now;
      const asksTooMuch =
        (failure.retryAfterMs ?? 0) > (policy.longestRetryAfterMs ?? Number.POSITIVE_INFINITY);
      if (failures >= attempts || remainingMs <= 0 || asksTooMuch)
        throw spent ? spent(error, failures, now - failingSince) : error;

      const pauseMs = Math.min(backOffMs(failures, policy, failure.retryAfterMs), remainingMs);
      const of = Number.isFinite(attempts) ? ` of ${attempts}` : '';
      const remaining = Number.isFinite(remainingMs) ? `, ${roughly(remainingMs)} left` : '';
      notes?.(
        failure.summary,
        `trying again in ${seconds(pauseMs)} (attempt ${failures + 1}${of}${remaining})`,
      );
      await pause(pauseMs, signal);
    },
    reset() {
      failures = 0;
    },
  };
}

/** Repeats an attempt until it works or the retrier gives up. */
export async function withRetry<T>(retrier: Retrier, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const result = await attempt();
      retrier.reset();
      return result;
    } catch (error) {
      await retrier.backoff(error);
    }
  }
}

function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

/** A duration in whole seconds or minutes. */
export function roughly(milliseconds: number): string {
  return milliseconds < 90_000
    ? `${Math.max(1, Math.round(milliseconds / 1000))} s`
    : `${Math.round(milliseconds / 60_000)} min`;
}

/** How the pauses between attempts grow, in milliseconds. */
export interface BackOff {
  /** Upper bound of the first pause; doubles with each failure up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Adds the backoff to a `Retry-After`, since a server may name the same moment to many clients. */
  readonly addToRetryAfter?: boolean;
}

/**
 * The pause after this many failures in a row: random, below a bound that doubles, and at least as long as the server
 * asks. A `Retry-After` can only lengthen it: with `0` or a past date, all clients would return at once.
 */
export function backOffMs(
  failures: number,
  { firstPauseMs, longestPauseMs, addToRetryAfter = false }: BackOff,
  retryAfterMs = 0,
): number {
  const jittered = Math.random() * Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
  return addToRetryAfter ? jittered + retryAfterMs : Math.max(jittered, retryAfterMs);
}

/**
 * Milliseconds that a `Retry-After` of seconds or of an HTTP date asks for; `undefined` for any other text. JavaScript
 * would read even `-5` and `0.5` as a date.
 */
export function retryAfterMs(value: string | null | undefined, now = Date.now()): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^[a-z]{3,9}, /i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Called before each retry: the failure, and what happens next. */
export type RetryNotes = (failure: string, next: string) => void;

/**
 * Logs retries without a flood: the first failure of a kind at once, then at most one line in `quietMs` milliseconds
 * with the number of failures in between.
 */
export function createRetryNotes(
  log: (sentence: string) => void,
  quietMs = 30_000,
  now: () => number = Date.now,
): RetryNotes {
  const logged = new Map<string, { at: number; skipped: number }>();
  return (failure, next) => {
    const last = logged.get(failure);
    if (last && now() - last.at < quietMs) {
      last.skipped += 1;
      return;
    }
    logged.set(failure, { at: now(), skipped: 0 });
    const skipped = last?.skipped ? `; ${last.skipped} more like it since the last such line` : '';
    log(`${failure}; ${next}${skipped}`);
  };
}
