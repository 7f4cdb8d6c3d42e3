import type { Dispatcher } from 'undici';
import * as v from 'valibot';
import { connectionError } from '../http/connection-error.ts';
import { isTransient, isTransientStatus, ServiceError } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import { createRetrier, type RetryPolicy, retryAfterMs, withRetry } from '../http/retry.ts';
import { untilAborted } from '../http/sleep.ts';
import { parseJson } from '../json.ts';
import { version } from '../version.ts';
import { namedAddress } from './endpoint.ts';
import { UnresolvedImageError } from './errors.ts';

/** What all requests about one image share. */
export interface RequestContext {
  readonly network: Network;
  /** Aborted when the run is cancelled, and after the time limit of the image. */
  readonly signal: AbortSignal;
}

export interface RegistryRequest {
  readonly method: 'HEAD' | 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to the origin of `url` alone. */
  readonly authorization?: string | undefined;
  readonly body?: string;
  /** The largest response body that is read; without it, none is. */
  readonly maxBytes?: number;
  /** The server as it stands in messages: `the registry r.example`. */
  readonly server: string;
}

export interface RegistryResponse {
  readonly status: number;
  /** The value of a header, several of one name joined by commas. */
  header(name: string): string | undefined;
  /** Empty unless the status is 2xx and the request has `maxBytes`. */
  readonly body: Buffer;
  /** The host that sent this response, where a redirect led to another origin. */
  readonly redirectedTo: string | undefined;
}

type DirectResponse = Omit<RegistryResponse, 'redirectedTo'>;

const policy: RetryPolicy = {
  attempts: 3,
  timeMs: Number.POSITIVE_INFINITY,
  firstPauseMs: 300,
  longestPauseMs: 5000,
  longestRetryAfterMs: 5000,
};
const maxRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request, follows redirects, and retries after a broken connection or a transient status. Another origin gets
 * no authorization. Resolves with the response of any status. Rejects with {@link UnresolvedImageError}, or with the
 * reason of the context's signal.
 */
export async function sendRequest(
  request: RegistryRequest,
  context: RequestContext,
): Promise<RegistryResponse> {
  let { url, authorization, server } = request;
  let redirectedTo: string | undefined;
  for (let redirects = 0; ; redirects += 1) {
    const response = await sendWithRetry({ ...request, url, authorization, server }, context);
    const location = response.header('location');
    if (request.method === 'POST' || !redirectStatuses.has(response.status) || location === undefined)
      return { ...response, redirectedTo };
    if (redirects === maxRedirects)
      throw new UnresolvedImageError(`${request.server} redirects without an end`);
    const next = namedAddress(location, url);
    if (!next) throw new UnresolvedImageError(`${server} redirects to an address that is not safe`);
    if (next.origin !== url.origin) {
      // Another server sent the redirect back to the first origin, so it gets no authorization either.
      authorization = undefined;
      redirectedTo = next.host;
      server = `${next.host}, to which ${request.server} redirects,`;
    }
    url = next;
  }
}

async function sendWithRetry(request: RegistryRequest, context: RequestContext): Promise<DirectResponse> {
  let response: DirectResponse | undefined;
  const retrier = createRetrier({
    policy,
    signal: context.signal,
    judge: (error) =>
      error instanceof ServiceError && isTransient(error)
        ? { summary: error.summary, retryAfterMs: error.retryAfterMs }
        : undefined,
  });
  try {
    return await withRetry(retrier, async () => {
      response = undefined;
      response = await sendOnce(request, context);
      if (isTransientStatus(response.status)) throw transientError(request, response);
      return response;
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // The caller explains the last response.
    if (response) return response;
    throw new UnresolvedImageError(error.message);
  }
}

function transientError({ server }: RegistryRequest, { status, header }: DirectResponse): ServiceError {
  const message = `${server} answered ${status}`;
  const retryAfter = retryAfterMs(header('retry-after'));
  return new ServiceError({ kind: 'refused', request: '', status, retryAfterMs: retryAfter, message });
}

async function sendOnce(request: RegistryRequest, context: RequestContext): Promise<DirectResponse> {
  context.signal.throwIfAborted();
  const { method, url, headers, authorization, body, server } = request;
  try {
    const sent = context.network.request(url, {
      method,
      headers: {
        ...headers,
        'user-agent': `novita-template-action/${version}`,
        ...(authorization !== undefined && { authorization }),
      },
      ...(body !== undefined && { body }),
      signal: context.signal,
    });
    const response = await untilAborted(sent, context.signal);
    const status = response.statusCode;
    return {
      status,
      header(name) {
        const value = response.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      body: await readBody(response, request, status >= 200 && status < 300),
    };
  } catch (cause) {
    context.signal.throwIfAborted();
    if (cause instanceof UnresolvedImageError) throw cause;
    throw connectionError('', server, cause, { timedOut: false, limitMs: 0 });
  }
}

async function readBody(
  { body }: Dispatcher.ResponseData,
  { method, maxBytes, server }: RegistryRequest,
  isSuccess: boolean,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (method === 'HEAD') {
    await body.dump();
  } else if (maxBytes === undefined || !isSuccess) {
    // The rest of the body has an unknown length, so the connection is closed. The stream reports that as an error.
    body.on('error', () => {}).destroy();
  } else {
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > maxBytes)
        throw new UnresolvedImageError(`${server} answered with more than ${maxBytes / 2 ** 20} MB`);
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

/** The JSON body of a response as a schema has it; `undefined` for any other body. */
export function parseBody<T>(schema: v.GenericSchema<unknown, T>, { body }: RegistryResponse): T | undefined {
  const { success, output } = v.safeParse(schema, parseJson(body.toString()));
  return success ? output : undefined;
}
