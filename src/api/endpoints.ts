import type { paths } from 'novita-sandbox';
import type { Client, ClientPathsWithMethod, MaybeOptionalInit } from 'openapi-fetch';
import type { ApiRequest, ApiResponse } from './transport.ts';

/** The endpoints that the published schema lacks. */
interface UnpublishedPaths {
  '/sandboxes/quota': { get: Unpublished<undefined> };
  '/v2/templates': { get: Unpublished<Record<string, string | number>> };
}

interface Unpublished<Query> {
  parameters: { query?: Query };
  responses: { 200: { content: { 'application/json': unknown } } };
}

type ApiPaths = Omit<paths, keyof UnpublishedPaths> & UnpublishedPaths;

type Call<Method extends 'get' | 'post' | 'delete'> = <
  Path extends ClientPathsWithMethod<Client<ApiPaths>, Method>,
>(
  path: Path,
  init?: MaybeOptionalInit<ApiPaths[Path], Method & keyof ApiPaths[Path]>,
) => Promise<ApiResponse>;

/** Sends one request to an endpoint, with the parameters and the body that the service's schema gives it. */
export interface Endpoints {
  readonly GET: Call<'get'>;
  readonly POST: Call<'post'>;
  readonly DELETE: Call<'delete'>;
}

interface Init {
  readonly params?: {
    readonly path?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | undefined>>;
  };
  readonly body?: unknown;
}

/**
 * The types are those of openapi-fetch. Its code would load the `fetch` of Node.js beside undici.
 *
 * @param baseUrl - without a slash at the end
 */
export function endpoints(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  send: (request: ApiRequest) => Promise<ApiResponse>,
): Endpoints {
  const call =
    (method: ApiRequest['method']) =>
    (path: string, { params: { path: names = {}, query = {} } = {}, body }: Init = {}) => {
      const url = new URL(
        baseUrl + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name] ?? '')),
      );
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) url.searchParams.append(name, String(value));
      }
      return send({ method, url, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    };
  return { GET: call('GET'), POST: call('POST'), DELETE: call('DELETE') } as Endpoints;
}
