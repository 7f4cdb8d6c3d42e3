import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Reply, readJson, sendReply } from './http.ts';
import type { Router } from './router.ts';

/** A request and the status of its response. */
export interface RequestRecord {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The parsed JSON body; absent when there is none or it was not read. */
  readonly body?: unknown;
  /** Absent until a response is sent. */
  readonly status?: number;
}

/**
 * Runs between router and socket. `next` carries the request out and returns the response, which the interceptor may
 * send, change, delay or drop. It may also respond without calling `next`.
 */
export type Interceptor = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => Promise<Reply>,
) => Promise<void>;

/** Sends the router's response. */
export const passThrough: Interceptor = async (_request, response, next) => sendReply(response, await next());

type Draft = { -readonly [K in keyof RequestRecord]: RequestRecord[K] };

/** Keeps the newest `keep` requests in `records` and puts the interceptor in front of the router. */
export function createHttpServer(
  router: Router,
  intercept: Interceptor,
  records: RequestRecord[],
  keep: number,
): Server {
  return createServer((request, response) => {
    const record: Draft = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      at: Date.now(),
    };
    records.push(record);
    if (records.length > keep) records.shift();
    response.once('finish', () => {
      record.status = response.statusCode;
    });
    const next = () =>
      router(request, async (incoming) => {
        record.body = await readJson(incoming);
        return record.body;
      });
    intercept(request, response, next).catch((error: Error) => response.destroy(error));
  });
}

/** Listens on the loopback interface only; port 0 takes any free one. */
export function listen(server: Server, port: number): Promise<number> {
  // A client that polls keeps its connection between two requests.
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
