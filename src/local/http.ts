import type { IncomingMessage, ServerResponse } from 'node:http';

/** A response as a value, which an interceptor can still change or drop. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Sends a body in pieces, in place of `body`. `gone` fires when the client leaves. */
  readonly stream?: (send: (bytes: Buffer) => void, gone: AbortSignal) => Promise<void>;
}

/** An error response with the service's status and message; becomes `{code, message}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** A response without a body (`Content-Length: 0`). */
export function empty(status: number): Reply {
  return { status, headers: {}, body: '' };
}

/** The response for an error that a handler threw. */
export function errorReply(error: unknown): Reply {
  const status = error instanceof ApiError ? error.status : 500;
  const message = error instanceof Error ? error.message : String(error);
  // Otherwise the unread rest of the body would be read as the next request of the connection.
  return json(status, { code: status, message }, status === 413 ? { connection: 'close' } : {});
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  if (reply.stream) {
    sendStream(response, reply.status, reply.headers, reply.stream);
    return;
  }
  const bodyless = reply.status === 204 || reply.status === 304;
  const length = bodyless ? {} : { 'content-length': String(Buffer.byteLength(reply.body)) };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  response.end(reply.body);
}

function sendStream(
  response: ServerResponse,
  status: number,
  headers: Reply['headers'],
  stream: NonNullable<Reply['stream']>,
): void {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(status, headers);
  response.flushHeaders();
  stream((bytes) => response.write(bytes), gone.signal).then(
    () => response.end(),
    (error: Error) => response.destroy(error),
  );
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Reads a JSON body of at most 16 MiB.
 *
 * @throws ApiError 400 for another content type or for text that is not JSON, 413 for a longer body.
 */
export async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const type = incoming.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) {
    throw invalidBody(`header Content-Type has unexpected value ${JSON.stringify(type)}`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ApiError(413, 'http: request body too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw invalidBody(`failed to decode request body: ${(error as Error).message}`);
  }
}

/** A request that does not fit the API's schema, in the words of the service's request validation. */
export function invalidRequest(detail: string): ApiError {
  return new ApiError(400, `validation error: error in openapi3filter.RequestError: ${detail}`);
}

export function invalidBody(detail: string): ApiError {
  return invalidRequest(`request body has an error: ${detail}`);
}
