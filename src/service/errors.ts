/** How a request to the service went wrong. */
export type ServiceErrorKind =
  /** The service answered with a status outside of 2xx. */
  | 'refused'
  /** No connection, or it broke. */
  | 'unreachable'
  /** No complete answer within the time limit. */
  | 'timeout'
  /** A 2xx answer that is not what the API promises. */
  | 'unintelligible';

/** A request that did not work out, as plain data. */
export interface RequestFailure {
  readonly kind: ServiceErrorKind;
  /** `GET /templates/{id}/…`, without query and host. */
  readonly request: string;
  /** Where the request went. */
  readonly host?: string | undefined;
  readonly status?: number | undefined;
  /** The service's own words, as they came: untrusted text. */
  readonly said?: string | undefined;
}

/** A request to the service that did not work out; its message tells what happened and not what to do. */
export class ServiceError extends Error implements RequestFailure {
  override readonly name = 'ServiceError';
  readonly kind: ServiceErrorKind;
  readonly request: string;
  readonly host: string | undefined;
  readonly status: number | undefined;
  readonly said: string | undefined;
  /** How it went wrong in a few words of ours: `answered 502`, `connection lost (ECONNRESET)`. */
  readonly inShort: string;
  /** Nothing of the request can have reached the service: there was no connection. */
  readonly unsent: boolean;
  /** Trying again cannot help, as with a certificate that is not trusted. */
  readonly permanent: boolean;
  /** Trying again may help although the status alone says otherwise. */
  readonly passing: boolean;
  /** What the answer's `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  readonly #details: ServiceErrorDetails;

  constructor(details: ServiceErrorDetails) {
    super(details.message, { cause: details.cause });
    this.#details = details;
    this.inShort =
      details.inShort ?? (details.status === undefined ? details.kind : `answered ${details.status}`);
    this.unsent = details.unsent ?? false;
    this.permanent = details.permanent ?? false;
    this.passing = details.passing ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.kind = details.kind;
    this.request = details.request;
    this.host = details.host;
    this.status = details.status;
    this.said = details.said;
  }

  /** The same error told otherwise. */
  but(changes: Partial<ServiceErrorDetails>): ServiceError {
    return new ServiceError({ ...this.#details, ...changes });
  }
}

interface ServiceErrorDetails extends RequestFailure {
  readonly message: string;
  readonly inShort?: string;
  readonly unsent?: boolean;
  readonly permanent?: boolean;
  readonly passing?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Whether the same request may work a little later. */
export function isPassing(error: ServiceError): boolean {
  if (error.permanent) return false;
  if (error.passing) return true;
  if (error.kind !== 'refused') return true;
  const { status = 0 } = error;
  // 501 says that it will never work.
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}

/** Whether the service does not know the key: no other request would fare better. */
export function isKeyRefused(error: ServiceError): boolean {
  return error.status === 401 && !isPassing(error);
}

/** Whether the service may have done what a request asked for, although its answer was not a good one. */
export function mayHaveWorked(error: ServiceError): boolean {
  return !error.unsent && isPassing(error) && error.status !== 425 && error.status !== 429;
}

/** Whether the service itself says that there is no such thing. */
export function isMissing(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404 && !isPassing(error);
}
