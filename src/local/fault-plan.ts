import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { empty, type Reply, sendReply } from './http.ts';
import type { Interceptor } from './server.ts';

/** The endpoints by name, as `METHOD /path` in which `*` matches one part of the path. */
export const FAULT_ENDPOINTS = {
  register: 'POST /v3/templates',
  link: 'GET /templates/*/files/*',
  upload: 'PUT /_uploads/*',
  start: 'POST /v2/templates/*/builds/*',
  status: 'GET /templates/*/builds/*/status',
  logs: 'GET /templates/*/builds/*/logs',
  tags: 'GET /templates/*/tags',
  'assign-tags': 'POST /templates/tags',
  'remove-tags': 'DELETE /templates/tags',
  alias: 'GET /templates/aliases/*',
  template: 'GET /templates/*',
  list: 'GET /v2/templates',
  quota: 'GET /sandboxes/quota',
} as const;

/** What goes wrong. */
export type Fault =
  /** Another response than the real one. Without `body`, a status from 400 on has the service's own error form. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text as it is, anything else as JSON. */
      readonly body?: unknown;
    }
  /** The connection is reset. */
  | { readonly kind: 'reset' }
  /** No response, on an open connection. */
  | { readonly kind: 'stall' }
  /** A page of HTML with status 200, as a captive portal or a load balancer sends it. */
  | { readonly kind: 'html' }
  /** The real response without its body. */
  | { readonly kind: 'empty' }
  /** The first half of the real body, then the end of the connection. */
  | { readonly kind: 'truncate' }
  /** The real response in `pieces` (default 4) with `pauseMs` (default 1000) before each. */
  | { readonly kind: 'slow'; readonly pauseMs?: number; readonly pieces?: number };

/** Which requests a fault hits. All conditions that are given must hold. */
export interface FaultRule {
  /** A name of {@link FAULT_ENDPOINTS}, `METHOD /path` with `*` for one part of the path, or `*` for every request. */
  readonly endpoint: string;
  /** Which requests to this endpoint, counted from 1; by default every one. */
  readonly at?: readonly number[];
  /** From 0 to 1; drawn from the plan's seed. */
  readonly probability?: number;
  /** Affects at most this many requests. */
  readonly times?: number;
  /**
   * `before` (default): the request is not carried out. `after`: it is carried out, and only its response is lost.
   * Faults that change the real response are always `after`.
   */
  readonly effect?: 'before' | 'after';
  readonly fault: Fault;
}

/** The faults to inject. The first rule that matches a request counts. */
export interface FaultPlan {
  readonly rules: readonly FaultRule[];
  /** The same seed and requests give the same faults. Default 1. */
  readonly seed?: number;
}

/** Intercepts requests and injects the faults of the plan. */
export function faultInterceptor({ rules, seed = 1 }: FaultPlan): Interceptor {
  const random = randomNumbers(seed);
  const armed = rules.map((rule) => ({ rule, fits: endpointPattern(rule.endpoint), requests: 0, hits: 0 }));

  function choose(method: string, path: string): FaultRule | undefined {
    let chosen: FaultRule | undefined;
    for (const each of armed) {
      const { rule } = each;
      if (!each.fits(method, path)) continue;
      each.requests += 1;
      if (chosen || each.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (rule.at && !rule.at.includes(each.requests)) continue;
      if (rule.probability !== undefined && random() >= rule.probability) continue;
      each.hits += 1;
      chosen = rule;
    }
    return chosen;
  }

  return async (request, response, next) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const rule = choose(request.method ?? '', path);
    if (!rule) return sendReply(response, await next());
    const needsReply = ['empty', 'truncate', 'slow'].includes(rule.fault.kind);
    const reply = rule.effect === 'after' || needsReply ? await next() : empty(200);
    // An unread body would be read as the next request of the connection.
    if (!request.complete) request.resume();
    await make(rule.fault, reply, response);
  };
}

async function make(fault: Fault, reply: Reply, response: ServerResponse): Promise<void> {
  switch (fault.kind) {
    case 'answer':
      return sendReply(response, answerOf(fault));
    case 'html':
      return sendReply(response, {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><title>Please wait</title><p>The service will be with you in a moment.</p>',
      });
    case 'empty':
      return sendReply(response, { ...reply, body: '' });
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'stall':
      await new Promise((closed) => response.once('close', closed));
      return;
    case 'truncate': {
      const bytes = Buffer.from(reply.body || '{}');
      response.writeHead(reply.status, { ...reply.headers, 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      return;
    }
    case 'slow':
      return sendSlowly(reply, fault, response);
  }
}

function answerOf({ status, headers = {}, body }: Extract<Fault, { kind: 'answer' }>): Reply {
  if (typeof body === 'string') return { status, headers, body };
  const value = body ?? (status < 400 ? undefined : { code: status, message: 'made by the fault plan' });
  return {
    status,
    headers: value === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: value === undefined ? '' : JSON.stringify(value),
  };
}

async function sendSlowly(
  reply: Reply,
  { pauseMs = 1000, pieces = 4 }: Extract<Fault, { kind: 'slow' }>,
  response: ServerResponse,
): Promise<void> {
  const bytes = Buffer.from(reply.body);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(bytes.length) });
  response.flushHeaders();
  for (let piece = 0; piece < pieces && !response.destroyed; piece++) {
    await sleep(pauseMs);
    const cut = (part: number) => Math.floor((bytes.length * part) / pieces);
    if (!response.destroyed) response.write(bytes.subarray(cut(piece), cut(piece + 1)));
  }
  if (!response.destroyed) response.end();
}

function endpointPattern(endpoint: string): (method: string, path: string) => boolean {
  if (endpoint === '*') return () => true;
  const named = Object.hasOwn(FAULT_ENDPOINTS, endpoint)
    ? FAULT_ENDPOINTS[endpoint as keyof typeof FAULT_ENDPOINTS]
    : endpoint;
  const [method, path = ''] = named.split(' ', 2);
  const escaped = path.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${escaped.join('[^/]+')}$`);
  return (actualMethod, actualPath) => actualMethod === method && pattern.test(actualPath);
}

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
