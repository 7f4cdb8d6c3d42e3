/**
 * A stand-in of the build service, written from the description of its API alone and sharing nothing with `src/local`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Course, createBuilds } from './builds.ts';
import { type Behavior, createSandboxes } from './sandboxes.ts';

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** Pieces of the body, in place of it. */
  stream?: Iterable<Buffer>;
}

export interface Call {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly at: number;
  readonly url: URL;
  readonly body: Buffer;
  /** Set for requests to a sandbox. */
  readonly sandboxId?: string;
  readonly token?: string;
  /** Does what was asked for and gives the right answer. `lagMs` answers a reading as it would have been before. */
  readonly handle: (lagMs?: number) => Answer;
}

/** Decides what becomes of a request: answers it well, badly, late or not at all. */
export type Weather = (call: Call, send: (answer: Answer | string) => void, cut: () => void) => Promise<void>;

export const apiKey = 'sk_campaign_0123456789abcdef';

const routes: readonly (readonly [route: string, method: string, path: RegExp])[] = [
  ['register', 'POST', /^\/v3\/templates$/],
  ['files', 'GET', /^\/templates\/([^/]+)\/files\/([0-9a-f]{64})$/],
  ['upload', 'PUT', /^\/store\/([0-9a-f]{64})$/],
  ['start', 'POST', /^\/v2\/templates\/([^/]+)\/builds\/([^/]+)$/],
  ['status', 'GET', /^\/templates\/([^/]+)\/builds\/([^/]+)\/status$/],
  ['logs', 'GET', /^\/templates\/([^/]+)\/builds\/([^/]+)\/logs$/],
  ['assign', 'POST', /^\/templates\/tags$/],
  ['tags', 'GET', /^\/templates\/([^/]+)\/tags$/],
  ['alias', 'GET', /^\/templates\/aliases\/([^/]+)$/],
  ['template', 'GET', /^\/templates\/([^/]+)$/],
  ['list', 'GET', /^\/v2\/templates$/],
  ['quota', 'GET', /^\/sandboxes\/quota$/],
  ['untag', 'DELETE', /^\/templates\/tags$/],
  ['sandbox', 'POST', /^\/sandboxes$/],
  ['sandboxes', 'GET', /^\/v2\/sandboxes$/],
  ['kill', 'DELETE', /^\/sandboxes\/([^/]+)$/],
  ['metrics', 'GET', /^\/sandboxes\/([^/]+)\/metrics$/],
  ['run', 'POST', /^\/process\.Process\/Start$/],
  ['processes', 'POST', /^\/process\.Process\/List$/],
];

const refusal = (status: number, message: string): Answer => ({ status, body: { code: status, message } });

