import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readChannel } from '../../src/definition/process/channel.ts';
import { boundedLines } from '../../src/definition/process/output.ts';
import type { HostMessage } from '../../src/definition/protocol.ts';

function linesOf(chunks: Buffer[], limit = { lines: 1000, characters: 100_000 }): string[] {
  const lines: string[] = [];
  const reader = boundedLines(limit, { lines: 0, characters: 0, cut: false }, (line) => lines.push(line));
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return lines;
}

/** Cuts bytes into pieces at these places. */
function pieces(bytes: Buffer, places: number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

describe('lines of output', () => {
  test('are whole however they arrive, and the last needs no line end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replace(/[\r\n]/g, ''))),
        fc.array(fc.nat()),
        (lines, places) => {
          const expected = [...lines, 'last'];
          expect(linesOf(pieces(Buffer.from(expected.join('\n')), places))).toEqual(expected);
        },
      ),
    );
  });

  test('lose their CR LF', () => {
    expect(linesOf([Buffer.from('a\r\n\r\nb\r\n')])).toEqual(['a', '', 'b']);
  });

  test('are cut with one note after so many lines', () => {
    const lines = linesOf([Buffer.from('x\n'.repeat(10)), Buffer.from('y\n')], { lines: 3, characters: 100 });
    expect(lines).toEqual(['x', 'x', 'x', expect.stringContaining('output cut here')]);
  });

  test('are cut with one note after so many characters, also without any line end', () => {
    const lines = linesOf([Buffer.from('x'.repeat(70)), Buffer.from('x'.repeat(70)), Buffer.from('z')], {
      lines: 100,
      characters: 100,
    });
    expect(lines).toEqual(['x'.repeat(100), expect.stringContaining('output cut here')]);
  });
});

const token = 'c0ffee';
const good: HostMessage = { type: 'problems', problems: [{ title: 'ä', message: '€'.repeat(100) }] };

async function received(chunks: Buffer[]): Promise<{ messages: HostMessage[]; noise: number }> {
  const stream = new PassThrough();
  const messages: HostMessage[] = [];
  let noise = 0;
  readChannel(stream, token, { message: (message) => messages.push(message), noise: () => noise++ });
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  return { messages, noise };
}

describe('the channel', () => {
  test('reads a message however it arrives', async () => {
    const bytes = Buffer.from(`\n${token} ${JSON.stringify(good)}\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), async (places) => {
        expect(await received(pieces(bytes, places))).toEqual({ messages: [good], noise: 0 });
      }),
    );
  });

  test('takes nothing that does not carry the token', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant(JSON.stringify(good)),
      fc.constant(`badbad ${JSON.stringify(good)}`),
      fc.json().map((json) => `${token.slice(1)} ${json}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text), async (lines) => {
        expect((await received([Buffer.from(`${lines.join('\n')}\n`)])).messages).toEqual([]);
      }),
    );
  });

  test.each([
    ['no JSON', '{'],
    ['another type', '{"type":"hello"}'],
    ['no problems', '{"type":"problems","problems":[]}'],
    ['a problem without a message', '{"type":"problems","problems":[{"title":"x"}]}'],
    ['a definition without anything', '{"type":"definition","definition":{}}'],
    [
      'a place without a line',
      '{"type":"problems","problems":[{"title":"x","message":"y","at":{"file":"/a"}}]}',
    ],
    ['a step whose arguments are no strings', definition({ steps: [{ wire: { type: 'RUN', args: [1] } }] })],
    ['an image that is no string', definition({ recipe: { fromImage: 1 } })],
    ['a source that is no line', definition({ sources: { base: 'template.ts:1' } })],
  ])('does not take %s for an answer, token or not', async (_, text) => {
    expect(await received([Buffer.from(`${token} ${text}\n`)])).toEqual({ messages: [], noise: 1 });
  });

  test('takes a definition that is whole, with all that a newer SDK adds', async () => {
    const text = definition({
      recipe: { fromImage: 'x', future: 1 },
      steps: [{ wire: { type: 'RUN', later: [2] } }],
    });
    expect((await received([Buffer.from(`${token} ${text}\n`)])).messages).toEqual([JSON.parse(text)]);
  });
});

function definition(change: object): string {
  const whole = {
    file: '/a/template.ts',
    kind: 'module',
    exportName: 'template',
    settings: {},
    notices: [],
    sdk: { from: 'action', version: '2.1.1' },
    recipe: { fromImage: 'x' },
    steps: [{ wire: { type: 'RUN', args: ['a'] }, source: { file: '/a/template.ts', line: 1 } }],
    sources: {},
    contextDirectory: '/a',
    ignorePatterns: [],
    warnings: [],
  };
  return JSON.stringify({ type: 'definition', definition: { ...whole, ...change } });
}
