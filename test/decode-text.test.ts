import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../src/decode-text.ts';

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

describe('the text of a file that a person wrote', () => {
  it.each<[string, Buffer, string]>([
    ['UTF-8', Buffer.from('node_modules\nä\n'), 'node_modules\nä\n'],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFFa\n'), 'a\n'],
    ['UTF-16, little end first', utf16('.git\r\nä\r\n'), '.git\r\nä\r\n'],
    ['UTF-16, big end first', swapped(utf16('.git\r\n')), '.git\r\n'],
    ['UTF-16 with names beyond its first plane', utf16('🐈\n'), '🐈\n'],
    ['nothing', Buffer.alloc(0), ''],
    ['a byte order mark alone', utf16(''), ''],
  ])('is read: %s', (_, content, text) => {
    expect(decodeText(content)).toEqual({ ok: true, value: text });
  });

  it.each<[string, Buffer, RegExp, number]>([
    ['UTF-16 without a byte order mark', Buffer.from('a\n.env\n', 'utf16le'), /NUL bytes/, 1],
    [
      'UTF-16 after UTF-8',
      Buffer.concat([Buffer.from('a\nb\n'), Buffer.from('.env\r\n', 'utf16le')]),
      /NUL/,
      3,
    ],
    ['UTF-8 after UTF-16', Buffer.concat([utf16('a\r\n'), Buffer.from('.env\n\n')]), /line 2 seems/, 2],
    [
      'UTF-8 of an odd length after UTF-16',
      Buffer.concat([utf16('a\n'), Buffer.from('.env\n')]),
      /not all/,
      1,
    ],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /not all/, 1],
    ['half a pair of UTF-16', Buffer.concat([utf16('a'), Buffer.from([0, 0xd8])]), /not all/, 1],
    ['Latin-1', Buffer.from('a\ncaf\xe9\n', 'latin1'), /line 2 is not valid UTF-8/, 2],
    ['no text at all', Buffer.from([0x61, 0x0a, 0]), /NUL/, 2],
  ])('is refused at its line: %s', (_, content, fault, line) => {
    expect(decodeText(content)).toEqual({ ok: false, reason: expect.stringMatching(fault), line });
  });

  it('is never something else than was written, whatever is appended', () => {
    const ascii = fc.string({ unit: fc.constantFrom(...'abc.*!/\n'), minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(
        ascii,
        ascii,
        fc.constantFrom(utf16, (text: string) => swapped(utf16(text))),
        (one, two, encode) => {
          expect(decodeText(encode(one))).toEqual({ ok: true, value: one });
          expect(decodeText(Buffer.concat([encode(one), Buffer.from(two)]))).toHaveProperty('ok', false);
          expect(decodeText(Buffer.concat([Buffer.from(two), encode(one).subarray(2)]))).toHaveProperty(
            'ok',
            false,
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});
