import { isTransient, ServiceError } from './errors.ts';
import { pause } from './sleep.ts';

/** How long a request is repeated that fails and fails. */
export interface RetryPolicy extends BackOff {
  /** Attempts in a row, the first one included. */
  readonly attempts: number;
  /** Milliseconds from the first failure in a row. */
  readonly timeMs: number;
}

/** The budget of one request; starts anew when it works. */
export interface Retrier {
  /** Failures in a row. */
  readonly failures: number;
  /**
   * Waits until the next attempt, and says so. Rejects when there is to be none: with the error itself when
   * it is final, with the same error and how often it was tried when the budget is spent, with the signal's
   * reason when that fires.
   */
  backoff(error: unknown): Promise<void>;
  worked(): void;
}

export interface RetrierOptions {
  readonly notes: RetryNotes;
  readonly signal?: AbortSignal;
  /** Whether the service has answered anything yet. */
  readonly reached: () => boolean;
  /** Which failures are worth another attempt; those that pass by themselves when left out. */
  readonly repeats?: (error: ServiceError) => boolean;
}

/** A host that never answered is more likely a typing error than an outage. */
const firstContactAttempts = 5;

/**
 * @param what - the request as it stands in messages: `GET build status`
 */
export function createRetrier(what: string, budget: RetryPolicy, deps: RetrierOptions): Retrier {
  const { repeats = isTransient } = deps;
  let failures = 0;
  let failingSince = 0;

  return {
    get failures() {
      return failures;
    },
    async backoff(error) {
      if (!(error instanceof ServiceError) || !repeats(error)) throw error;
      const now = Date.now();
      if (failures === 0) failingSince = now;
      failures += 1;
      const attempts =
        error.notSent && !deps.reached() ? Math.min(firstContactAttempts, budget.attempts) : budget.attempts;
      const leftMs = failingSince + budget.timeMs - now;
      if (failures >= attempts || leftMs <= 0) throw spent(error, failures, now - failingSince);

      const pauseMs = Math.min(backOffMs(failures, budget, error.retryAfterMs), leftMs);
      const of = Number.isFinite(attempts) ? ` of ${attempts}` : '';
      deps.notes(
        `${what}: ${error.summary}`,
        `trying again in ${seconds(pauseMs)} (attempt ${failures + 1}${of}, ${roughly(leftMs)} left)`,
      );
      await pause(pauseMs, deps.signal);
    },
    worked() {
      failures = 0;
    },
  };
}

/** Repeats what may be repeated until it works or the patience is over. */
export async function repeat<T>(patience: Retrier, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const result = await attempt();
      patience.worked();
      return result;
    } catch (error) {
      await patience.backoff(error);
    }
  }
}

function spent(error: ServiceError, attempts: number, tookMs: number): ServiceError {
  if (attempts === 1) return error;
  const message = `${error.message}\nIt was tried ${attempts} times within ${roughly(tookMs)}.`;
  return error.but({ message, cause: error });
}

function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

function roughly(milliseconds: number): string {
  return milliseconds < 90_000
    ? `${Math.max(1, Math.round(milliseconds / 1000))} s`
    : `${Math.round(milliseconds / 60_000)} min`;
}

/** How the pauses of a series of attempts grow, in milliseconds. */
export interface BackOff {
  /** Upper bound of the first pause; doubles with each failure up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/**
 * The pause after so many failures in a row: random below a bound that doubles, and at least what the answer asked
 * for. A `Retry-After` can only make it longer: `0` or a date in the past would let everybody come back at once.
 */
export function backOffMs(
  failures: number,
  { firstPauseMs, longestPauseMs }: BackOff,
  askedMs: number | undefined,
): number {
  const jittered = Math.random() * Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
  return Math.max(jittered, askedMs ?? 0);
}

/**
 * Milliseconds that a `Retry-After` of seconds or of an HTTP date asks for; `undefined` where it is neither. Other
 * texts are not read as dates: JavaScript takes even `-5` and `0.5` for one.
 */
export function retryAfterMs(value: string | null | undefined, now = Date.now()): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^[a-z]{3,9}, /i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Told about each repetition: what failed and how, and what happens next. */
export type RetryNotes = (failure: string, next: string) => void;

/**
 * Shows repetitions without a flood: the first of a kind at once, then at most one in `quietMs` milliseconds
 * with the number of those in between.
 */
export function createRetryNotes(
  tell: (sentence: string) => void,
  quietMs = 30_000,
  now: () => number = Date.now,
): RetryNotes {
  const told = new Map<string, { at: number; kept: number }>();
  return (failure, next) => {
    const last = told.get(failure);
    if (last && now() - last.at < quietMs) {
      last.kept += 1;
      return;
    }
    told.set(failure, { at: now(), kept: 0 });
    const kept = last?.kept ? `; ${last.kept} more like it since the last such line` : '';
    tell(`${failure}; ${next}${kept}`);
  };
}
