import { shorten } from '../problem.ts';

/** How a request to the service went wrong. */
export type ServiceErrorKind =
  /** The service answered with a status outside of 2xx. */
  | 'refused'
  /** No connection, or it broke. */
  | 'unreachable'
  /** No complete answer within the time limit. */
  | 'timeout'
  /** A 2xx response that is not what the API promises. */
  | 'unintelligible';

/** A failed request, as plain data. */
export interface RequestFailure {
  readonly kind: ServiceErrorKind;
  /** `GET /templates/{id}/…`, without query and host. */
  readonly request: string;
  /** Where the request went. */
  readonly host?: string | undefined;
  readonly status?: number | undefined;
  /** The service's message, unchanged: untrusted text. */
  readonly said?: string | undefined;
}

/** A failed request to the service. Its message says what happened and not what to do. */
export class ServiceError extends Error implements RequestFailure {
  override readonly name = 'ServiceError';
  readonly kind: ServiceErrorKind;
  readonly request: string;
  readonly host: string | undefined;
  readonly status: number | undefined;
  readonly said: string | undefined;
  /** What happened in a few words: `answered 502`, `connection lost (ECONNRESET)`. */
  readonly summary: string;
  /** There was no connection, so nothing of the request reached the service. */
  readonly notSent: boolean;
  /** A retry cannot help, as with a certificate that is not trusted. */
  readonly permanent: boolean;
  /** A retry may help although the status alone says otherwise. */
  readonly transient: boolean;
  /** What the `Retry-After` of the response asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  readonly #details: ServiceErrorDetails;

  constructor(details: ServiceErrorDetails) {
    super(details.message, { cause: details.cause });
    this.#details = details;
    this.summary =
      details.summary ?? (details.status === undefined ? details.kind : `answered ${details.status}`);
    this.notSent = details.notSent ?? false;
    this.permanent = details.permanent ?? false;
    this.transient = details.transient ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.kind = details.kind;
    this.request = details.request;
    this.host = details.host;
    this.status = details.status;
    this.said = details.said;
  }

  /** The same error with other details. */
  with(changes: Partial<ServiceErrorDetails>): ServiceError {
    return new ServiceError({ ...this.#details, ...changes });
  }
}

interface ServiceErrorDetails extends RequestFailure {
  readonly message: string;
  readonly summary?: string;
  readonly notSent?: boolean;
  readonly permanent?: boolean;
  readonly transient?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Whether the same request may work a little later. */
export function isTransient(error: ServiceError): boolean {
  if (error.permanent) return false;
  if (error.transient) return true;
  return error.kind !== 'refused' || isTransientStatus(error.status ?? 0);
}

/** Whether a status says that the same request may work a little later. 501 says that it never will. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

/** Whether the service does not know the key, so that every other request would fail too. */
export function isKeyRefused(error: ServiceError): boolean {
  return error.status === 401 && !isTransient(error);
}

/** Whether the service may have carried out a request although no good response came. */
export function isAmbiguous(error: ServiceError): boolean {
  return !error.notSent && isTransient(error) && error.status !== 425 && error.status !== 429;
}

/** Whether the service itself says that something does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404 && !isTransient(error);
}

/** The `message` of an error body on one line, or the text of any other body, such as a page. */
export function serverMessage(body: unknown): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  const text = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message);
  const plain = /^\s*</.test(text) ? text.replace(/<[^>]*>/g, ' ') : text;
  return shorten(plain.replace(/\s+/g, ' ').trim(), 500);
}

/** Whether the service does not find a build. It answers 400 for one whose last tag is gone. */
export function isNotFound(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError &&
    !isTransient(error) &&
    (error.status === 400 || error.status === 404) &&
    /build .*not found/i.test(error.said ?? '')
  );
}
