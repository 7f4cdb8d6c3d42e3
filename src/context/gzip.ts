import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';

const deflate = promisify(deflateRaw);

/** Large enough that a compressor's start does not count, small enough that a few in flight do not either. */
const BLOCK_BYTES = 512 * 1024;
/** How far back a match may reach. */
const WINDOW_BYTES = 32 * 1024;
/** Node's thread pool has four threads. */
const MOST_AT_ONCE = 4;
/** Half again as fast as the usual 6 on program text, for three per cent more bytes. */
const LEVEL = 4;

/** Pieces of a block that tell whether it can be compressed at all. */
const SAMPLES = 4;
const SAMPLE_BYTES = 4096;
/** Above this part of their length, samples are noise: packages, pictures, what is compressed already. */
const NOISE = 0.97;

/** Magic, deflate, no flags, no time, no hint, unknown system: RFC 1952, section 2.3. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block: RFC 1951, section 3.2.6. */
const END = Buffer.from([3, 0]);

/**
 * Compresses a stream of bytes to one gzip member with as many threads as the machine has, at most four. Each
 * block is compressed on its own, with what came before it as its dictionary, and ends on a whole byte, so
 * that the results are one stream when written in a row. Noise is stored, since trying to compress it takes
 * longer than sending the few bytes that this would save. The result depends on the bytes alone, not on how
 * they came or on the number of threads; memory does not grow with it. Pieces may be used again by their
 * maker once the next one is asked for.
 */
export async function* gzip(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism());
  const running: Promise<Buffer>[] = [];
  let dictionary: Buffer | undefined;
  let checksum = 0;
  let bytes = 0;
  yield HEADER;
  for await (const block of blocksOf(pieces)) {
    checksum = crc32(block, checksum);
    bytes += block.length;
    running.push(compress(block, dictionary));
    dictionary = block.subarray(-WINDOW_BYTES);
    const [oldest] = running;
    if (!oldest || running.length < atOnce) continue;
    yield await oldest;
    running.shift();
  }
  for (const each of running) yield await each;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  yield Buffer.concat([END, trailer]);
}

function compress(block: Buffer, dictionary: Buffer | undefined): Promise<Buffer> {
  return deflate(block, {
    level: isNoise(block) ? constants.Z_NO_COMPRESSION : LEVEL,
    finishFlush: constants.Z_SYNC_FLUSH,
    // All of the result in one piece: each piece costs a way to the thread pool and back.
    chunkSize: BLOCK_BYTES + 1024,
    ...(dictionary && { dictionary }),
  });
}

function isNoise(block: Buffer): boolean {
  const stride = Math.ceil(block.length / SAMPLES);
  const samples = Buffer.concat(
    Array.from({ length: SAMPLES }, (_, index) => block.subarray(index * stride).subarray(0, SAMPLE_BYTES)),
  );
  return deflateRawSync(samples, { level: constants.Z_BEST_SPEED }).length > samples.length * NOISE;
}

/** The same bytes in copies of equal length, the last one shorter. */
async function* blocksOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  let length = 0;
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const copied = piece.copy(block, length, from);
      from += copied;
      length += copied;
      if (length < BLOCK_BYTES) continue;
      yield block;
      block = Buffer.allocUnsafe(BLOCK_BYTES);
      length = 0;
    }
  }
  if (length > 0) yield block.subarray(0, length);
}
