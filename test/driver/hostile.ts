/** A stand-in for the service that makes one build of a fixed log, and answers as wrongly as a test likes. */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from '../support/http-server.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is; anything else as JSON. */
  readonly body?: unknown;
}

export interface Entry {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
  readonly step?: string;
}

/** What is asked, as tests call it. */
export type Endpoint =
  | 'register'
  | 'link'
  | 'upload'
  | 'start'
  | 'status'
  | 'logs'
  | 'alias'
  | 'tags'
  | 'template';

/** Answers instead of the service, or changes what it was about to answer; `nth` counts from 1 for each endpoint. */
export type Twist = (question: Question) => Reply | undefined;

export interface Question {
  readonly endpoint: Endpoint;
  readonly nth: number;
  readonly url: URL;
  /** What an honest service would answer. */
  readonly honest: Reply;
  readonly log: readonly Entry[];
}

const patterns: readonly [Endpoint, RegExp][] = [
  ['register', /^POST \/v3\/templates$/],
  ['link', /^GET .*\/files\//],
  ['upload', /^PUT /],
  ['start', /^POST \/v2\//],
  ['status', /^GET .*\/status$/],
  ['logs', /^GET .*\/logs$/],
  ['alias', /^GET \/templates\/aliases\//],
  ['tags', /^GET \/templates\/[^/]+\/tags$/],
  ['template', /^GET \/templates\/[^/]+$/],
];

/** The log of a build with so many lines of output, a millisecond between two. */
export function logOf(lines: number, ending = 'Build finished, took 1s'): Entry[] {
  const messages = [
    'Building template t/b-1',
    `[base] FROM debian:12 [${'0'.repeat(64)}]`,
    `[builder 1/1] RUN make [${'1'.repeat(64)}]`,
    ...Array.from({ length: lines }, (_, line) => `[builder 1/1] [stdout]: line ${line}`),
    ending,
  ];
  return messages.map((message, index) => ({
    timestamp: new Date(1_760_000_000_000 + index).toISOString(),
    level: 'info',
    message,
  }));
}

/**
 * Registers builds `b-1`, `b-2`, … of template `t`. A started build shows `perLook` more lines of the log at each look
 * at its status and is ready when all of it has been shown.
 */
export async function hostileService(log: readonly Entry[], twist: Twist, perLook = 40) {
  let registrations = 0;
  let started = 0;
  let shown = 0;
  let uploaded = false;
  const counts = new Map<Endpoint, number>();
  const tagged = new Map<string, string>();
  const createdAt = new Map<string, string>();
  const state = () => {
    if (started === 0) return 'waiting';
    return shown >= log.length ? 'ready' : 'building';
  };

  async function honestReply(endpoint: Endpoint, url: URL, request: IncomingMessage): Promise<Reply> {
    const ids = { templateID: 't', buildID: `b-${registrations}` };
    switch (endpoint) {
      case 'register': {
        const { tags } = JSON.parse(await text(request)) as { tags: string[] };
        registrations += 1;
        const buildID = `b-${registrations}`;
        for (const tag of tags) tagged.set(tag, buildID);
        createdAt.set(buildID, new Date().toISOString());
        return { status: 202, body: { ...ids, buildID, tags, names: [], aliases: [], public: false } };
      }
      case 'link':
        return { status: 201, body: { present: uploaded, url: `${url.origin}/put` } };
      case 'upload':
        await text(request);
        return { status: 200 };
      case 'start':
        if (started > 0)
          return { status: 400, body: { code: 400, message: 'build is not in waiting state' } };
        started += 1;
        return { status: 202 };
      case 'status': {
        if (started > 0) shown = Math.min(log.length, shown + perLook);
        const offset = Number(url.searchParams.get('logsOffset') ?? 0);
        const logEntries = log.slice(0, shown).slice(offset, offset + 100);
        return { status: 200, body: { ...ids, status: state(), logEntries, logs: [] } };
      }
      case 'logs': {
        const cursor = Number(url.searchParams.get('cursor') ?? 0);
        const logs = log.slice(0, shown).filter(({ timestamp }) => Date.parse(timestamp) >= cursor);
        return { status: 200, body: { logs: logs.slice(0, 100) } };
      }
      case 'alias':
        return registrations === 0
          ? { status: 404, body: { code: 404, message: 'no such template' } }
          : { status: 200, body: { templateID: 't', public: false } };
      case 'tags':
        return {
          status: 200,
          body: [...tagged].map(([tag, buildID]) => ({ tag, buildID, createdAt: createdAt.get(buildID) })),
        };
      case 'template': {
        const builds = [...createdAt].map(([buildID, at]) => ({
          ...{ buildID, createdAt: at, updatedAt: at, cpuCount: 2, memoryMB: 1024 },
          status: buildID === ids.buildID ? state() : 'error',
        }));
        return { status: 200, body: { ...ids, builds: builds.toReversed() } };
      }
    }
  }

  const server = await serve(async (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const asked = `${request.method} ${url.pathname}`;
    const endpoint = patterns.find(([, pattern]) => pattern.test(asked))?.[0];
    if (!endpoint) return void response.writeHead(500).end(`Nobody should ask ${asked}`);
    const nth = (counts.get(endpoint) ?? 0) + 1;
    counts.set(endpoint, nth);
    const honest = await honestReply(endpoint, url, request);
    const { status, headers = {}, body } = twist({ endpoint, nth, url, honest, log }) ?? honest;
    request.resume();
    if (endpoint === 'upload' && body === undefined && status === 200) uploaded = true;
    response.writeHead(status, {
      ...(body !== undefined && typeof body !== 'string' && { 'content-type': 'application/json' }),
      ...headers,
    });
    response.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body));
  });
  return {
    ...server,
    apiKey: 'test-key-0123456789',
    registrations: () => registrations,
    starts: () => started,
    asked: (endpoint: Endpoint) => counts.get(endpoint) ?? 0,
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

/** The honest answer with its JSON changed. */
export function changed(honest: Reply, change: object): Reply {
  return { ...honest, body: { ...(honest.body as object), ...change } };
}

export const page: Reply = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Sign in</title><form></form>',
};
