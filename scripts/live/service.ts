import { createTransport, defaultTransport } from '../../src/api/transport.ts';
import { serverMessage } from '../../src/http/errors.ts';
import type { Network } from '../../src/http/network.ts';
import type { Connection } from '../../src/inputs/connection.ts';
import { shorten } from '../../src/problem.ts';
import type { SecretStore } from '../../src/redact/redact.ts';
import { singleLine } from '../../src/report/text/sanitize.ts';
import { version } from '../../src/version.ts';

/** One request and what came back, as it is shown: nothing in it is secret. */
export interface Evidence {
  /** `POST /templates/tags`, with the names of its parts in place of their values. */
  readonly request: string;
  /** Absent where there was no response with one. */
  readonly status?: number;
  readonly line: string;
}

/** A response of any status, unchanged. */
export interface LiveResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly body: unknown;
  readonly retryAfter: string | null;
  readonly evidence: Evidence;
}

export interface Sent {
  /** Values for the `{parts}` of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** Sends requests to the service, each once. Rejects with a `ServiceError` where there is no response. */
export interface LiveService {
  /**
   * A request that reads ends with the run. One that changes something does not: it is known only from its response
   * what there is to remove.
   */
  send(method: 'GET' | 'POST' | 'DELETE', path: string, sent?: Sent): Promise<LiveResponse>;
  /** The same for the removal at the end, which a stopped run does as well. */
  readonly atTheEnd: Pick<LiveService, 'send'>;
  /** The responses so far that said to send less. */
  readonly refusedForNow: readonly LiveResponse[];
  /** A text on one line, without secrets and without what drives a terminal. */
  show(text: string, longest?: number): string;
}

export interface LiveServiceOptions {
  readonly connection: Connection;
  readonly network: Network;
  readonly secrets: SecretStore;
  readonly signal: AbortSignal;
}

/** Sends by the project's own transport, so with its time limits and the network of a real run. */
export function createLiveService({ connection, network, secrets, signal }: LiveServiceOptions): LiveService {
  const { apiUrl, apiKey, accessToken } = connection;
  const headers = {
    'User-Agent': `novita-template-action/${version} live-check`,
    'X-API-KEY': apiKey,
    ...(accessToken && { Authorization: `Bearer ${accessToken}` }),
  };
  const whole = createTransport({ ...defaultTransport, network });
  const withRun = createTransport({ ...defaultTransport, network, signal });
  const refusedForNow: LiveResponse[] = [];
  const show: LiveService['show'] = (text, longest = 240) => singleLine(secrets.redact(text), longest);

  const sender =
    (ofReads: typeof whole): LiveService['send'] =>
    async (method, path, { path: parts = {}, query = {}, body } = {}) => {
      const url = new URL(
        apiUrl + path.replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(parts[part] ?? '')),
      );
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
      const received = await (method === 'GET' ? ofReads : whole).send({
        ...{ method, url, headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const { status, ok } = received;
      const words = ok ? inShort(received.body) : serverMessage(received.body) || 'an empty body';
      const asked = Object.keys(query).length > 0 ? `${path}${url.search}` : path;
      const response: LiveResponse = {
        ...{ status, ok, body: received.body, retryAfter: received.headers.get('retry-after') },
        evidence: { request: `${method} ${asked}`, status, line: show(words) },
      };
      if (status === 429) refusedForNow.push(response);
      return response;
    };
  return { send: sender(withRun), atTheEnd: { send: sender(whole) }, refusedForNow, show };
}

/** The body of a good response in a few words. Addresses and tokens may let others in, so they are left out. */
function inShort(body: unknown): string {
  if (body === undefined) return 'an empty body';
  if (Array.isArray(body) && body.length > 1) return `${body.length} elements, the first ${inShort(body[0])}`;
  const text = JSON.stringify(body, (key, value) => {
    if (/token|url|key|secret/i.test(key) && typeof value === 'string') return '…';
    // Said by the request already.
    if (['aliases', 'names', 'alias'].includes(key)) return undefined;
    return Array.isArray(value) && value.length > 3
      ? [...value.slice(0, 3), `${value.length - 3} more`]
      : value;
  });
  return shorten(text, 400);
}
