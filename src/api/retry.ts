import { isTransient, ServiceError } from '../http/errors.ts';
import { createRetrier, type Retrier, type RetryNotes, type RetryPolicy, roughly } from '../http/retry.ts';

export interface ServiceRetryOptions {
  readonly policy: RetryPolicy;
  readonly notes: RetryNotes;
  readonly signal?: AbortSignal | undefined;
  /** Whether any response has come from the service. */
  readonly reached: () => boolean;
  /** Which failures to retry; by default the transient ones. */
  readonly retryable?: ((error: ServiceError) => boolean) | undefined;
}

/** A host that never answered is more likely a typing error than an outage. */
const firstContactAttempts = 5;

/**
 * The retries of one request to the service.
 *
 * @param request - its name in messages: `GET build status`
 */
export function createServiceRetrier(request: string, options: ServiceRetryOptions): Retrier {
  const { policy, notes, signal, reached, retryable = isTransient } = options;
  return createRetrier({
    policy,
    notes,
    signal,
    judge(error) {
      if (!(error instanceof ServiceError) || !retryable(error)) return undefined;
      return {
        summary: `${request}: ${error.summary}`,
        retryAfterMs: error.retryAfterMs,
        ...(error.notSent && !reached() && { attempts: firstContactAttempts }),
      };
    },
    spent(error, attempts, tookMs) {
      if (attempts === 1 || !(error instanceof ServiceError)) return error;
      const message = `${error.message}\nIt was tried ${attempts} times within ${roughly(tookMs)}.`;
      return error.with({ message, cause: error });
    },
  });
}
