import type { Result } from './result.ts';

/** The text of a file, or why it cannot be read as text (the end of a sentence) and the line. */
export type Decoded = Result<string, { readonly line: number }>;

/**
 * Decodes a text file that a person wrote: UTF-8, or UTF-16 with a byte order mark, which is what PowerShell 5 writes.
 * A file of uncertain encoding is refused, since it could be read as something else than its author wrote.
 */
export function decodeText(content: Uint8Array): Decoded {
  const [first, second] = content;
  if (first === 0xff && second === 0xfe) return decodeUtf16(content, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decodeUtf16(content, 'utf-16be');
  const nul = content.indexOf(0);
  if (nul >= 0) {
    const reason =
      'it holds NUL bytes, so it is UTF-16 without a byte order mark, a mix of encodings, or not text';
    return { ok: false, reason, line: splitLines(content.subarray(0, nul)).length };
  }
  const text = decode(content, 'utf-8');
  if (text !== undefined) return { ok: true, value: text };
  const line = splitLines(content).findIndex((bytes) => decode(bytes, 'utf-8') === undefined) + 1;
  return { ok: false, reason: `line ${line} is not valid UTF-8`, line };
}

function decodeUtf16(content: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): Decoded {
  const text = decode(content, encoding);
  if (text === undefined || text.includes('\0'))
    return { ok: false, reason: 'it begins as UTF-16, but not all of it is UTF-16', line: 1 };
  // Lines that were appended in ASCII, two characters at a time, read as Chinese.
  const mixed = text.split('\n').findIndex((line) => [...line].some(isTwoOfAscii));
  if (mixed < 0) return { ok: true, value: text };
  const line = mixed + 1;
  const reason = `it begins as UTF-16, but line ${line} seems to be in another encoding`;
  return { ok: false, reason, line };
}

function decode(content: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

function isTwoOfAscii(character: string): boolean {
  const code = character.charCodeAt(0);
  return [code >> 8, code & 0xff].every((byte) => /[\t\n\r\x20-\x7e]/.test(String.fromCharCode(byte)));
}

function splitLines(content: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, start)) {
    lines.push(content.subarray(start, end));
    start = end + 1;
  }
  return [...lines, content.subarray(start)];
}
