import type { getOctokit } from '@actions/github';
import { isTransientStatus } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import { createRetrier, type RetryPolicy, withRetry } from '../http/retry.ts';
import type { Redact } from '../redact/redact.ts';
import { GithubError, githubError } from './errors.ts';

export type Octokit = ReturnType<typeof getOctokit>;

export interface OctokitOptions {
  /** Loads `@actions/github`, which takes a while and reads the event file. */
  readonly load: () => Promise<{ readonly getOctokit: typeof getOctokit }>;
  readonly token: string;
  /** `GITHUB_API_URL`, without a slash at the end. */
  readonly apiUrl: string;
  /** `GITHUB_GRAPHQL_URL`; derived from `apiUrl` where it is empty. */
  readonly graphqlUrl?: string | undefined;
  readonly userAgent: string;
  readonly network: Network;
  /** Ends requests and pauses; they reject with its reason. */
  readonly signal: AbortSignal;
  readonly retryPolicy?: RetryPolicy;
  /** The time limit of one attempt, in milliseconds. */
  readonly requestTimeoutMs?: number;
  /** Called before each retry, with one sentence for the log. */
  readonly onRetry?: (sentence: string) => void;
  /** Removes secrets from the comments and descriptions that are sent. */
  readonly redact?: Redact;
}

const defaultRetryPolicy: RetryPolicy = {
  attempts: 4,
  timeMs: Number.POSITIVE_INFINITY,
  firstPauseMs: 1000,
  longestPauseMs: 70_000,
  longestRetryAfterMs: 70_000,
  addToRetryAfter: true,
};
const defaultTimeoutMs = 30_000;

/** An Octokit that goes through the network, redacts what it writes, retries, and rejects with a {@link GithubError}. */
export async function createOctokit(options: OctokitOptions): Promise<Octokit> {
  const { getOctokit } = await options.load();
  const octokit = getOctokit(options.token, {
    baseUrl: options.apiUrl,
    userAgent: options.userAgent,
    request: { fetch: options.network.fetch },
    // Octokit would write to stderr, past the code that keeps texts from controlling the runner.
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const { redact = (text) => text } = options;
  octokit.hook.before('request', (parameters) => {
    for (const field of ['body', 'description']) {
      const text = parameters[field];
      if (typeof text === 'string') parameters[field] = redact(text);
    }
  });
  const graphqlUrl = graphqlUrlOf(options);
  octokit.hook.wrap('request', (send, parameters) => {
    const { method, url } = parameters;
    // GraphQL is used for reading only, although with POST.
    const isIdempotent = method !== 'POST' || url === graphqlUrl;
    const request = `${method} ${url.replace(/^https?:\/\/[^/]+|\?.*$/g, '')}`;
    return sendWithRetry({ request, isIdempotent }, options, (signal) =>
      send({ ...parameters, request: { ...parameters.request, signal } }),
    );
  });
  return octokit;
}

/** GitHub Enterprise Server has GraphQL beside the REST API and not below it. */
export function graphqlUrlOf({ graphqlUrl, apiUrl }: Pick<OctokitOptions, 'graphqlUrl' | 'apiUrl'>): string {
  return graphqlUrl || `${apiUrl.replace(/(\/api)\/v3$/, '$1')}/graphql`;
}

interface Attempted {
  /** Its name in messages: the method, and the path with the names of its parameters. */
  readonly request: string;
  /** Sending it twice is the same as sending it once. */
  readonly isIdempotent: boolean;
}

/** Repeats a change only when GitHub did not make it, or when making it twice has the same result. */
function sendWithRetry<T>(
  { request, isIdempotent }: Attempted,
  { signal, retryPolicy = defaultRetryPolicy, requestTimeoutMs = defaultTimeoutMs, onRetry }: OctokitOptions,
  send: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const retrier = createRetrier({
    policy: retryPolicy,
    signal,
    notes: (failure, next) => onRetry?.(`${failure}; ${next}`),
    judge(error) {
      if (!(error instanceof GithubError)) return undefined;
      const { status, limited, retryAfterMs } = error;
      const isTransient = status === undefined || isTransientStatus(status);
      if (!limited && !(isTransient && isIdempotent)) return undefined;
      const outcome = status === undefined ? 'did not answer' : `answered ${status}`;
      return { summary: `GitHub ${outcome} to ${request}`, retryAfterMs };
    },
  });
  return withRetry(retrier, async () => {
    signal.throwIfAborted();
    const limit = AbortSignal.timeout(requestTimeoutMs);
    try {
      return await send(AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      throw githubError(request, error, limit.aborted);
    }
  });
}
