import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface RegistryRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** The body is left without its end. */
  readonly stalls?: boolean;
}

/** Who may read. A token is given to everybody or, where there is a user, to that one. */
export interface RegistryLogin {
  readonly kind: 'basic' | 'bearer';
  readonly username?: string;
  readonly password?: string;
}

export interface RegistryServer extends AsyncDisposable {
  /** `127.0.0.1:port`, as it stands in a reference. */
  readonly host: string;
  /** Oldest first, those for tokens among them. */
  readonly requests: readonly RegistryRequest[];
  /**
   * Puts an image there or moves its tag, and gives its digest: of a manifest made for it, or the one that is given,
   * which then belongs to no bytes. An image of the digest given before has the tag again.
   */
  push(repository: string, tag: string, digest?: string): string;
  login: RegistryLogin | undefined;
  /** Asked before the registry itself; its answer stands in place of the registry's. `hang` never answers, `cut` ends the connection. */
  intercept:
    | ((request: RegistryRequest, earlier: number) => RegistryAnswer | 'hang' | 'cut' | undefined)
    | undefined;
  close(): Promise<void>;
}

/** What a registry that speaks the distribution protocol answers to those who pull, on loopback. By http unless `tls`. */
export async function startRegistry(tls?: ServerOptions): Promise<RegistryServer> {
  const requests: RegistryRequest[] = [];
  /** `repository:tag` → digest. */
  const tags = new Map<string, string>();
  const manifests = new Map<string, Buffer>();
  const token = `token-${randomUUID()}`;

  const respond: Parameters<typeof createServer>[1] = (incoming, response) => {
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      authorization: incoming.headers.authorization,
      headers: incoming.headers,
    };
    requests.push(request);
    incoming.resume();
    const answer = registry.intercept?.(request, requests.length - 1) ?? route(request);
    if (answer === 'cut') incoming.socket.destroy();
    else if (answer !== 'hang') send(response, answer, request.method);
  };
  const server = tls ? createTlsServer(tls, respond) : createServer(respond);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  function route(request: RegistryRequest): RegistryAnswer {
    const { pathname } = new URL(request.path, `http://${host}`);
    const { login } = registry;
    if (pathname === '/token') {
      return login?.username === undefined || request.authorization === basic(login)
        ? { status: 200, body: JSON.stringify({ token, expires_in: 300 }) }
        : failure(401, 'UNAUTHORIZED');
    }
    const [, repository, name = ''] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(pathname) ?? [];
    if (login && request.authorization !== (login.kind === 'basic' ? basic(login) : `Bearer ${token}`)) {
      const offer =
        login.kind === 'basic'
          ? 'Basic realm="a registry, for tests"'
          : `Bearer realm="http://${host}/token",service="registry, for tests",scope="repository:${repository}:pull"`;
      return { ...failure(401, 'UNAUTHORIZED'), headers: { 'www-authenticate': offer } };
    }
    const digest = tags.get(`${repository}:${name}`) ?? name;
    const manifest = manifests.get(digest);
    if (!manifest) return failure(404, 'MANIFEST_UNKNOWN');
    return {
      status: 200,
      headers: {
        'content-type': 'application/vnd.oci.image.index.v1+json',
        'docker-content-digest': digest,
      },
      body: manifest,
    };
  }

  const registry: RegistryServer = {
    host,
    requests,
    login: undefined,
    intercept: undefined,
    push(repository, tag, digest) {
      const manifest = Buffer.from(
        JSON.stringify({ schemaVersion: 2, manifests: [], annotations: { made: randomUUID() } }),
      );
      const name = digest ?? digestOf(manifest);
      if (!manifests.has(name)) manifests.set(name, manifest);
      tags.set(`${repository}:${tag}`, name);
      return name;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
    [Symbol.asyncDispose]: () => registry.close(),
  };
  return registry;
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function basic({ username = '', password = '' }: RegistryLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function failure(status: number, code: string): RegistryAnswer {
  return { status, body: JSON.stringify({ errors: [{ code, message: 'as the server says' }] }) };
}

function send(response: ServerResponse, answer: RegistryAnswer, method: string): void {
  const { status, headers, body = '', stalls = false } = answer;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) + (stalls ? 1 : 0) });
  if (method === 'HEAD') response.end();
  else if (stalls) response.write(body);
  else response.end(body);
}

/** What `resolveImage` gives for an image that has this digest. */
export function resolved(digest: string) {
  return { ok: true, value: digest };
}

/** What `resolveImage` gives where the digest is not known. */
export function unresolved(reason: unknown) {
  return { ok: false, reason };
}
