import type { NumberRule } from '../api/sandbox-size.ts';
import type { LogLevel } from '../api/types.ts';
import type { InputReader, inputReader } from './reader.ts';

/** Reads the key that separates the comments of several builds with one name. */
export function readCommentKey(reader: ReturnType<typeof inputReader>): string {
  const key = reader.text('comment-key');
  if (key.length > 100) reader.reject('comment-key', `has ${key.length} characters, expected at most 100.`);
  return key.slice(0, 100);
}

/** Reads the name of a GitHub environment, which may have 255 characters. Empty for none. */
export function readEnvironment(reader: ReturnType<typeof inputReader>): string {
  const environment = reader.text('environment');
  if (environment.length > 255) {
    reader.reject('environment', `has ${environment.length} characters, expected at most 255.`);
  }
  return environment.slice(0, 255);
}

/** A time limit in minutes, up to a day. Parts of a minute are allowed. */
export const minutesRule: NumberRule = {
  accepts: (value) => value > 0 && value <= 1440,
  expected: 'a number of minutes above 0, at most 1440',
};

/** How a build is followed and reported. */
export interface FollowingInputs {
  readonly timeoutMinutes: number;
  /** How the step ends when a newer build replaces this one. */
  readonly onSuperseded: 'success' | 'failure';
  readonly summary: boolean;
}

/** Reads the inputs of every action that follows a build. */
export function readFollowing(reader: InputReader): FollowingInputs {
  return {
    timeoutMinutes: reader.number('timeout-minutes', 60, minutesRule),
    onSuperseded: reader.choice('on-superseded', ['success', 'failure'], 'success'),
    summary: reader.flag('summary', true),
  };
}

/** Reads the lowest level of the service's log lines to show. */
export function readLogLevel<Fallback extends LogLevel | undefined>(
  reader: InputReader,
  fallback: Fallback,
): LogLevel | Fallback {
  return reader.choice('log-level', ['debug', 'info', 'warn', 'error'], fallback);
}
