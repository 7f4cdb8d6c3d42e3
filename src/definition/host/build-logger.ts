import type { LogLevel } from '../../api/types.ts';
import { isRecord } from '../../json.ts';

type BuildLogger = (...entry: unknown[]) => void;

const levels = new WeakMap<object, LogLevel>();
const words: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];

/** The SDK's `defaultBuildLogger`, which remembers the level that it was given. */
export function loggerWithLevel(original: unknown): (options?: unknown) => BuildLogger {
  return (options) => {
    const logger: BuildLogger =
      typeof original === 'function' ? Reflect.apply(original, undefined, [options]) : () => {};
    const level = isRecord(options) ? options['minLevel'] : undefined;
    if (words.includes(level)) levels.set(logger, level as LogLevel);
    return logger;
  };
}

/** The level that was given to the SDK's logger; `undefined` for a logger of another kind. */
export function levelOf(logger: unknown): LogLevel | undefined {
  return levels.get(Object(logger));
}