export async function startService(
  course: Course,
  {
    clockMs = 0,
    refuseBuildTargets,
    behavior = { isGood: () => true, full: 0 },
  }: { clockMs?: number; refuseBuildTargets?: 400 | 404; behavior?: Behavior } = {},
) {
  const kept = createBuilds(course, clockMs);
  const sandboxes = createSandboxes(behavior);
  const { builds, rows, stored, templates, time, nameOf, stateOf, entriesOf, newest } = kept;
  const calls: Call[] = [];
  const faults: string[] = [];
  let weather: Weather = async (call, send) => send(call.handle());
  let jumpMs = () => 0;

  function handle(
    route: string,
    parts: readonly string[],
    call: Omit<Call, 'handle'>,
    lagMs: number,
  ): Answer {
    const { url, body } = call;
    const at = Date.now() - lagMs;
    const json = () => JSON.parse(body.toString('utf8') || '{}');
    const build = builds.find(({ id }) => id === parts[1]);
    switch (route) {
      case 'register': {
        const { name, tags = ['default'], cpuCount, memoryMB } = json();
        const { id } = kept.register(name, tags, { cpuCount, memoryMB });
        return {
          status: 202,
          body: {
            templateID: templates.get(name),
            buildID: id,
            tags: tags.toReversed(),
            names: [],
            public: false,
          },
        };
      }
      case 'files': {
        const [, hash = ''] = parts;
        return { status: 201, body: { present: stored.has(hash), url: `${address()}/store/${hash}` } };
      }
      case 'upload': {
        if (call.body.length !== Number(url.searchParams.get('length'))) return refusal(501, 'no length');
        gunzipSync(body);
        stored.add(parts[0] ?? '');
        return { status: 200, body: undefined };
      }
      case 'start':
        if (!build) return refusal(404, 'Error when getting template: not found');
        if (!kept.start(build, json())) return refusal(400, 'build is not in waiting state');
        return { status: 202, body: undefined };
      case 'status': {
        if (!build || !rows.some(({ buildId }) => buildId === build.id))
          return refusal(400, `Build '${parts[1]}' not found`);
        const offset = Number(url.searchParams.get('logsOffset') ?? 0);
        const status = stateOf(build, at);
        const reason = build.ended ? { message: build.ended.reason } : build.course.reason;
        return {
          status: 200,
          body: {
            ...{ templateID: parts[0], buildID: build.id, status, logs: [] },
            logEntries: entriesOf(build, at).slice(offset, offset + 100),
            ...(status === 'error' && reason !== null && { reason }),
          },
        };
      }
      case 'logs': {
        if (!build) return refusal(400, `Build '${parts[1]}' not found`);
        const cursor = Number(url.searchParams.get('cursor') ?? 0);
        const logs = entriesOf(build, at).filter(({ timestamp }) => Date.parse(timestamp) >= cursor);
        return { status: 200, body: { logs: logs.slice(0, 100) } };
      }
      case 'assign': {
        const { target, tags } = json();
        const [name = '', tag = 'default'] = target.split(':');
        if (refuseBuildTargets && builds.some(({ id }) => id === tag))
          return refusal(refuseBuildTargets, `Invalid target: ${target}`);
        const ready = builds.findLast(
          (one) =>
            one.template === name &&
            stateOf(one) === 'ready' &&
            rows.some((row) => row.buildId === one.id && (row.tag === tag || one.id === tag)),
        );
        if (!ready) return refusal(404, `Template '${name}' with tag '${tag}' not found`);
        for (const each of tags) rows.push({ name, tag: each, buildId: ready.id, at: Date.now() });
        return { status: 201, body: { tags, buildID: ready.id } };
      }
      case 'tags': {
        const name = nameOf(parts[0] ?? '');
        if (name === undefined) return refusal(404, `template '${parts[0]}' not found`);
        const list = [...newest(name)].map(([tag, row]) => ({
          tag,
          buildID: row.buildId,
          createdAt: time(row.at),
        }));
        return { status: 200, body: list };
      }
      case 'alias': {
        const id = templates.get(parts[0] ?? '');
        return id
          ? { status: 200, body: { templateID: id, public: false } }
          : refusal(404, 'template not found');
      }
      case 'template': {
        const name = [...templates].find(([, id]) => id === parts[0])?.[0];
        if (name === undefined) return refusal(404, `template '${parts[0]}' not found`);
        const list = builds
          .filter(({ template }) => template === name)
          .map((one) => {
            const end = one.ended?.at ?? (one.startedAt ?? 0) + one.course.durationMs;
            const status = stateOf(one);
            const finished = (status === 'ready' || status === 'error') && { finishedAt: time(end) };
            return { buildID: one.id, status, ...one.size, createdAt: time(one.registeredAt), ...finished };
          });
        return { status: 200, body: { templateID: parts[0], names: [name], builds: list.toReversed() } };
      }
      case 'list':
        return { status: 200, body: { templates: [], total: 0, page: 1, limit: 1, totalPages: 0 } };
      case 'quota':
        return {
          status: 200,
          body: {
            limit: { maxVcpu: 8, maxRamMb: 8192, concurrentInstances: 5 },
            usage: { concurrentInstances: behavior.full > 0 ? 5 : sandboxes.running.size },
          },
        };
      case 'untag': {
        const { name, tags } = json() as { name: string; tags: string[] };
        if (tags.includes('default')) return refusal(400, "Cannot delete the 'default' tag");
        const kept = rows.filter((row) => row.name !== name || !tags.includes(row.tag));
        rows.splice(0, rows.length, ...kept);
        return { status: 204, body: undefined };
      }
      case 'sandbox': {
        const { templateID, metadata } = json();
        const [name = '', tag = 'default'] = String(templateID).split(':');
        if (behavior.refusal) return refusal(400, behavior.refusal);
        if (behavior.full > 0) {
          behavior.full -= 1;
          return refusal(429, 'you have reached the maximum number of concurrent sandboxes (5)');
        }
        const found = builds.findLast(
          (one) =>
            stateOf(one) === 'ready' &&
            rows.some(
              (row) =>
                row.name === name && row.buildId === one.id && (row.tag === tag || row.buildId === tag),
            ),
        );
        if (!found) return refusal(404, `tag '${tag}' does not exist for template '${name}'`);
        const { id, token } = sandboxes.start(found.id, metadata);
        return {
          status: 201,
          body: {
            sandboxID: id,
            templateID: 'x',
            clientID: 'x',
            envdVersion: '0.5.8',
            envdAccessToken: token,
          },
        };
      }
      case 'sandboxes': {
        const wanted = [...new URLSearchParams(url.searchParams.get('metadata') ?? '')];
        const body = [...sandboxes.running.values()]
          .filter(({ metadata }) =>
            wanted.every(([key, text]) => metadata[decodeURIComponent(key)] === decodeURIComponent(text)),
          )
          .map(({ id, metadata }) => ({ sandboxID: id, metadata }));
        return { status: 200, body };
      }
      case 'kill':
        return sandboxes.running.delete(parts[0] ?? '')
          ? { status: 204, body: undefined }
          : refusal(404, 'sandbox not found');
      case 'metrics': {
        const reading = { cpuCount: 2, cpuUsedPct: 1, timestamp: time(at) };
        const memory = { memTotal: 2 ** 30, memUsed: 2 ** 28, diskTotal: 2 ** 34, diskUsed: 2 ** 31 };
        return { status: 200, body: [{ ...reading, ...memory }] };
      }
      case 'run':
      case 'processes': {
        const sandbox = sandboxes.running.get(call.sandboxId ?? '');
        if (!sandbox) return refusal(502, 'The sandbox was not found');
        if (call.token !== sandbox.token)
          return { status: 401, body: { code: 'unauthenticated', message: 'no' } };
        if (route === 'processes') return { status: 200, body: { processes: [] } };
        const headers = { 'content-type': 'application/connect+json' };
        return { status: 200, body: undefined, headers, stream: sandboxes.run(sandbox, body) };
      }
      default:
        return refusal(404, 'validation error: no matching operation was found');
    }
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', address());
    url.searchParams.set('length', request.headers['content-length'] ?? '');
    const method = request.method ?? '';
    const found = routes.find(([, verb, path]) => verb === method && path.test(url.pathname));
    const [route = 'none', , path] = found ?? [];
    const parts = (path?.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent);
    const sandboxId = String(request.headers['novita-sandbox-id'] ?? '');
    const token = String(request.headers['x-access-token'] ?? '');
    const base = {
      ...{ route, method, path: url.pathname, at, url, body: Buffer.concat(chunks) },
      ...{ sandboxId, token },
    };
    const known = ['upload', 'run', 'processes'].includes(route) || request.headers['x-api-key'] === apiKey;
    const call: Call = {
      ...base,
      handle: (lagMs = 0) => (known ? handle(route, parts, base, lagMs) : refusal(401, 'Invalid API key')),
    };
    calls.push(call);
    const send = (answer: Answer | string) => {
      if (typeof answer === 'string') return response.socket?.end(answer);
      const { status, body, headers = {}, stream } = answer;
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      const date = new Date(Date.now() + clockMs + jumpMs()).toUTCString();
      response.writeHead(status, { 'content-type': 'application/json', date, ...headers });
      for (const piece of stream ?? []) response.write(piece);
      response.end(text);
    };
    await result.onCall();
    await weather(call, send, () => response.socket?.resetAndDestroy());
  }

  const server = createServer(
    (request, response) => void take(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const result = {
    /** Called with each request before anything is done about it. */
    onCall: async () => {},
    ...{ ...kept, url: address(), calls, faults, sandboxes },
    setWeather(next: Weather) {
      weather = next;
    },
    setJumps(next: () => number) {
      jumpMs = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return result;
}

export type Service = Awaited<ReturnType<typeof startService>>;
