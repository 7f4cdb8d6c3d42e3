import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface CacheServer extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Keys of the committed entries, oldest first. */
  readonly keys: () => string[];
  /** From now on every request is answered with this status. */
  fail(status: number): void;
}

interface Entry {
  readonly key: string;
  readonly version: string;
  content: Buffer;
  committed: boolean;
}

/** The cache service of GitHub Actions in its first version, on loopback. */
export async function startCacheServer(): Promise<CacheServer> {
  const entries: Entry[] = [];
  let failure: number | undefined;
  let url = '';

  async function answer(request: IncomingMessage): Promise<{ status: number; body?: unknown; raw?: Buffer }> {
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    const body = await buffer(request);
    if (failure !== undefined) return { status: failure, body: { message: 'no' } };
    const [, id] = /\/(\d+)$/.exec(pathname) ?? [];
    if (request.method === 'GET' && pathname.endsWith('/cache')) {
      const version = searchParams.get('version');
      const prefixes = (searchParams.get('keys') ?? '').split(',');
      const hit = prefixes
        .flatMap((prefix) =>
          entries.filter((entry) => entry.committed && entry.key.startsWith(prefix)).reverse(),
        )
        .find((entry) => entry.version === version);
      if (!hit) return { status: 204 };
      return {
        status: 200,
        body: { cacheKey: hit.key, archiveLocation: `${url}/blob/${entries.indexOf(hit) + 1}` },
      };
    }
    if (request.method === 'GET' && pathname.startsWith('/blob/')) {
      const content = entries[Number(id) - 1]?.content ?? Buffer.alloc(0);
      return { status: 200, raw: content };
    }
    if (request.method === 'POST' && pathname.endsWith('/caches')) {
      const { key, version } = JSON.parse(body.toString('utf8'));
      entries.push({ key, version, content: Buffer.alloc(0), committed: false });
      return { status: 201, body: { cacheId: entries.length } };
    }
    const entry = entries[Number(id) - 1];
    if (!entry) return { status: 404, body: {} };
    if (request.method === 'PATCH') entry.content = Buffer.concat([entry.content, body]);
    else entry.committed = true;
    return { status: 204 };
  }

  const server = createServer(async (request, response) => {
    const { status, body, raw } = await answer(request);
    response.writeHead(status, { 'content-type': raw ? 'application/octet-stream' : 'application/json' });
    response.end(raw ?? (body === undefined ? undefined : JSON.stringify(body)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { ACTIONS_CACHE_URL: `${url}/`, ACTIONS_RUNTIME_TOKEN: 'a-runtime-token' },
    keys: () => entries.filter(({ committed }) => committed).map(({ key }) => key),
    fail: (status) => {
      failure = status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
