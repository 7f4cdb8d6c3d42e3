import type { LogLevel } from '../service/types.ts';
import type { InputReader } from './read.ts';

/** How a build is followed and shown. */
export interface FollowingInputs {
  readonly timeoutMinutes: number;
  /** How the step ends when a newer build took the place of this one. */
  readonly onSuperseded: 'success' | 'failure';
  readonly logLevel: LogLevel;
  readonly summary: boolean;
}

/** Reads the inputs that every action has which follows a build. */
export function readFollowing(reader: InputReader): FollowingInputs {
  return {
    timeoutMinutes: reader.number('timeout-minutes', 60, {
      accepts: (value) => value > 0 && value <= 1440,
      expected: 'a number of minutes above 0, at most 1440',
    }),
    onSuperseded: reader.choice('on-superseded', ['success', 'failure'], 'success'),
    logLevel: reader.choice('log-level', ['debug', 'info', 'warn', 'error'], 'info'),
    summary: reader.flag('summary', true),
  };
}
