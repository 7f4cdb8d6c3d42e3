import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';

const CHUNK_BYTES = 256 * 1024;
const readInBackground = promisify(read);

export interface OpenFile {
  /** The execute bit of the owner; false where the platform has none. */
  readonly executable: boolean;
  /** Permission bits. */
  readonly mode: number;
  /**
   * The content from the start on: at once, or, of a file above 256 KiB, in chunks of that size. A chunk is
   * good until the next one is asked for, since its memory is used again.
   */
  readonly content: Buffer | AsyncIterable<Buffer>;
}

/**
 * Opens a file for reading once. A file of at most 256 KiB is read at once and without the thread pool, whose
 * use takes two to three times as long as reading what a checkout has just written; a larger one is streamed,
 * so memory does not grow with it.
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
    const length = readFully(descriptor, buffer);
    // A byte more than announced was asked for: what fills the buffer goes on after it.
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

/** Two buffers in turn: one is filled while the other is in use. */
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
    // Whoever awaits it gets the error; until then nobody does, which must not end the process.
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
    // A descriptor must not be closed, and its number given to another file, while it is being read.
    await reading.catch(() => {});
    closeSync(descriptor);
  }
}
