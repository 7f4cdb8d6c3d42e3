import { type Ending, isStop } from '../guard-exit.ts';
import type { HostSession } from '../reader.ts';

/** How long a script may go on after its last build, such as with a connection that it keeps open. */
const graceMs = 10_000;

/** How a build script comes to its end. */
export interface ScriptEnd {
  /** Resolves when it has called `process.exit`, has nothing left to do, or its time after the last build is over. */
  readonly reached: Promise<Ending>;
  /** Watches anew, since a function of the script is called after its end. */
  restart(): void;
  /** To be called after each build. */
  built(): void;
  /** Waits until nothing is left to do; where the template is known already, not longer than after a build. */
  idle(isKnown: boolean): Promise<Ending>;
  /** Whether it was still busy when its time was over. */
  isCut(): boolean;
  /** What was thrown after a build, where nobody caught it. */
  thrown(): unknown;
}

/**
 * Watches how a build script ends. What ends any other definition with a mistake is fine for a script that has built.
 *
 * @param isScript whether the definition is a build script, as far as is known
 * @param hasBuilt whether it has called a build
 */
export function watchEnd(
  { expectEnd }: Pick<HostSession, 'expectEnd'>,
  isScript: () => boolean,
  hasBuilt: () => boolean,
): ScriptEnd {
  let next = Promise.withResolvers<Ending>();
  let waiting = false;
  let thrown: unknown;
  let grace: NodeJS.Timeout | undefined;
  let isCut = false;
  const cutLater = (): void => {
    clearTimeout(grace);
    grace = setTimeout(() => {
      isCut = true;
      next.resolve({ how: 'idle' });
    }, graceMs).unref();
  };
  expectEnd((ending) => {
    if (ending.how === 'error') {
      if (hasBuilt()) thrown ??= ending.thrown;
      return hasBuilt();
    }
    if (!isScript() && !(waiting && ending.how === 'idle')) return false;
    next.resolve(ending);
    return true;
  });
  return {
    get reached() {
      return next.promise;
    },
    restart() {
      next = Promise.withResolvers();
      // Node tells that nothing is left to do only after something was.
      setImmediate(() => {});
    },
    built: cutLater,
    idle(isKnown) {
      waiting = true;
      if (isKnown) cutLater();
      return next.promise;
    },
    isCut: () => isCut,
    thrown: () => thrown,
  };
}

/** A result, or what was thrown instead, or that the script came to its end first. */
export type Settled<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'thrown'; readonly thrown: unknown }
  | { readonly kind: 'ended' };

/** Waits for a part of a script, or for its end. */
export function beforeEnd<T>(work: Promise<T>, { reached }: ScriptEnd): Promise<Settled<T>> {
  const ended = reached.then((): Settled<T> => ({ kind: 'ended' }));
  return Promise.race([
    work.then(
      (value): Settled<T> => ({ kind: 'value', value }),
      (thrown: unknown): Settled<T> | Promise<Settled<T>> =>
        isStop(thrown) ? ended : { kind: 'thrown', thrown },
    ),
    ended,
  ]);
}
