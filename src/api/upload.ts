import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { connectionError } from '../http/connection-error.ts';
import { untilAborted } from '../http/sleep.ts';
import type { TransportOptions } from './transport.ts';

/** When the connection has accepted a whole file, this much of it may still be in buffers of the system. */
const mostBuffered = 8_000_000;
const slowestBytesPerMs = 32;

/** What the store answered, with the text of its body. */
export interface UploadResponse {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/**
 * Puts the file at `path` (of `bytes` bytes) to an upload link, once. It has no time limit while bytes move. Resolves
 * with the store's response of any status. Rejects with a `ServiceError` when there is no response, or with the
 * signal's reason.
 */
export async function putFile(
  url: string,
  path: string,
  bytes: number,
  { uploadStallMs, network, signal }: Pick<TransportOptions, 'uploadStallMs' | 'network' | 'signal'>,
): Promise<UploadResponse> {
  signal?.throwIfAborted();
  const stall = stallTimer(uploadStallMs);
  const file = createReadStream(path);
  // Chunks are read as the connection accepts them, so each one is progress.
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of file) {
      stall.restart(uploadStallMs);
      yield chunk;
    }
    stall.restart(uploadStallMs + Math.min(bytes, mostBuffered) / slowestBytesPerMs);
  }
  const end = signal ? AbortSignal.any([stall.signal, signal]) : stall.signal;
  try {
    const sent = network.request(url, {
      method: 'PUT',
      // S3-like stores refuse a body of unknown length.
      headers: { 'content-length': String(bytes) },
      body: Readable.from(chunks(), { objectMode: false }),
      headersTimeout: 0,
      bodyTimeout: uploadStallMs,
      signal: end,
    });
    const response = await untilAborted(sent, end);
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      text: await response.body.text(),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    };
  } catch (cause) {
    signal?.throwIfAborted();
    const limit = { timedOut: stall.signal.aborted, limitMs: stall.limitMs() };
    throw connectionError('PUT upload', new URL(url).host, cause, limit);
  } finally {
    stall.stop();
    file.destroy();
  }
}

/** Aborts its signal when it is not restarted in time. */
function stallTimer(firstMs: number) {
  const stalled = new AbortController();
  let limitMs = firstMs;
  let timer: NodeJS.Timeout | undefined;
  const restart = (withinMs: number) => {
    limitMs = withinMs;
    clearTimeout(timer);
    // The connection keeps the process alive; this timer must not.
    timer = setTimeout(() => stalled.abort(), withinMs).unref();
  };
  restart(firstMs);
  return { signal: stalled.signal, restart, limitMs: () => limitMs, stop: () => clearTimeout(timer) };
}
