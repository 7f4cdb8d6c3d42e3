import { type ClientOptions, createServiceClient, type ServiceClient } from '../../src/api/client.ts';
import { defaultTransport, type TransportOptions } from '../../src/api/transport.ts';
import { ServiceError } from '../../src/http/errors.ts';
import { openNetwork } from '../../src/http/network.ts';
import type { RetryPolicy } from '../../src/http/retry.ts';

/** A budget whose pauses are too short to be noticed. */
export const fastBudget: RetryPolicy = { attempts: 6, timeMs: 60_000, firstPauseMs: 1, longestPauseMs: 2 };

/** A client for a server on loopback that does not wait between attempts. */
export function fastClient(
  apiUrl: string,
  transport: Partial<TransportOptions> = {},
  rest: Partial<ClientOptions> = {},
): ServiceClient {
  return createServiceClient({
    apiUrl,
    apiKey: 'test-key-0123456789',
    userAgent: 'test/1',
    transport: {
      ...defaultTransport,
      budget: fastBudget,
      network: openNetwork({}),
      ...transport,
    },
    ...rest,
  });
}

/** The error with which a call rejects, which must be a `ServiceError`. */
export async function failure(promise: Promise<unknown>): Promise<ServiceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ServiceError)) throw new Error(`Expected a ServiceError, got ${String(error)}`);
  return error;
}
