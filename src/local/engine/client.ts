import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { Agent as HttpsAgent, request as requestTls } from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import { parseJson } from '../../json.ts';

/** How to reach a container engine. */
export type EngineAddress =
  | { readonly socketPath: string }
  | {
      readonly host: string;
      readonly port: number;
      /** PEM texts; absent without TLS. */
      readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
    };

export interface EngineRequest {
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it comes, as a tar. */
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The engine's answer to a request that it did not carry out. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The versions of the API that this client speaks (https://docs.docker.com/reference/api/engine/). */
const NEWEST = '1.51';
const OLDEST = '1.40';

/** A client of the Docker Engine API over a Unix socket, a named pipe or TCP. */
export class EngineClient {
  readonly address: EngineAddress;
  readonly #agent: HttpAgent;
  #prefix = '';

  constructor(address: EngineAddress) {
    this.address = address;
    const options = { keepAlive: true, scheduling: 'lifo' } as const;
    this.#agent = 'host' in address && address.tls ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Whether the engine runs beside this process, so that this machine's addresses are the host's. */
  get isOnThisMachine(): boolean {
    return 'socketPath' in this.address;
  }

  /**
   * Asks for the engine's versions and speaks the newest that both know from then on.
   *
   * @throws Error when the engine only speaks versions that this client does not
   */
  async negotiate(signal?: AbortSignal): Promise<EngineVersion> {
    const version = await this.json<EngineVersion>('GET', '/version', signal ? { signal } : {});
    const { ApiVersion: newest = OLDEST, MinAPIVersion: oldest = OLDEST } = version;
    if (compare(newest, OLDEST) < 0) {
      throw new Error(
        `it speaks version ${newest} of its API, and ${OLDEST} is the oldest that is supported`,
      );
    }
    const wanted = compare(newest, NEWEST) < 0 ? newest : NEWEST;
    this.#prefix = `/v${compare(wanted, oldest) < 0 ? oldest : wanted}`;
    return version;
  }

  /** The parsed answer. @throws EngineError for a status of 400 and above */
  async json<T>(method: string, path: string, options: EngineRequest = {}): Promise<T> {
    const text = await this.text(method, path, options);
    return (parseJson(text) ?? {}) as T;
  }

  /** The whole answer as text. @throws EngineError for a status of 400 and above */
  async text(method: string, path: string, options: EngineRequest = {}): Promise<string> {
    return readAll(await this.stream(method, path, options));
  }

  /** The body as it comes. @throws EngineError for a status of 400 and above */
  async stream(method: string, path: string, options: EngineRequest = {}): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = this.#request(method, path, options);
      sent.on('response', resolve);
      sent.on('error', reject);
      if (options.stream) {
        options.stream.on('error', (error) => sent.destroy(error));
        options.stream.pipe(sent);
      } else {
        sent.end(options.json === undefined ? undefined : JSON.stringify(options.json));
      }
    });
    if ((response.statusCode ?? 500) < 400) return response;
    throw await refusal(response);
  }

  /** Takes the connection over, for standard input. Frames of output come from the socket. */
  hijack(path: string, options: EngineRequest = {}): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'tcp' };
      const sent = this.#request('POST', path, { ...options, headers });
      sent.on('upgrade', (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      sent.on('response', (response) => {
        // An engine that does not upgrade hijacks an ordinary response.
        if ((response.statusCode ?? 500) < 400) resolve(response.socket);
        else refusal(response).then(reject, reject);
      });
      sent.on('error', reject);
      sent.end(options.json === undefined ? undefined : JSON.stringify(options.json));
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(method: string, path: string, options: EngineRequest) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options.query ?? {})) query.set(name, String(value));
    const body = options.stream ? 'application/x-tar' : 'application/json';
    const hasBody = options.stream !== undefined || options.json !== undefined;
    const address = this.address;
    const place =
      'socketPath' in address
        ? { socketPath: address.socketPath, host: 'engine' }
        : { host: address.host, port: address.port, ...address.tls };
    const settings: RequestOptions = {
      ...place,
      method,
      path: `${this.#prefix}${path}${query.size > 0 ? `?${query}` : ''}`,
      headers: { ...(hasBody && { 'content-type': body }), ...options.headers },
      ...(options.signal && { signal: options.signal }),
      agent: this.#agent,
    };
    return 'host' in address && address.tls ? requestTls(settings) : request(settings);
  }
}

/** What `GET /version` says; podman leaves out some of it. */
export interface EngineVersion {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly MinAPIVersion?: string;
  readonly Os?: string;
  readonly Arch?: string;
  readonly Components?: readonly { readonly Name?: string }[];
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function refusal(response: IncomingMessage): Promise<EngineError> {
  const text = await readAll(response);
  const { message, cause } = (parseJson(text) ?? {}) as { message?: string; cause?: string };
  return new EngineError(response.statusCode ?? 500, message || cause || text.trim() || 'no reason given');
}

function compare(one: string, other: string): number {
  const [a = 0, b = 0] = one.split('.').map(Number);
  const [c = 0, d = 0] = other.split('.').map(Number);
  return a - c || b - d;
}
