import { ServiceError } from './errors.ts';

/** Codes of errors that occur before the first byte of a request is sent. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  // The limit on open files allows no further connection.
  'EMFILE',
  'ENFILE',
]);

/** OpenSSL's and Node's codes for a certificate that is not trusted or belongs to another host. */
const certificate =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH)/;

// Both look like a connection that broke later, since they have no code.
const brokeBeforeSending = /before secure TLS connection was established|when HTTP Tunneling/;

/** The error of a request without a complete response. `request` names it in messages; `host` is its destination. */
export function connectionError(
  request: string,
  host: string,
  cause: unknown,
  { timedOut, limitMs }: { readonly timedOut: boolean; readonly limitMs: number },
): ServiceError {
  const common = { request, host, cause };
  if (!timedOut) return new ServiceError({ ...common, kind: 'unreachable', ...explain(host, cause) });
  const summary = `no answer within ${Math.round(limitMs / 100) / 10} s`;
  const message = summary.replace('no answer', `no answer from ${host}`);
  return new ServiceError({ ...common, kind: 'timeout', summary, message });
}

interface Explanation {
  readonly summary: string;
  readonly message: string;
  readonly notSent: boolean;
  readonly permanent?: boolean;
}

function explain(host: string, cause: unknown): Explanation {
  const errors = errorsBelow(cause);
  const code = codeOf(errors);
  const invalid = errors.find((error) => error.code === 'ERR_PROXY_ADDRESS' || error.message === 'bad port');
  if (invalid) {
    const message = invalid.code ? invalid.message : `no connection to ${host} (${invalid.message})`;
    return { summary: message, message, notSent: true, permanent: true };
  }
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(code)?.[1];
  if (proxyStatus !== undefined) {
    const summary = `the proxy answered ${proxyStatus}`;
    const message = `${summary} when asked for a connection to ${host}; check HTTPS_PROXY, its user name and password, and NO_PROXY`;
    return { summary, message, notSent: true, permanent: proxyStatus.startsWith('4') };
  }
  if (certificate.test(code)) {
    const message = `the certificate of ${host} is not trusted (${code}); if your own proxy signs it, set NODE_EXTRA_CA_CERTS in the env of the job to the file with its CA certificate`;
    return { summary: `certificate not trusted (${code})`, message, notSent: true, permanent: true };
  }
  const notSent = errors.some(
    (error) => beforeSending.has(String(error.code)) || brokeBeforeSending.test(error.message),
  );
  const what = notSent ? 'no connection' : 'connection lost';
  return { summary: `${what} (${code})`, message: `${what} to ${host} (${code})`, notSent };
}

interface CodedError extends Error {
  readonly code?: unknown;
}

/** An error and its causes, outermost first. `fetch` wraps the socket's error, which may hold one per address. */
function errorsBelow(cause: unknown): CodedError[] {
  const found: CodedError[] = [];
  const open: unknown[] = [cause];
  while (open.length > 0 && found.length < 20) {
    const error = open.shift();
    if (!(error instanceof Error)) continue;
    found.push(error);
    open.push(error.cause, ...(error instanceof AggregateError ? error.errors : []));
  }
  return found;
}

/** `ECONNREFUSED`, `ENOTFOUND` and so on, or the innermost message where there is no code. */
function codeOf(errors: readonly CodedError[]): string {
  const tunnel = errors.find((error) => brokeBeforeSending.test(error.message));
  if (tunnel) return tunnel.message;
  const coded = errors.find((error) => typeof error.code === 'string');
  return coded ? String(coded.code) : (errors.at(-1)?.message ?? 'unknown');
}
