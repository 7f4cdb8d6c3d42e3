import { isRecord } from '../protocol.ts';

type Method = (...args: unknown[]) => unknown;

/**
 * The builder's `fromGCPRegistry`, which takes an empty service account as what it is. The SDK takes every text for a
 * path and reads the context directory itself. The plan tells what is wrong, where it is a mistake at all: runs of forks
 * have no secrets.
 */
export function keepEmptyServiceAccount(fromGCPRegistry: Method): Method {
  return function keeping(this: object, image: unknown, credentials: unknown, ...rest: unknown[]): unknown {
    const given = isRecord(credentials) ? credentials['serviceAccountJSON'] : undefined;
    if (typeof given !== 'string' || given.trim() !== '')
      return Reflect.apply(fromGCPRegistry, this, [image, credentials, ...rest]);
    const result: unknown = Reflect.apply(fromGCPRegistry, this, [
      image,
      { serviceAccountJSON: {} },
      ...rest,
    ]);
    const registry: unknown = Reflect.get(this, 'registryConfig');
    if (isRecord(registry)) registry['serviceAccountJson'] = '';
    return result;
  };
}
