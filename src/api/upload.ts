import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { connectionError } from '../http/connection-error.ts';
import { untilAborted } from '../http/sleep.ts';
import type { TransportOptions } from './transport.ts';

/** The last part of a file is still in the buffers of the system when the connection has accepted all of it. */
const mostBuffered = 8_000_000;
const slowestBytesPerMs = 32;

/** What the store answered, with the text of its body. */
export interface UploadResponse {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/**
 * Puts the file at `path` (of `bytes` bytes) where an upload link points, once. It has no time limit while bytes move.
 * Resolves with the store's response, whatever its status. Rejects with a `ServiceError` when there is none, or with
 * the signal's reason.
 */
export async function putFile(
  url: string,
  path: string,
  bytes: number,
  { uploadStallMs, dispatcher, signal }: Pick<TransportOptions, 'uploadStallMs' | 'dispatcher' | 'signal'>,
): Promise<UploadResponse> {
  signal?.throwIfAborted();
  const stalled = new AbortController();
  let limitMs = uploadStallMs;
  let watch: NodeJS.Timeout | undefined;
  const expectProgress = (withinMs: number) => {
    limitMs = withinMs;
    clearTimeout(watch);
    // The connection keeps the process alive; this timer must not.
    watch = setTimeout(() => stalled.abort(), withinMs).unref();
  };
  const file = createReadStream(path);
  // Chunks are read as the connection takes them, so each one is progress.
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const chunk of file) {
      expectProgress(uploadStallMs);
      yield chunk;
    }
    expectProgress(uploadStallMs + Math.min(bytes, mostBuffered) / slowestBytesPerMs);
  }
  expectProgress(uploadStallMs);
  const over = signal ? AbortSignal.any([stalled.signal, signal]) : stalled.signal;
  try {
    const sent = request(url, {
      method: 'PUT',
      // S3-like stores refuse a body of unknown length.
      headers: { 'content-length': String(bytes) },
      body: Readable.from(watched(), { objectMode: false }),
      headersTimeout: 0,
      bodyTimeout: uploadStallMs,
      dispatcher,
      signal: over,
    });
    const response = await untilAborted(sent, over);
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      text: await response.body.text(),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    };
  } catch (cause) {
    signal?.throwIfAborted();
    throw connectionError('PUT upload', new URL(url).host, cause, {
      timedOut: stalled.signal.aborted,
      limitMs,
    });
  } finally {
    clearTimeout(watch);
    file.destroy();
  }
}
