/**
 * Counts requests that follow one another. Every response is held back until no further request comes, so whatever can
 * be sent side by side is sent in the same round, and each round waits for the one before: the rounds are the longest
 * chain of requests. Time plays no part: a wait counts turns of the event loop that the run shares with its servers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Interceptor, passThrough } from '../../src/local/server.ts';
import { serve, type TestServer } from './http-server.ts';

/** A request in words, for the paths of all servers that a build asks. */
const kinds: readonly (readonly [path: RegExp, words: string])[] = [
  [/^GET \/templates\/aliases\/(.+)/, 'name $1'],
  [/^GET \/templates\/([^/]{1,19})\/tags$/, 'tags of $1'],
  [/^GET \/templates\/[^/]+\/tags$/, 'tags'],
  [/^GET \/templates\/[^/]+\/files\//, 'upload link'],
  [/^GET \/templates\/[^/]+\/builds\/[^/]+\/status$/, 'status'],
  [/^GET \/templates\/[^/]+$/, 'newest builds'],
  [/^GET \/sandboxes\/quota$/, 'quota'],
  [/^POST \/v3\/templates$/, 'register'],
  [/^PUT /, 'upload'],
  [/^POST \/v2\//, 'start'],
  [/^POST \/templates\/tags$/, 'move tags'],
  [/^DELETE \/templates\/tags$/, 'remove tags'],
  [/^POST \/sandboxes$/, 'start sandbox'],
  [/^GET \/sandboxes\/[^/]+\/metrics$/, 'figures'],
  [/^DELETE \/sandboxes\//, 'end sandbox'],
  [/^POST \/process\.Process\/List$/, 'programs'],
  [/^POST \/process\.Process\/Start$/, 'command'],
  [/^GET \/health$/, 'page'],
  [/^HEAD \/v2\//, 'digest of base'],
  [/^GET \/v2\/.*\/manifests\//, 'manifest of base'],
  [/^GET \/v2\/.*\/blobs\//, 'configuration of base'],
];

/** Following a build: as many requests as its log and its time take. */
const following = /^GET \/templates\/[^/]+\/builds\/[^/]+\/(status|logs)$/;

export interface RoundTrips {
  /** The requests of each round, in words and in order of the alphabet. */
  readonly rounds: readonly (readonly string[])[];
  /** In front of the embedded service. */
  readonly intercept: Interceptor;
  /**
   * Begins to count. The first round is not complete before it has the request `firstHas`. Following the build that is
   * registered does not count.
   */
  reset(firstHas?: string): void;
  /** Begins a round with a request, and waits until its response may be sent. */
  hold(request: string): Promise<void>;
}

/** Turns without a request after which a round is complete, and what a turn lasts at least. */
const quiet = { turns: 8, turnMs: 15 };

/** No request is held before the first `reset`. */
export function roundTrips(): RoundTrips {
  let rounds: string[][] = [];
  let pending: PromiseWithResolvers<void> | undefined;
  let idle = 0;
  let active = false;
  let firstHas: string | undefined;

  const closeRound = async (): Promise<void> => {
    const isWhole = () => rounds.length > 1 || firstHas === undefined || rounds[0]?.includes(firstHas);
    while (idle < quiet.turns || !isWhole()) {
      await sleep(quiet.turnMs);
      idle += 1;
    }
    pending?.resolve();
    pending = undefined;
  };
  const hold = async (request: string): Promise<void> => {
    if (!active || (rounds.flat().includes('register') && following.test(request))) return;
    const [path, kind] = kinds.find(([each]) => each.test(request)) ?? [];
    const words = (kind ?? request).replace('$1', path?.exec(request)?.[1] ?? '');
    idle = 0;
    if (!pending) {
      pending = Promise.withResolvers();
      rounds.push([]);
      void closeRound();
    }
    rounds.at(-1)?.push(words);
    rounds.at(-1)?.sort();
    await pending.promise;
  };
  return {
    get rounds() {
      return rounds;
    },
    hold,
    reset(first) {
      rounds = [];
      active = true;
      firstHas = first;
    },
    intercept: async (incoming, response, next) => {
      const reply = next();
      reply.catch(() => {});
      await hold(`${incoming.method} ${(incoming.url ?? '').split('?')[0]}`);
      await passThrough(incoming, response, () => reply);
    },
  };
}

/** A registry in which every image has one digest. */
export function heldRegistry({ hold }: RoundTrips): Promise<TestServer> {
  return serve(async (request, response) => {
    await hold(`${request.method} ${request.url}`);
    response.writeHead(200, { 'docker-content-digest': `sha256:${'5e'.repeat(32)}` });
    // What the SDK reads: of the manifest its configuration, and of that the variables.
    response.end(JSON.stringify({ config: { digest: 'sha256:c', Env: ['LANG=C'] } }));
  });
}
