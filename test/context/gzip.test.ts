import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzip } from '../../src/context/gzip.ts';

/** Compresses in pieces of these lengths, again and again, all in the same memory. */
async function compressed(bytes: Buffer, lengths: readonly number[]): Promise<Buffer> {
  async function* pieces() {
    const memory = Buffer.alloc(Math.max(...lengths));
    for (let from = 0, index = 0; from < bytes.length; index++) {
      const length = bytes.copy(memory, 0, from, from + (lengths[index % lengths.length] ?? 1));
      yield memory.subarray(0, length);
      from += length;
    }
  }
  const parts: Buffer[] = [];
  for await (const part of gzip(pieces())) parts.push(part);
  return Buffer.concat(parts);
}

/** Program text of a kind, with matches that reach across blocks. */
const text = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes / 20 }, (_, index) => `line ${index % 977} of a file\n`).join(''));

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(1_500_000).map((length) => randomBytes(length)),
  fc.nat(2_500_000).map(text),
  // Whole blocks, and one byte beside them.
  fc.integer({ min: -1, max: 1 }).map((more) => Buffer.alloc(2 * 512 * 1024 + more, 7)),
);

describe('gzip in parallel', () => {
  it('gives back any bytes, however they came', async () => {
    const lengths = fc.array(fc.integer({ min: 100, max: 700_000 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(content, lengths, async (bytes, pieces) => {
        expect(gunzipSync(await compressed(bytes, pieces)).equals(bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('is one member, which every gzip reads', async () => {
    const bytes = text(3_000_000);
    const packed = await compressed(bytes, [65_536]);
    expect(execFileSync('gzip', ['-dc'], { input: packed, maxBuffer: 1e8 }).equals(bytes)).toBe(true);
    // A second header would show that the length at the end is that of a part.
    expect(packed.readUInt32LE(packed.length - 4)).toBe(bytes.length);
  });

  it('depends on the bytes alone, and finds what was said in the block before', async () => {
    const half = Buffer.from(randomBytes(15_000).toString('hex'));
    const bytes = Buffer.concat([Buffer.alloc(512 * 1024 - 30_000), half, half]);
    const packed = await compressed(bytes, [65_536]);
    expect((await compressed(bytes, [999, 300_000])).equals(packed)).toBe(true);
    expect(packed.length).toBeLessThan(25_000);
  });

  it('keeps noise as it is, and nothing else', async () => {
    const noise = randomBytes(2 * 512 * 1024);
    const stored = await compressed(Buffer.concat([noise, text(1_500_000)]), [65_536]);
    expect(stored.includes(noise.subarray(0, 65_000))).toBe(true);
    expect(stored.length).toBeLessThan(noise.length + 100_000);
    // Noise of six bits in each byte.
    const letters = Buffer.from(noise.toString('base64'));
    expect((await compressed(letters, [65_536])).length).toBeLessThan(letters.length * 0.8);
  });

  it('passes on what goes wrong in its source', async () => {
    async function* broken() {
      yield randomBytes(2_000_000);
      throw new Error('gone');
    }
    const all = async () => {
      for await (const part of gzip(broken())) expect(part).toBeDefined();
    };
    await expect(all()).rejects.toThrow('gone');
  });
});
