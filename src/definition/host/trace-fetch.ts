import { callerStack } from '../stack-frames.ts';

/**
 * Watches `fetch`, so that a failed request can be placed at the line that made it: Node's error for it has no
 * stack.
 *
 * @returns gives the stack of the call that failed with this error, if it was one
 */
export function watchRequests(): (error: unknown) => string | undefined {
  const failed = new WeakMap<object, string>();
  const fetch = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    const stack = callerStack();
    try {
      return await fetch(...args);
    } catch (error) {
      if (error instanceof Error) failed.set(error, stack);
      throw error;
    }
  };
  return (error) => failed.get(Object(error));
}
