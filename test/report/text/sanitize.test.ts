import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutWithMark, lineLimit, printableLines, singleLine } from '../../../src/report/text/sanitize.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { runnerCommand } from '../../support/runner-log.ts';

test.each<[string, string, string[]]>([
  ['nothing', '', ['']],
  ['plain text with a tab', 'a\tb', ['a\tb']],
  ['every line end', 'a\r\nb\nc\vd\fe\u0085f\u2028g\u2029h', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
  ['one newline at the end', 'a\n', ['a']],
  ['blank lines between', 'a\n\nb', ['a', '', 'b']],
  ['a lone CR', 'a\r::error::b', ['a', '::error::b']],
  ['colours', '\u001b[1;31mred\u001b[0m', ['red']],
  ['8-bit colours', '\u009b31mred\u009b0m', ['red']],
  ['a window title', '\u001b]0;title\u0007text', ['text']],
  ['a link', '\u001b]8;;http://x\u001b\\here\u001b]8;;\u001b\\', ['here']],
  ['a window title without an end', 'a\u001b]0;important', ['aimportant']],
  ['a device string', '\u001bPq#0\u001b\\x', ['x']],
  ['other escapes', '\u001b(B\u001b7\u001bcx\u001b', ['x']],
  ['a cut sequence', 'x\u001b[', ['x']],
  ['controls', 'a\u0000\u0007\u0008\u007f\u0090b', ['ab']],
  ['direction controls', 'a\u202eb\u2066c\u200f', ['a<U+202E>b<U+2066>c<U+200F>']],
  ['invisible characters', 'a\u200b\u00ad\u2060\ufeff\u{e0041}b', ['ab']],
  ['lone surrogates', 'a\ud800b\udc00', ['a\ufffdb\ufffd']],
  ['other scripts', 'Grüße 你好 🎉 مرحبا', ['Grüße 你好 🎉 مرحبا']],
  ['a runner command', 'x ##[error]y', ['x ##\\[error]y']],
  ['a hidden runner command', '#\u200b#\u001b[0m[error]y', ['##\\[error]y']],
  ['many signs', '####[group]', ['####\\[group]']],
  ['an Azure command', '##VSO[task.x]', ['##VSO\\[task.x]']],
  ['a TeamCity command', '##teamcity[blockOpened]', ['##teamcity\\[blockOpened]']],
  ['a few redraws', '1%\r2%\r3%', ['1%', '2%', '3%']],
  ['a progress bar', 'get 1%\rget 2%\rget 3%\rget 99%\rdone', ['get 99% (after 3 updates)', 'done']],
  [
    'an error between redraws',
    '1\r2\r3\r4\rERROR: full\r5\r6',
    ['4 (after 3 updates)', 'ERROR: full', '5', '6'],
  ],
  ['nothing but CR', '\r\r', ['']],
])('%s', (_, text, lines) => {
  expect(printableLines(text)).toEqual(lines);
});

test('a line of a megabyte is cut and says how much is missing', () => {
  const [line = '', ...others] = printableLines(`${'x'.repeat(1_000_000)}`);
  expect(others).toEqual([]);
  expect(line).toMatch(/^x+… \(996,0\d\d more characters\)$/);
  expect(line.length).toBeLessThanOrEqual(lineLimit);
});

test('a cut never splits a character', () => {
  expect(printableLines(`${'x'.repeat(lineLimit - 1)}🎉🎉`)[0]?.isWellFormed()).toBe(true);
  expect(cutWithMark('🎉'.repeat(100), 64).isWellFormed()).toBe(true);
});

test('a message is cut to exactly what fits, mark included', () => {
  const cut = cutWithMark('y'.repeat(5000), 4096);
  expect(cut.length).toBeLessThanOrEqual(4096);
  expect(cut).toMatch(/^y+… \(\d,?\d* more characters\)$/);
  const [, kept = '', missing = ''] = /^(y+)… \((.*) more/.exec(cut) ?? [];
  expect(kept.length + Number(missing.replace(',', ''))).toBe(5000);
});

test.each([
  ['a\n  b\tc', 20, 'a b c'],
  ['one two three four', 15, 'one two three…'],
  ['x'.repeat(30), 10, `${'x'.repeat(9)}…`],
])('one line of %j in %i characters', (text, max, expected) => {
  expect(singleLine(text, max)).toBe(expected);
});

test('of every text, each line is one line, visible, well formed and no command behind a mark', () => {
  fc.assert(
    fc.property(hostileText(), (text) => {
      for (const line of printableLines(text)) {
        expect(line).not.toMatch(
          /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f]/,
        );
        expect(line.isWellFormed()).toBe(true);
        expect(line.length).toBeLessThan(lineLimit + 1000);
        expect(runnerCommand(`│ ${line}`)).toBeUndefined();
      }
      expect(singleLine(text, 80).length).toBeLessThanOrEqual(80);
    }),
    { numRuns: 2000 },
  );
});

test('a tab within the mark of a command does not hide it', () => {
  expect(printableLines('##\t[group]x')).toEqual(['##\t\\[group]x']);
  expect(printableLines('#\t#[group]x')).toEqual(['#\t#\\[group]x']);
});

test('plain lines come out as they went in', () => {
  const plainLine = fc.string().filter((text) => !/#\t*#/.test(text));
  fc.assert(
    fc.property(fc.array(plainLine, { minLength: 1 }), (lines) => {
      fc.pre(lines.at(-1) !== '');
      expect(printableLines(lines.join('\n'))).toEqual(lines);
    }),
  );
});
