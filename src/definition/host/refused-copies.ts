import { sep } from 'node:path';
import { isRecord } from '../protocol.ts';

type Method = (...args: unknown[]) => unknown;

/**
 * The builder's `copy`, which goes on after a source that is absolute or leaves the context directory. The
 * SDK throws there, and hides what is wrong further down. The step is kept as it is written: the plan refuses
 * such a source at its line, together with everything else that is wrong.
 */
export function keepRefusedCopies(copy: Method): Method {
  return function keeping(this: object, sources: unknown, ...rest: unknown[]): unknown {
    let result: unknown = this;
    // One call for each source: the SDK stops at the first that it refuses.
    for (const source of Array.isArray(sources) ? sources : [sources]) {
      try {
        result = Reflect.apply(copy, this, [source, ...rest]);
      } catch (error) {
        const instructions: unknown = Reflect.get(this, 'instructions');
        if (!isRefusedPath(error) || !Array.isArray(instructions)) throw error;
        // With forward slashes, since that is how a plan reads sources.
        const args = [String(source).split(sep).join('/'), String(rest[0]), '', ''];
        instructions.push({ type: 'COPY', args, force: false });
      }
    }
    return result;
  };
}

function isRefusedPath(error: unknown): boolean {
  return isRecord(error) && /^Invalid source path "/.test(String(error['message']));
}
