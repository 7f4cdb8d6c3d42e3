import { connectionError } from '../http/connection-error.ts';
import { ServiceError } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { parseJson } from '../json.ts';
import { isOfApi } from './schemas.ts';

export interface TransportOptions {
  /** Milliseconds for one attempt at a request that reads, from connecting to the last byte of the response. */
  readonly requestTimeoutMs: number;
  /** The same for a request that changes something. */
  readonly changeTimeoutMs: number;
  /** Milliseconds without a byte in either direction after which an upload counts as stalled. */
  readonly uploadStallMs: number;
  /** The retries of an idempotent request. */
  readonly budget: RetryPolicy;
  readonly network: Network;
  /** Ends requests and pauses when the build is aborted. */
  readonly signal?: AbortSignal;
  /** Called before retries, with one sentence for the log; many of the same are collapsed into one. */
  readonly onRetry?: (sentence: string) => void;
  /** What is shared with other clients of this job for the same service. By default nothing. */
  readonly contact?: Contact;
}

/** What is known of a service from its responses so far. Several clients of one run share it. */
export interface Contact {
  /** Whether any response has come yet. */
  reached: boolean;
  /** Whether the API itself has answered yet, and not only something in between, such as a proxy. */
  apiResponded: boolean;
  /** By how many milliseconds its clock was ahead of ours in each of the last responses. */
  readonly aheadMs: number[];
  /** The least of all of them. */
  leastAheadMs?: number;
}

/** The state before the first response. */
export function noContact(): Contact {
  return { reached: false, apiResponded: false, aheadMs: [] };
}

export const defaultTransport: Omit<TransportOptions, 'network'> = {
  requestTimeoutMs: 30_000,
  // The service ends a request after 70 s and its response after 75 s. After a longer wait without a response,
  // nothing more will happen.
  changeTimeoutMs: 80_000,
  uploadStallMs: 60_000,
  budget: { attempts: 8, timeMs: 5 * 60_000, firstPauseMs: 500, longestPauseMs: 15_000 },
};

/** How far the clock of the service is ahead of ours, read from the `Date` header, which has whole seconds. */
export interface ServiceClock {
  /**
   * Milliseconds: the median of the last responses, so that one outlier has no effect. `undefined` before the first.
   */
  clockAheadMs(): number | undefined;
  /** The smallest value of any response: a clock that jumped was right at some time. */
  leastClockAheadMs(): number | undefined;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

/** A response of any status, as far as it was read. */
export interface ApiResponse {
  readonly status: number;
  /** Whether the status is 2xx. */
  readonly ok: boolean;
  readonly headers: Pick<Headers, 'get'>;
  /** What its JSON says; its text where it is none; `undefined` without a body. */
  readonly body: unknown;
}

/** What the responses have shown about the service. */
export interface Transport extends ServiceClock {
  /** Sends a request, once. */
  readonly send: (request: ApiRequest) => Promise<ApiResponse>;
  /** Whether any response has come yet. */
  readonly reached: () => boolean;
  /** Whether the API itself has answered yet, and not only something in between, such as a proxy. */
  readonly apiResponded: () => boolean;
}

/** How many of the last responses the clock is read from. */
const clockReadings = 25;

/**
 * Sends requests, each once. Reads the whole response inside the time limit, so that a cut or stalled body counts as a
 * failed attempt.
 *
 * `send` rejects with a {@link ServiceError} of kind `unreachable`, `timeout` or `unintelligible`, or with the
 * signal's reason. Responses outside of 2xx resolve, for the caller to judge.
 */
export function createTransport(options: TransportOptions): Transport {
  const { contact = noContact() } = options;
  const { aheadMs: recent } = contact;
  return {
    clockAheadMs: () => recent.toSorted((one, other) => one - other)[(recent.length - 1) >> 1],
    leastClockAheadMs: () => contact.leastAheadMs,
    reached: () => contact.reached,
    apiResponded: () => contact.apiResponded,
    async send(request) {
      const response = await send(request, options);
      contact.reached = true;
      contact.apiResponded ||= response.ok ? response.body !== undefined : isOfApi(response.body);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) {
        const aheadMs = date - Date.now();
        recent.push(aheadMs);
        if (recent.length > clockReadings) recent.shift();
        contact.leastAheadMs = Math.min(contact.leastAheadMs ?? aheadMs, aheadMs);
      }
      return response;
    },
  };
}

async function send(
  { method, url, headers, body }: ApiRequest,
  options: TransportOptions,
): Promise<ApiResponse> {
  const { host, pathname } = url;
  const name = `${method} ${pathname}`;
  const limitMs = method === 'GET' ? options.requestTimeoutMs : options.changeTimeoutMs;
  options.signal?.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  let received: Awaited<ReturnType<Network['fetch']>>;
  let text: string;
  try {
    received = await options.network.fetch(url.href, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      body: body ?? null,
      redirect: 'manual',
      signal: options.signal ? AbortSignal.any([limit, options.signal]) : limit,
    });
    text = await received.text();
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw connectionError(name, host, cause, { timedOut: limit.aborted, limitMs });
  }
  const { status, ok } = received;
  const json = parseJson(text);
  const isInvalid = status < 200 || status > 599;
  if (isInvalid || (ok && text !== '' && json === undefined)) {
    throw new ServiceError({
      kind: 'unintelligible',
      request: name,
      host,
      status,
      summary: `answered ${status} with something that is not JSON`,
      message: `${host} answered ${status} to ${name} with something that is not JSON`,
    });
  }
  const content = json === undefined && text !== '' ? text : json;
  return { status, ok, headers: received.headers, body: content };
}
