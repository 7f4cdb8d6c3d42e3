import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';

const CHUNK_BYTES = 256 * 1024;
const readInBackground = promisify(read);

export interface OpenFile {
  /** The owner's execute bit. False on a platform without one. */
  readonly executable: boolean;
  /** Permission bits. */
  readonly mode: number;
  /**
   * The whole content, or chunks of 256 KiB for a larger file. A chunk is valid until the next one is requested, since
   * its memory is reused.
   */
  readonly content: Buffer | AsyncIterable<Buffer>;
}

/**
 * Opens a file for a single read. A file of at most 256 KiB is read synchronously, since the thread pool takes two to
 * three times as long for files that a checkout has just written. A larger one is streamed, so memory does not grow with
 * it.
 *
 * @throws the file system's error on opening or reading
 */
export function openContent(path: string): OpenFile {
  const descriptor = openSync(path, 'r');
  let streamed = false;
  try {
    const { mode, size } = fstatSync(descriptor);
    const executable = process.platform !== 'win32' && (mode & 0o100) !== 0;
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES) + 1);
    const length = readFully(descriptor, buffer);
    // The buffer has room for one byte more than the file's size. If it is full, the file is longer.
    if (length < buffer.length)
      return { executable, mode: mode & 0o7777, content: buffer.subarray(0, length) };
    streamed = true;
    return { executable, mode: mode & 0o7777, content: chunksOf(descriptor) };
  } finally {
    if (!streamed) closeSync(descriptor);
  }
}

function readFully(descriptor: number, buffer: Buffer): number {
  let length = 0;
  for (;;) {
    const bytes = readSync(descriptor, buffer, length, buffer.length - length, length);
    length += bytes;
    if (bytes === 0 || length === buffer.length) return length;
  }
}

/** Alternates between two buffers: one is filled while the other is in use. */
async function* chunksOf(descriptor: number): AsyncGenerator<Buffer> {
  const fillFrom = async (position: number, buffer: Buffer) => {
    let length = 0;
    for (;;) {
      const { bytesRead } = await readInBackground(
        descriptor,
        buffer,
        length,
        CHUNK_BYTES - length,
        position + length,
      );
      length += bytesRead;
      if (bytesRead === 0 || length === CHUNK_BYTES) return buffer.subarray(0, length);
    }
  };
  const begin = (position: number, buffer: Buffer) => {
    const filling = fillFrom(position, buffer);
    // The error is thrown where this is awaited. Until then a rejection must not end the process.
    filling.catch(() => {});
    return filling;
  };
  let [used, free] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
  let reading = begin(0, used);
  try {
    for (let position = 0; ; ) {
      const chunk = await reading;
      position += chunk.length;
      if (chunk.length === 0) return;
      reading = begin(position, free);
      [used, free] = [free, used];
      yield chunk;
    }
  } finally {
    // A descriptor that is being read must not be closed, since its number could go to another file.
    await reading.catch(() => {});
    closeSync(descriptor);
  }
}
