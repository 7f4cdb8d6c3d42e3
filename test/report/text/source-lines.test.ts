import { describe, expect, test } from 'vitest';
import { placeMarkdown } from '../../../src/report/markdown/markdown.ts';
import { linesAround, numberedLines } from '../../../src/report/text/source-lines.ts';

const file = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join('\n');
const numbers = (content: string, line: number) => linesAround(content, line).map(({ number }) => number);

describe('the lines around a line', () => {
  test.each([
    [1, [1, 2, 3, 4]],
    [2, [1, 2, 3, 4, 5]],
    [8, [6, 7, 8, 9, 10, 11]],
    [12, [10, 11, 12]],
    [13, []],
    [0, []],
    [-1, []],
  ])('of line %j are %j', (line, expected) => {
    expect(numbers(file, line)).toEqual(expected);
    expect(numbers(`${file}\n\n\n`, line)).toEqual(expected);
    expect(numbers(file.replaceAll('\n', '\r\n'), line)).toEqual(expected);
  });

  test.each([
    ['an empty line', 'a\n\nb', 2],
    ['a minified file', `${'x;'.repeat(5000)}`, 1],
    ['bytes', 'a\0b\nc', 2],
    ['nothing', '', 1],
  ])('are none for %s', (_, content, line) => {
    expect(linesAround(content, line)).toEqual([]);
  });

  test('are numbered, and the line is marked', () => {
    const shown = numberedLines(linesAround(file, 9), { file: '/t.ts', line: 9 });
    expect(shown).toEqual([
      ' 7 |     line 7',
      ' 8 |     line 8',
      ' 9 | >>> line 9',
      '10 |     line 10',
      '11 |     line 11',
      '12 |     line 12',
    ]);
  });

  test('are cut where they are long', () => {
    const [shown = ''] = numberedLines([{ number: 1, text: 'x'.repeat(900) }], { file: '/t.ts', line: 1 });
    expect(shown).toMatch(/^1 \| >>> x{100,}… \(\d+ more characters\)$/);
    expect(shown.length).toBeLessThan(180);
  });
});

describe('a value that looks secret', () => {
  test.each([
    [".setEnvs({ HF_TOKEN: 'hf_1', PORT: '8000' })", ".setEnvs({ HF_TOKEN: '***', PORT: '8000' })"],
    [`{ "apiKey": "a b", 'dbPassword': \`x\` }`, `{ "apiKey": '***', 'dbPassword': '***' }`],
    ["const token = 'abc", "const token = '***'"],
    ['{ HF_TOKEN: process.env.HF_TOKEN }', '{ HF_TOKEN: process.env.HF_TOKEN }'],
    ['ENV HF_TOKEN=abc PORT=8000', 'ENV HF_TOKEN=*** PORT=8000'],
    ['ENV HF_TOKEN abc', 'ENV HF_TOKEN ***'],
    ['ARG NPM_TOKEN="a b"', 'ARG NPM_TOKEN=***'],
    ['ENV HF_TOKEN=$HF_TOKEN', 'ENV HF_TOKEN=$HF_TOKEN'],
    ["RUN make TOKEN='x'", "RUN make TOKEN='***'"],
  ])('is left out of %s', (line, shown) => {
    const [text] = numberedLines([{ number: 1, text: line }], { file: '/t.ts', line: 1 });
    expect(text).toBe(`1 | >>> ${shown}`);
  });
});

describe('a place in Markdown', () => {
  test.each([
    ['t.ts:1', 'https://github.com/o/r/blob/a/t.ts#L1', '[`t.ts:1`](https://github.com/o/r/blob/a/t.ts#L1)'],
    ['t.ts:1', undefined, '`t.ts:1`'],
    ['t.ts:1', 'javascript:alert(1)', '`t.ts:1`'],
    ['t.ts:1', 'https://x/) [y](https://z', '`t.ts:1`'],
  ])('%s with %s is %s', (place, url, markdown) => {
    expect(placeMarkdown(place, url)).toBe(markdown);
  });
});
