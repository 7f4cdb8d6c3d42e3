import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { BuildRunner } from './build-runner.ts';
import type { FileStore } from './files.ts';
import { ApiError, errorReply, invalidRequest, type Reply } from './http.ts';
import type { ServiceLimits } from './limits.ts';
import type { SandboxStore } from './sandbox-store.ts';
import { askSandbox, portRequest } from './served-port.ts';
import type { TemplateStore } from './store.ts';

/** The state that the endpoints work on. */
export interface ServiceContext {
  readonly store: TemplateStore;
  readonly files: FileStore;
  readonly runner: BuildRunner;
  readonly limits: ServiceLimits;
  readonly sandboxes: SandboxStore;
  /** The team's slug, the namespace of all names. */
  readonly team: string;
  /** The most log entries in one response. */
  readonly pageSize: number;
  /** The status for a build's identifier as the target of tags; `undefined` if it is taken. */
  readonly refuseBuildTargets: 400 | 404 | undefined;
  /** Absolute URL for an upload with this token. */
  uploadUrl(token: string): string;
}

/** A request as an endpoint sees it. */
export interface Call {
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly incoming: IncomingMessage;
  /** A decoded part of the path. */
  param(name: string): string;
  /** Reads the JSON body. */
  json(): Promise<unknown>;
}

export interface Route {
  readonly method: string;
  /** `/templates/{templateID}`; a part in braces matches one segment. */
  readonly path: string;
  /** Needs no API key. */
  readonly open?: true;
  handle(call: Call, context: ServiceContext): Reply | Promise<Reply>;
}

/** Turns a request into a response. Never throws. */
export type Router = (
  incoming: IncomingMessage,
  json: (incoming: IncomingMessage) => Promise<unknown>,
) => Promise<Reply>;

/** Puts the routes behind the check of the API key. The first route that matches is used. */
export function createRouter(routes: readonly Route[], context: ServiceContext, apiKey: string): Router {
  const table = routes.map((route) => ({ route, pattern: compile(route.path) }));
  return async (incoming, json) => {
    try {
      const port = portRequest(incoming.headers);
      if (port) return await askSandbox(port, incoming, context.sandboxes);
      const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
      for (const { route, pattern } of table) {
        const match = route.method === incoming.method ? pattern.exec(url.pathname) : null;
        if (!match) continue;
        if (!route.open) checkKey(incoming.headers, apiKey);
        const params = decode(match.groups ?? {});
        const call: Call = {
          query: url.searchParams,
          headers: incoming.headers,
          incoming,
          param: (name) => params[name] ?? '',
          json: () => json(incoming),
        };
        return await route.handle(call, context);
      }
      throw new ApiError(404, 'validation error: no matching operation was found');
    } catch (error) {
      return errorReply(error);
    }
  };
}

function compile(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

function decode(groups: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    throw invalidRequest('a part of the path is not valid percent-encoding');
  }
}

function checkKey(headers: IncomingHttpHeaders, apiKey: string): void {
  const key = headers['x-api-key'];
  if (key === apiKey) return;
  if (key === undefined && headers.authorization === undefined) {
    throw new ApiError(401, 'authorization header is missing');
  }
  throw new ApiError(
    401,
    'Invalid API key, please visit the key page of your account.\nThe embedded service takes only the key it was started with.',
  );
}
