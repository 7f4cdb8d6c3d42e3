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

/** A request to the service that did not work out, with what a person needs to act on it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly kind: ServiceErrorKind;
  /** `GET /templates/{id}/…`, without query and host. */
  readonly request: string;
  readonly status: number | undefined;
  /** The service's own words, as they came: untrusted text. */
  readonly said: string | undefined;

  constructor(details: {
    kind: ServiceErrorKind;
    request: string;
    message: string;
    status?: number;
    said?: string;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.kind = details.kind;
    this.request = details.request;
    this.status = details.status;
    this.said = details.said;
  }
}

/**
 * The likely cause of an answer and what to do about it, or `undefined` where the service's words say it all.
 * `host` is where the request went.
 */
export function likelyCause(status: number, said: string, host: string): string | undefined {
  switch (status) {
    case 401:
      return `The API key is not known at ${host}. Check that the secret holds the whole key, and that domain or api-url names the region it belongs to.`;
    case 403:
      return 'The key is valid, but it may not do this. Check that the template belongs to the team of this key, and that the team is not blocked.';
    case 404:
      return said.includes('no matching operation')
        ? `There is no template API at ${host}. Check domain and api-url: the first generation of the service (sandbox.novita.ai) has none.`
        : undefined;
    case 429:
      return said.includes('concurrent template builds')
        ? 'Other builds of this team are running. Wait for them, or run fewer at a time with concurrency: in the workflow.'
        : 'The service limits how often it is asked. Try again later.';
    default:
      return status >= 500 ? 'The service has a problem of its own. Try again later.' : undefined;
  }
}
