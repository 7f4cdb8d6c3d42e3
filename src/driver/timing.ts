import type { RetryPolicy } from '../http/retry.ts';

/** Pauses between two looks at a running build, in milliseconds: short while lines come, longer while nothing moves. */
export interface Pace {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** How long a build waits for what. Durations are milliseconds. */
export interface BuildTiming {
  readonly pace: Pace;
  /** Failures of the status route in a row. The build goes on meanwhile, so this is longer than for other requests. */
  readonly polling: RetryPolicy;
  /** Refusals by the API itself in a row, of a build that was there before: a key may be replaced at that moment. */
  readonly refusals: RetryPolicy;
  /** Pauses before each look for a registration whose answer was lost. */
  readonly looks: readonly number[];
  /** Pauses before each further look for the end of the log once a build has ended. */
  readonly rereads: readonly number[];
  /** Pauses while the team has as many builds running as it may; `tellMs` between two lines about it. */
  readonly queue: { readonly firstPauseMs: number; readonly longestPauseMs: number; readonly tellMs: number };
  /** Failures in a row of a look-up that may spare a build. */
  readonly lookUp: RetryPolicy;
  /**
   * How long another run may take between registration and start before its build is not waited for: the least, and
   * what sending the files takes that the service lacks, up to the most.
   */
  readonly start: { readonly leastMs: number; readonly mostMs: number; readonly bytesPerMs: number };
  /** Age at which an upload link is not used any more. */
  readonly linkMs: number;
}

export const defaultTiming: BuildTiming = {
  // The service renews a build's state about once a second, so a longer pause would show `ready` late.
  pace: { shortestMs: 250, longestMs: 1000 },
  polling: {
    attempts: Number.POSITIVE_INFINITY,
    timeMs: 10 * 60_000,
    firstPauseMs: 500,
    longestPauseMs: 10_000,
  },
  refusals: { attempts: 6, timeMs: 60_000, firstPauseMs: 1000, longestPauseMs: 10_000 },
  looks: [500, 1500, 4000],
  rereads: [200, 400, 800],
  queue: { firstPauseMs: 15_000, longestPauseMs: 60_000, tellMs: 60_000 },
  lookUp: { attempts: 4, timeMs: 20_000, firstPauseMs: 500, longestPauseMs: 4000 },
  // A start follows its registration at once where there is nothing to send; 200 kB a second are few for a runner.
  start: { leastMs: 20_000, mostMs: 10 * 60_000, bytesPerMs: 200 },
  // Links are good for 30 minutes.
  linkMs: 25 * 60_000,
};
