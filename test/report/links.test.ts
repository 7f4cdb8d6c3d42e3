import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { commentLimit, renderComment } from '../../src/report/markdown/comment.ts';
import { escapeMarkdown, fence, inlineCode, table } from '../../src/report/markdown/markdown.ts';
import type { ResultDocument } from '../../src/report/result/result.ts';
import { hostileText } from '../support/hostile-text.ts';
import { sampleResult } from '../support/sample-build.ts';

const html = (markdown: string) =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });

/** What GitHub adds to that: links to people, issues and other repositories, in text that is not code. */
function referencesIn(rendered: string): string[] {
  const prose = rendered.replace(/<code>.*?<\/code>/gs, '').replace(/<[^>]*>/g, ' ');
  const text = prose.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  return [...text.matchAll(/@[a-z\d]|#\d|\bGH-\d/gi)].map(([found]) => found);
}

const links = [
  'www.example.com',
  '_www.example.com',
  'WWW.example.com',
  'http://example.com',
  'HTTPS://example.com',
  'ftp://example.com/a',
  'mailto:a@example.com',
  'xmpp:a@example.com',
  'a@example.com',
  '@octocat',
  '#1',
  'GH-2',
  'gh-2',
  'owner/repo#3',
  'owner/repo@0123456789',
  '[a](http://b.c)',
  '<http://b.c>',
  '![a](http://b.c/d.png)',
];
const hostile = fc
  .array(fc.oneof(hostileText(), fc.constantFrom(...links)), { maxLength: 6 })
  .map((parts) => parts.join(' '));

describe('untrusted text makes no link', () => {
  const ways: [string, (text: string) => string][] = [
    ['as prose', (text) => escapeMarkdown(text)],
    ['as code', (text) => inlineCode(text)],
    ['as code with a bar', (text) => inlineCode(`${text}|`)],
    ['as a heading', (text) => `### ${escapeMarkdown(text)}`],
    ['in a table', (text) => table(['a', 'b'], [[escapeMarkdown(text), inlineCode(text)]])],
  ];

  test.each(ways.flatMap(([way, write]) => links.map((link) => ({ way, write, link }))))(
    '$link $way',
    ({ write, link }) => {
      const rendered = html(write(`see ${link}`));
      expect(rendered).not.toMatch(/<a |<img/);
      expect(referencesIn(rendered)).toEqual([]);
    },
  );

  test.each(ways)('any text, %s', (_, write) => {
    fc.assert(
      fc.property(hostile, (text) => {
        const rendered = html(write(text));
        expect(rendered).not.toMatch(/<a |<img/);
        expect(referencesIn(rendered)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test.each([3, 16, 17, 100, 199])(
  '%i backticks in a row stay code, between marks that are shorter',
  (count) => {
    for (const write of [inlineCode, fence]) {
      const text = '`'.repeat(count);
      const markdown = write(text);
      expect(
        html(markdown)
          .match(/<code>(.*?)\s*<\/code>/s)?.[1]
          ?.replaceAll('\u200b', ''),
      ).toBe(text);
      // A mark is one longer than the longest run, and runs are parted after 16.
      expect(Math.max(...(markdown.match(/`+/g) ?? []).map(({ length }) => length))).toBeLessThanOrEqual(17);
    }
  },
);

test('a comment keeps its limit for every result file', () => {
  const ticks = fc.integer({ min: 1, max: 12_000 }).map((count) => '`'.repeat(count));
  const long = fc.tuple(
    fc.oneof(hostileText(), ticks, fc.constantFrom('@', '|', '😀', '<', '#1 ')),
    fc.nat(3000),
  );
  const text = long.map(([part, times]) => part.repeat(times).slice(0, 20_000));
  fc.assert(
    fc.property(fc.record({ text, message: text, line: text }), ({ text, message, line }) => {
      const base = sampleResult();
      const [step] = base.steps;
      const result = {
        ...base,
        status: 'error',
        tags: Array.from({ length: 40 }, () => text.slice(0, 128)),
        base: text.slice(0, 2000),
        steps: Array.from({ length: 200 }, () => ({ ...step, title: text.slice(0, 2000) })),
        failure: {
          class: 'unknown',
          title: text.slice(0, 2000),
          what: text,
          advice: text,
          next: text,
          retry: 'never',
          message,
          source: text.slice(0, 2000),
          lastLines: Array.from({ length: 30 }, () => line.slice(0, 10_000)),
        },
      } as unknown as ResultDocument;
      const { body } = renderComment({ result, key: text.slice(0, 100), run: { run: 1, attempt: 1 } });
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(commentLimit);
      expect(body).toContain('### Template `my-agent` failed to build');
    }),
    { numRuns: 60 },
  );
});
