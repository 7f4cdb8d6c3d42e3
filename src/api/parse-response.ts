import type * as v from 'valibot';
import { ServiceError, serverMessage } from '../http/errors.ts';
import { retryAfterMs } from '../http/retry.ts';
import { isOfApi, parse } from './schemas.ts';
import type { ApiResponse } from './transport.ts';
import type { UploadResponse } from './upload.ts';

/** Turns responses into values or a {@link ServiceError}. `request` names the request in messages. */
export interface ResponseParser {
  /** The body of a 2xx response, as its schema has it. */
  readonly body: <T>(request: string, response: ApiResponse, schema: v.GenericSchema<unknown, T>) => T;
  /** Throws for any status but 2xx. */
  readonly expectOk: (request: string, response: ApiResponse) => void;
}

/** @param apiResponded - whether the API itself has answered yet, and not only a proxy in between */
export function createResponseParser(host: string, apiResponded: () => boolean): ResponseParser {
  function expectOk(request: string, { ok, status, headers, body }: ApiResponse): void {
    if (ok) return;
    // Once the API itself has answered, a page from a proxy in between is a temporary fault.
    const transient = apiResponded() && !isOfApi(body);
    const retryAfter = headers.get('retry-after');
    throw refusedError({ request, host, status, body, retryAfter, transient });
  }
  return {
    expectOk,
    body(request, response, schema) {
      expectOk(request, response);
      // The API promises JSON, so `null` is not a body either.
      if (response.body === undefined || response.body === null)
        throw unintelligibleError(request, 'an empty answer');
      const parsed = parse(schema, response.body);
      if (!parsed.ok) throw unintelligibleError(request, parsed.reason);
      return parsed.value;
    },
  };
}

/** Throws a {@link ServiceError} unless the store accepted the upload. */
export function expectUploaded(host: string, { status, text, retryAfter }: UploadResponse): void {
  const request = 'PUT upload';
  if (status < 200 || status > 299) {
    const transient = isTransientAtStore(text);
    throw refusedError({ request, host, status, body: text, retryAfter, transient });
  }
  if (isPage(text)) throw unintelligibleError(request, 'a page of HTML');
}

interface Refusal {
  readonly request: string;
  readonly host: string;
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | null;
  /** A retry may work although the status says otherwise. */
  readonly transient: boolean;
}

function refusedError({ body, retryAfter, ...refusal }: Refusal): ServiceError {
  const { host, status, request } = refusal;
  const said = serverMessage(body);
  const words = said === '' ? 'without a word' : `saying: ${said}`;
  return new ServiceError({
    ...refusal,
    kind: 'refused',
    said,
    retryAfterMs: retryAfterMs(retryAfter),
    message: `${host} answered ${status} to ${request}, ${words}`,
  });
}

function unintelligibleError(request: string, found: string): ServiceError {
  return new ServiceError({
    kind: 'unintelligible',
    request,
    summary: `answered with ${found}`,
    message: `${request} was answered with ${found}`,
  });
}

/** Errors of S3-like stores after which a retry, or a new link, may work, for any status. */
const transientCodes = new Set([
  // The bytes arrived too slowly, incomplete or changed.
  'RequestTimeout',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  // The link or its signature is too old, or a clock is wrong.
  'ExpiredToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  // Too many requests.
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequests',
  'OperationAborted',
  'ConditionalRequestConflict',
  // The store had an internal error.
  'InternalError',
  'ServiceUnavailable',
  'ServerBusy',
  'OperationTimedOut',
  'ConnectionTimeout',
]);

/** Whether an upload may work when it is sent again after this response. */
function isTransientAtStore(text: string): boolean {
  const code = /<Code>\s*(\w+)\s*<\/Code>/.exec(text)?.[1];
  return code === undefined ? isPage(text) : transientCodes.has(code);
}

/** Whether a response is a page of HTML. A store sends none; it comes from something in between, such as a proxy. */
function isPage(text: string): boolean {
  return /^\s*<(!doctype html|html)\b/i.test(text);
}
