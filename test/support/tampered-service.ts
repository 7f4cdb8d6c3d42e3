import { type Reply, sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';

/** What happens to one request: its answer, or nothing when the connection is to be lost. */
export type Reaction = (next: () => Promise<Reply>, agent: string) => Promise<Reply | undefined>;

interface Rule {
  readonly request: RegExp;
  readonly react: Reaction;
  left: number;
}

/** The requests that tests speak of, as `METHOD path`. */
export const requests = {
  alias: /^GET \/templates\/aliases\//,
  tags: /^GET \/templates\/[^/]+\/tags$/,
  template: /^GET \/templates\/[^/]+$/,
  status: /^GET .*\/status$/,
  link: /^GET .*\/files\//,
  register: /^POST \/v3\/templates$/,
  start: /^POST \/v2\//,
  assign: /^POST \/templates\/tags$/,
  remove: /^DELETE \/templates\/tags$/,
  any: /./,
} as const;

/** Stands between the embedded service and the socket; what it does can be changed while the service runs. */
export function tamper() {
  const rules: Rule[] = [];
  const intercept: Interceptor = async (incoming, response, next) => {
    const [path] = (incoming.url ?? '').split('?');
    const rule = rules.find(({ request, left }) => left > 0 && request.test(`${incoming.method} ${path}`));
    if (!rule) return sendReply(response, await next());
    rule.left -= 1;
    const reply = await rule.react(next, incoming.headers['user-agent'] ?? '');
    if (reply) await sendReply(response, reply);
    else response.destroy();
  };
  return {
    intercept,
    /** From now on; the first rule that fits a request is taken. */
    on(request: keyof typeof requests, react: Reaction, times = Number.POSITIVE_INFINITY): void {
      rules.push({ request: requests[request], react, left: times });
    },
    clear(): void {
      rules.length = 0;
    },
  };
}

export function answer(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export function refuse(status: number, message = 'no'): Reaction {
  return async () => answer(status, { code: status, message });
}

/** The answer with its JSON changed. */
// biome-ignore lint/suspicious/noExplicitAny: tests change answers of every shape
export function edit(change: (body: any) => unknown): Reaction {
  return async (next) => {
    const reply = await next();
    return { ...reply, body: JSON.stringify(change(JSON.parse(String(reply.body)))) };
  };
}

/** Does something else first, as another client at the same moment would. */
export function first(deed: () => unknown): Reaction {
  return async (next) => {
    await deed();
    return next();
  };
}
