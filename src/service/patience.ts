import { type BackOff, backOffMs } from './back-off.ts';
import { isPassing, ServiceError } from './errors.ts';
import { pause } from './pause.ts';
import type { RetryNotes } from './retry-notes.ts';

/** How long a request is repeated that fails and fails. */
export interface RetryBudget extends BackOff {
  /** Attempts in a row, the first one included. */
  readonly attempts: number;
  /** Milliseconds from the first failure in a row. */
  readonly timeMs: number;
}

/** The budget of one request; starts anew when it works. */
export interface Patience {
  /** Failures in a row. */
  readonly failures: number;
  /**
   * Waits until the next attempt, and says so. Rejects when there is to be none: with the error itself when
   * it is final, with the same error and how often it was tried when the budget is spent, with the signal's
   * reason when that fires.
   */
  afterFailure(error: unknown): Promise<void>;
  worked(): void;
}

export interface PatienceDeps {
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
export function createPatience(what: string, budget: RetryBudget, deps: PatienceDeps): Patience {
  const { repeats = isPassing } = deps;
  let failures = 0;
  let failingSince = 0;

  return {
    get failures() {
      return failures;
    },
    async afterFailure(error) {
      if (!(error instanceof ServiceError) || !repeats(error)) throw error;
      const now = Date.now();
      if (failures === 0) failingSince = now;
      failures += 1;
      const attempts =
        error.unsent && !deps.reached() ? Math.min(firstContactAttempts, budget.attempts) : budget.attempts;
      const leftMs = failingSince + budget.timeMs - now;
      if (failures >= attempts || leftMs <= 0) throw spent(error, failures, now - failingSince);

      const pauseMs = Math.min(backOffMs(failures, budget, error.retryAfterMs), leftMs);
      const of = Number.isFinite(attempts) ? ` of ${attempts}` : '';
      deps.notes(
        `${what}: ${error.inShort}`,
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
export async function repeat<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const result = await attempt();
      patience.worked();
      return result;
    } catch (error) {
      await patience.afterFailure(error);
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
