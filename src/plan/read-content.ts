import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 256 * 1024;

export interface OpenFile {
  /** The execute bit of the owner. */
  readonly executable: boolean;
  /** The content from the start on, in chunks of at most 256 KiB. */
  readonly chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
}

/**
 * Opens a file for reading once. A file of at most 256 KiB is read at once and without the thread pool, which
 * would cost more than the reading; a larger one is streamed, so memory does not grow with it.
 *
 * @throws the error of the file system, when opening or while reading
 */
export function openContent(path: string): OpenFile {
  const descriptor = openSync(path, 'r');
  let streamed = false;
  try {
    const { mode, size } = fstatSync(descriptor);
    const executable = process.platform !== 'win32' && (mode & 0o100) !== 0;
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES) + 1);
    const read = readFully(descriptor, buffer);
    // A byte more than announced was asked for: what fills the buffer goes on after it.
    if (read < buffer.length) return { executable, chunks: [buffer.subarray(0, read)] };
    streamed = true;
    return {
      executable,
      chunks: createReadStream(path, { fd: descriptor, start: 0, highWaterMark: CHUNK_BYTES }),
    };
  } finally {
    if (!streamed) closeSync(descriptor);
  }
}

function readFully(descriptor: number, buffer: Buffer): number {
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, length);
    length += read;
    if (read === 0 || length === buffer.length) return length;
  }
}
