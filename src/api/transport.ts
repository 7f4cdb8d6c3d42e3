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

/** What the responses have shown about the service. */
export interface Transport extends ServiceClock {
  /** A `fetch` for the API client that sends each request once. */
  readonly fetch: (request: Request) => Promise<Response>;
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
 * `fetch` rejects with a {@link ServiceError} of kind `unreachable`, `timeout` or `unintelligible`, or with the
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
    async fetch(request) {
      const { response, json } = await send(request, options);
      contact.reached = true;
      contact.apiResponded ||= response.ok ? json !== undefined : isOfApi(json);
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
  request: Request,
  options: TransportOptions,
): Promise<{ readonly response: Response; readonly json: unknown }> {
  const { host, pathname } = new URL(request.url);
  const name = `${request.method} ${pathname}`;
  const body = request.body ? await request.text() : null;
  const limitMs = request.method === 'GET' ? options.requestTimeoutMs : options.changeTimeoutMs;
  options.signal?.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  let received: Awaited<ReturnType<Network['fetch']>>;
  let bytes: ArrayBuffer;
  try {
    received = await options.network.fetch(request.url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body,
      redirect: 'manual',
      signal: options.signal ? AbortSignal.any([limit, options.signal]) : limit,
    });
    bytes = await received.arrayBuffer();
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw connectionError(name, host, cause, { timedOut: limit.aborted, limitMs });
  }
  const empty = bytes.byteLength === 0;
  const json = empty ? undefined : parseJson(new TextDecoder().decode(bytes));
  const isInvalid = received.status < 200 || received.status > 599;
  if (isInvalid || (received.ok && !empty && json === undefined)) {
    throw new ServiceError({
      kind: 'unintelligible',
      request: name,
      host,
      status: received.status,
      summary: `answered ${received.status} with something that is not JSON`,
      message: `${host} answered ${received.status} to ${name} with something that is not JSON`,
    });
  }
  const headers = new Headers([...received.headers]);
  // The bytes are already decoded, and openapi-fetch treats a length of 0 as success for any status.
  for (const header of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(header);
  return { response: new Response(empty ? null : bytes, { status: received.status, headers }), json };
}
