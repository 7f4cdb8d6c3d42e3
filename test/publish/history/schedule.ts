/** Holds every request of several runs until a drawn schedule lets it go, so that any order of them can be played. */

import type { IncomingHttpHeaders } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { type Reply, sendReply } from '../../../src/local/http.ts';
import type { Interceptor } from '../../../src/local/server.ts';

/** What happens to a request, or to the run that sends it. */
export const faults = [
  ...([
    'lost request',
    'lost answer',
    '503',
    '403',
    'killed before',
    'killed after',
    'aborted',
    'no sandbox',
  ] as const),
];
export type Fault = (typeof faults)[number];

/** Something that waits for its turn. */
export interface Held {
  readonly agent: string;
  /** `GET /templates/…/tags`, `test` or `build`. */
  readonly what: string;
  readonly go: (fault: Fault | undefined) => void;
}

/** A request that the service is about to carry out, or has. */
export interface Request {
  readonly agent: string;
  readonly what: string;
  readonly headers: IncomingHttpHeaders;
}

interface Watch {
  readonly after: (request: Request, reply: Reply) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class Gate {
  readonly held: Held[] = [];
  /** Runs that were killed: nothing of theirs reaches the service. */
  readonly dead = new Set<string>();
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Holds what is no request, and says what became of it. */
  wait(agent: string, what: string): Promise<Fault | undefined> {
    return new Promise((go) => {
      this.held.push({ agent, what, go });
    });
  }

  take(index: number): Held | undefined {
    return this.held.splice(index % Math.max(1, this.held.length), 1)[0];
  }

  readonly intercept: Interceptor = async (incoming, response, next) => {
    const { headers } = incoming;
    const agent = headers['user-agent'] ?? '';
    const [path = ''] = (incoming.url ?? '').split('?');
    const what = `${incoming.method} ${path}`;
    if (this.dead.has(agent)) return void response.destroy();
    const fault = await this.wait(agent, what);
    if (fault === 'lost request' || fault === 'killed before') return void response.destroy();
    if (fault === '503' || fault === '403') {
      const body = JSON.stringify({ code: Number(fault), message: 'no' });
      return sendReply(response, {
        status: Number(fault),
        headers: { 'content-type': 'application/json' },
        body,
      });
    }
    const reply = await next();
    this.#watch.after({ agent, what, headers }, reply);
    if (fault === 'lost answer' || fault === 'killed after') return void response.destroy();
    const date = new Date(this.#watch.now()).toUTCString();
    return sendReply(response, { ...reply, headers: { ...reply.headers, date } });
  };
}

/** Waits until something holds, for some milliseconds at most: no pause of a run is longer. */
export async function settle(holds: () => boolean, mostMs = 30): Promise<void> {
  const until = performance.now() + mostMs;
  do await setImmediate();
  while (!holds() && performance.now() < until);
}
