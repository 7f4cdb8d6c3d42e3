import type { IdempotentApi, ServiceClient } from '../api/client.ts';
import { type RetryPolicy, withRetry } from '../http/retry.ts';

/** The requests that find a build; all of them can be retried. */
export type LookupClient = Pick<
  IdempotentApi,
  'templateIdOf' | 'tags' | 'template' | 'status' | 'uploadLink'
>;

/**
 * The lookups of a client with their own retry policy: saving a build is worth a few retries, but not the minutes for
 * which the requests of a build are retried.
 */
export function withLookupPolicy(client: ServiceClient, budget: RetryPolicy): LookupClient {
  const { noRetry: once } = client;
  const call =
    <A extends unknown[], R>(what: string, attempt: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      withRetry(client.retrier(what, budget), () => attempt(...args));
  return {
    templateIdOf: call('GET template by name', once.templateIdOf),
    tags: call('GET tags', once.tags),
    template: call('GET template', once.template),
    uploadLink: call('GET upload link', once.uploadLink),
    status: call('GET build status', once.status),
  };
}
