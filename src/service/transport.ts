import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { ServiceError } from './errors.ts';

export interface TransportOptions {
  /** Milliseconds for one attempt, from connecting to the last byte of the answer. */
  readonly requestTimeoutMs: number;
  /** How often a request that may be repeated is tried in all. */
  readonly attempts: number;
  /** Upper bound of the first pause in milliseconds; doubles with each attempt up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  readonly dispatcher: Dispatcher;
  /** Ends requests and pauses when the build is given up. */
  readonly signal?: AbortSignal;
  /** Told about each repetition in one sentence. */
  readonly onRetry?: (sentence: string) => void;
}

export const defaultTransport: Omit<TransportOptions, 'dispatcher'> = {
  requestTimeoutMs: 30_000,
  attempts: 6,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
};

/** Connections that honour `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; Node itself honours `NODE_EXTRA_CA_CERTS`. */
export function proxyAwareDispatcher(env: NodeJS.ProcessEnv): Dispatcher {
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((variable) => env[variable]);
  return proxied ? new EnvHttpProxyAgent() : new Agent();
}

/** Statuses that mean "later", not "no". */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Requests that may be sent twice: asking, and setting or removing a tag. */
function mayRepeat(method: string, path: string): boolean {
  return method === 'GET' || path.endsWith('/templates/tags');
}

/**
 * A `fetch` for the API client. It reads the whole answer inside the time limit, so that a cut or stalled body
 * counts as a failed attempt, and repeats what may be repeated with full jitter, obeying `Retry-After`.
 *
 * Rejects with a {@link ServiceError} of kind `unreachable`, `timeout` or `unintelligible`. Answers outside of
 * 2xx that are final resolve, for the caller to judge.
 */
export function transport(options: TransportOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    const path = new URL(request.url).pathname;
    const name = `${request.method} ${path}`;
    const body = request.body ? await request.text() : undefined;
    const attempts = mayRepeat(request.method, path) ? options.attempts : 1;

    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      const last = attempt >= attempts;
      let pauseMs =
        Math.random() * Math.min(options.firstPauseMs * 2 ** (attempt - 1), options.longestPauseMs);
      let reason: string;
      try {
        const response = await attemptOnce(request, name, body, options);
        if (last || !passing.has(response.status)) return response;
        pauseMs = retryAfterMs(response.headers.get('retry-after')) ?? pauseMs;
        reason = `answered ${response.status}`;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (last || !(error instanceof ServiceError)) throw error;
        reason = error.message;
      }
      options.onRetry?.(`${name}: ${reason}. Trying again (${attempt + 1} of ${attempts}).`);
      await sleep(Math.min(pauseMs, 60_000), undefined, {
        ...(options.signal && { signal: options.signal }),
      });
    }
  };
}

async function attemptOnce(
  request: Request,
  name: string,
  body: string | undefined,
  options: TransportOptions,
): Promise<Response> {
  const limit = AbortSignal.timeout(options.requestTimeoutMs);
  const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  let answer: Awaited<ReturnType<typeof undiciFetch>>;
  let bytes: ArrayBuffer;
  try {
    answer = await undiciFetch(request.url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body: body ?? null,
      redirect: 'error',
      signal,
      dispatcher: options.dispatcher,
    });
    bytes = await answer.arrayBuffer();
  } catch (cause) {
    throw connectionError(name, new URL(request.url).host, cause, limit.aborted, options.requestTimeoutMs);
  }
  if (answer.ok && bytes.byteLength > 0 && !isJson(bytes)) {
    throw new ServiceError({
      kind: 'unintelligible',
      request: name,
      status: answer.status,
      message: `answered ${answer.status} with something that is not JSON`,
    });
  }
  const headers = new Headers([...answer.headers]);
  // The bytes are decoded already, and openapi-fetch takes a length of 0 for success whatever the status.
  for (const header of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(header);
  const empty = bytes.byteLength === 0;
  return new Response(empty ? null : bytes, { status: answer.status, headers });
}

function connectionError(
  name: string,
  host: string,
  cause: unknown,
  timedOut: boolean,
  limitMs: number,
): ServiceError {
  if (timedOut) {
    return new ServiceError({
      kind: 'timeout',
      request: name,
      message: `no answer from ${host} within ${Math.round(limitMs / 1000)} s`,
      cause,
    });
  }
  return new ServiceError({
    kind: 'unreachable',
    request: name,
    message: `no connection to ${host} (${connectionCode(cause)})`,
    cause,
  });
}

/** The code of the socket error below a `fetch failed`: `ECONNREFUSED`, `ENOTFOUND`, … */
function connectionCode(cause: unknown): string {
  for (let error: unknown = cause; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    if (error.cause === undefined) return error.message;
  }
  return String(cause);
}

function isJson(bytes: ArrayBuffer): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds that a `Retry-After` of seconds or of an HTTP date asks for. */
export function retryAfterMs(value: string | null, now = Date.now()): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
