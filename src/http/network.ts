import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher, RequestInit, Response } from 'undici';

/** Sends the requests of one job, and keeps their connections. */
export interface Network {
  /** `fetch` of undici. */
  readonly fetch: (url: string, init: Omit<RequestInit, 'dispatcher'>) => Promise<Response>;
  /** `request` of undici, which neither follows redirects nor decodes a body. */
  readonly request: (url: string | URL, options: RequestOptions) => Promise<Dispatcher.ResponseData>;
  /** Ends all requests and connections. */
  destroy(): Promise<void>;
}

type RequestOptions = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method' | 'dispatcher'> & {
  readonly method: Dispatcher.HttpMethod;
};

/**
 * A network that honors the variables of a proxy (`proxy.ts`). undici takes long to load, so this waits until the first
 * request: a run that asks nobody does without it.
 */
export function openNetwork(env: NodeJS.ProcessEnv): Network {
  return networkOf(async () => (await import('./proxy.ts')).proxyAwareDispatcher(env));
}

/** @param connect - makes the connections; called once, for the first request */
export function networkOf(connect: () => Dispatcher | Promise<Dispatcher>): Network {
  const load = async () => {
    const [{ fetch, request }, dispatcher] = await Promise.all([import('./proxy.ts'), connect()]);
    return { fetch, request, dispatcher };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const ready = async () => {
    loaded ??= load();
    const tools = await loaded;
    // undici frees a connection in the turn after its response. Before that, another one would be opened.
    await nextTurn();
    return tools;
  };
  return {
    async fetch(url, init) {
      const { fetch, dispatcher } = await ready();
      return fetch(url, { ...init, dispatcher });
    },
    async request(url, options) {
      const { request, dispatcher } = await ready();
      return request(url, { ...options, dispatcher });
    },
    async destroy() {
      await (await loaded)?.dispatcher.destroy();
    },
  };
}
