import type { RetryPolicy } from '../http/retry.ts';

/**
 * Pauses between two polls of a running build, in milliseconds. They grow, so that the end of a short build is not seen
 * much later than it is: while lines come up to `busyMs`, else up to `longestMs`.
 */
export interface Pace {
  readonly firstMs: number;
  /** Of a pause to the one before. */
  readonly growth: number;
  readonly busyMs: number;
  readonly longestMs: number;
}

/** Time limits and pauses of a build, in milliseconds. */
export interface BuildTiming {
  readonly pace: Pace;
  /** Failures of the status route in a row. The build runs meanwhile, so this is longer than for other requests. */
  readonly polling: RetryPolicy;
  /** Refusals by the API itself in a row, of a build that was there before: the key may just be replaced. */
  readonly refusals: RetryPolicy;
  /** Pauses before each lookup of a registration whose response was lost. */
  readonly lookupDelaysMs: readonly number[];
  /** Pauses before each further request for the end of the log once a build has ended. */
  readonly rereadDelaysMs: readonly number[];
  /** Pauses while the team is at its limit of concurrent builds; `noticeMs` between two notices about it. */
  readonly queue: {
    readonly firstPauseMs: number;
    readonly longestPauseMs: number;
    readonly noticeMs: number;
  };
  /** Failures in a row of a lookup that may save a build. */
  readonly lookup: RetryPolicy;
  /** Age up to which a lookup that was sent before the plan was made may decide. */
  readonly earlyLookupMs: number;
  /**
   * How long another run may take between registration and start before this run stops waiting for its build:
   * `leastMs`, plus the time to send the files that the service lacks, up to `mostMs`.
   */
  readonly start: { readonly leastMs: number; readonly mostMs: number; readonly bytesPerMs: number };
  /** Age from which an upload link is no longer used. */
  readonly linkLifetimeMs: number;
}

export const defaultTiming: BuildTiming = {
  // The service updates a build's state about once a second; a longer pause would show `ready` late.
  pace: { firstMs: 50, growth: 1.2, busyMs: 250, longestMs: 1000 },
  polling: {
    attempts: Number.POSITIVE_INFINITY,
    timeMs: 10 * 60_000,
    firstPauseMs: 500,
    longestPauseMs: 10_000,
  },
  refusals: { attempts: 6, timeMs: 60_000, firstPauseMs: 1000, longestPauseMs: 10_000 },
  lookupDelaysMs: [500, 1500, 4000],
  rereadDelaysMs: [200, 400, 800],
  queue: { firstPauseMs: 15_000, longestPauseMs: 60_000, noticeMs: 60_000 },
  lookup: { attempts: 4, timeMs: 20_000, firstPauseMs: 500, longestPauseMs: 4000 },
  // Enough to read most recipes and their files. A concurrent run of the same content loses no more work than this.
  earlyLookupMs: 5000,
  // A start follows its registration at once if there is nothing to send; 200 kB a second is slow for a runner.
  start: { leastMs: 20_000, mostMs: 10 * 60_000, bytesPerMs: 200 },
  // Links are good for 30 minutes.
  linkLifetimeMs: 25 * 60_000,
};
