import { sep } from 'node:path';
import { isRecord } from '../../json.ts';

type Method = (...args: unknown[]) => unknown;

/**
 * Builder methods that record a wrong value where the SDK throws. The plan reports it at its line, together with all
 * other mistakes.
 */
export const tolerantMethods: Readonly<Record<string, (method: Method) => Method>> = {
  copy: recordRefusedCopies,
  fromGCPRegistry: keepEmptyServiceAccount,
};

/** Records a source that is absolute or outside the context directory as it is written. */
function recordRefusedCopies(copy: Method): Method {
  return function tolerant(this: object, sources: unknown, ...rest: unknown[]): unknown {
    let result: unknown = this;
    // One call per source, since the SDK stops at the first that it refuses.
    for (const source of Array.isArray(sources) ? sources : [sources]) {
      try {
        result = Reflect.apply(copy, this, [source, ...rest]);
      } catch (error) {
        const instructions: unknown = Reflect.get(this, 'instructions');
        if (!isRefusedPath(error) || !Array.isArray(instructions)) throw error;
        // A plan reads sources with forward slashes.
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

/**
 * Accepts an empty service account, which runs of forks have, since they get no secrets. The SDK would read it as a
 * path, and with it the context directory.
 */
function keepEmptyServiceAccount(fromGCPRegistry: Method): Method {
  return function tolerant(this: object, image: unknown, credentials: unknown, ...rest: unknown[]): unknown {
    const given = isRecord(credentials) ? credentials['serviceAccountJSON'] : undefined;
    const isEmpty = typeof given === 'string' && given.trim() === '';
    const used = isEmpty ? { serviceAccountJSON: {} } : credentials;
    const result: unknown = Reflect.apply(fromGCPRegistry, this, [image, used, ...rest]);
    const registry: unknown = Reflect.get(this, 'registryConfig');
    if (isEmpty && isRecord(registry)) registry['serviceAccountJson'] = '';
    return result;
  };
}
