import { ServiceError } from './errors.ts';

/** Codes of errors that come before the first byte of a request is sent. */
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
  // No connection could be opened, for want of files.
  'EMFILE',
  'ENFILE',
]);

/** OpenSSL's and Node's codes for a certificate that is not trusted or belongs to another host. */
const certificate =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH)/;

// Neither has a code that tells it from a connection that broke later.
const brokeBeforeSending = /before secure TLS connection was established|when HTTP Tunneling/;

/** The error of a request that ended without a whole answer. `request` names it, `host` is where it went. */
export function connectionError(
  request: string,
  host: string,
  cause: unknown,
  limit: { readonly timedOut: boolean; readonly limitMs: number },
): ServiceError {
  const said = errorsBelow(cause);
  const code = codeOf(said);
  const common = { request, host, cause };
  if (limit.timedOut) {
    const within = `within ${Math.round(limit.limitMs / 100) / 10} s`;
    return new ServiceError({
      ...common,
      kind: 'timeout',
      summary: `no answer ${within}`,
      message: `no answer from ${host} ${within}`,
    });
  }
  const neverSent = said.find((error) => error.code === 'ERR_PROXY_ADDRESS' || error.message === 'bad port');
  if (neverSent) {
    const message = neverSent.code ? neverSent.message : `no connection to ${host} (${neverSent.message})`;
    return new ServiceError({
      ...{ ...common, kind: 'unreachable', notSent: true, permanent: true },
      ...{ summary: message, message },
    });
  }
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(code)?.[1];
  if (proxyStatus !== undefined) {
    return new ServiceError({
      ...{ ...common, kind: 'unreachable', notSent: true, permanent: /^4/.test(proxyStatus) },
      summary: `the proxy answered ${proxyStatus}`,
      message: `the proxy answered ${proxyStatus} when asked for a connection to ${host}; check HTTPS_PROXY, its user name and password, and NO_PROXY`,
    });
  }
  if (certificate.test(code)) {
    return new ServiceError({
      ...common,
      kind: 'unreachable',
      notSent: true,
      permanent: true,
      summary: `certificate not trusted (${code})`,
      message: `the certificate of ${host} is not trusted (${code}); where a proxy of your own signs it, set NODE_EXTRA_CA_CERTS in the env of the job to the file with its CA certificate`,
    });
  }
  const unsent =
    said.some((error) => beforeSending.has(String(error.code))) ||
    said.some((error) => brokeBeforeSending.test(error.message));
  const what = unsent ? 'no connection' : 'connection lost';
  return new ServiceError({
    ...common,
    kind: 'unreachable',
    notSent: unsent,
    summary: `${what} (${code})`,
    message: `${what} to ${host} (${code})`,
  });
}

interface CodedError extends Error {
  readonly code?: unknown;
}

/** An error and what caused it, outermost first: `fetch` wraps the socket's error, which may hold one per address. */
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

/** `ECONNREFUSED`, `ENOTFOUND`, … or, where there is no code, the innermost message. */
function codeOf(errors: readonly CodedError[]): string {
  const tunnel = errors.find((error) => brokeBeforeSending.test(error.message));
  if (tunnel) return tunnel.message;
  const coded = errors.find((error) => typeof error.code === 'string');
  return coded ? String(coded.code) : (errors.at(-1)?.message ?? 'unknown');
}
