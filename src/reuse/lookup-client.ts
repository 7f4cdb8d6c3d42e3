import type { IdempotentApi, ServiceClient } from '../api/client.ts';
import { type RetryPolicy, withRetry } from '../http/retry.ts';

/** What is asked to find a build; all of it can be asked again. */
export type LookupClient = Pick<
  IdempotentApi,
  'templateIdOf' | 'tags' | 'template' | 'status' | 'uploadLink'
>;

/**
 * The look-ups of a client with a budget of their own: sparing a build is worth some patience, and not the minutes
 * that a build's own requests are repeated for.
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
