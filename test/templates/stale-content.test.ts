import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentTags } from '../../src/api/content-tag.ts';
import { staleContentTags } from '../../src/templates/sweep-content-tags.ts';
import { contentTag, dayMs } from '../support/content-tags.ts';

const now = Date.parse('2026-11-24T03:00:00Z');
const before = now - 90 * dayMs;

type Row = readonly [tag: string, build: string, daysOld: number];
const stale = (rows: readonly Row[]) =>
  staleContentTags(
    rows.map(([tag, buildID, days]) => ({
      tag,
      buildID,
      createdAt: new Date(now - days * dayMs).toISOString(),
    })),
    before,
  ).map(({ tag }) => tag);

const [a, b] = [contentTag('a'), contentTag('b')];
const [aFrom7, aFrom8] = [contentTag('a', '7'), contentTag('a', '8')];

describe('content tags are stale', () => {
  test.each<[string, Row[], string[]]>([
    [
      'of an old build without another tag',
      [
        [a, 'x', 91],
        [aFrom7, 'x', 91],
      ],
      [a, aFrom7],
    ],
    ['of an old build without a commit', [[a, 'x', 91]], [a]],
    [
      'oldest first',
      [
        [a, 'x', 91],
        [b, 'y', 300],
      ],
      [b, a],
    ],
    [
      'also where the content was built anew, if that is old as well',
      [
        [aFrom7, 'x', 200],
        [a, 'y', 100],
        [aFrom8, 'y', 100],
      ],
      [aFrom7, a, aFrom8],
    ],
    [
      'of the first build of a content that was built anew',
      [
        [aFrom7, 'x', 200],
        [a, 'y', 1],
        [aFrom8, 'y', 1],
      ],
      [aFrom7],
    ],
  ])('%s', (_, rows, expected) => {
    expect(stale(rows)).toEqual(expected);
  });

  test.each<[string, Row[]]>([
    ['not on the very day', [[a, 'x', 90]]],
    [
      'not where one of them is young',
      [
        [a, 'x', 91],
        [aFrom7, 'x', 89],
      ],
    ],
    ['not by a time that is to come', [[a, 'x', -400]]],
    [
      'not beside latest',
      [
        [a, 'x', 900],
        [aFrom7, 'x', 900],
        ['latest', 'x', 900],
      ],
    ],
    [
      'not beside a preview',
      [
        ['pr-12', 'x', 900],
        [a, 'x', 900],
      ],
    ],
    [
      'not beside a tag that only looks like one',
      [
        [a, 'x', 900],
        [`${a}.mine`, 'x', 900],
      ],
    ],
    [
      'not where a list with its history shows it on a build that is young',
      [
        [a, 'x', 900],
        [a, 'y', 1],
      ],
    ],
    [
      'not where a list with its history shows one of two on a build that is young',
      [
        [a, 'x', 900],
        [aFrom7, 'x', 900],
        [a, 'y', 1],
      ],
    ],
    [
      'not where a list with its history shows it on a build with another tag',
      [
        [a, 'x', 900],
        [a, 'y', 900],
        ['v1', 'y', 900],
      ],
    ],
  ])('%s', (_, rows) => {
    expect(stale(rows)).toEqual([]);
  });

  test.each(['', 'yesterday', '2026-13-01'])('not by an invalid time: %j', (createdAt) => {
    expect(staleContentTags([{ tag: a, buildID: 'x', createdAt }], before)).toEqual([]);
  });

  test.each([
    'content-',
    'content-abc',
    `${a}a`,
    a.toUpperCase(),
    ` ${a}`,
    `${a}\n`,
    `x${a}`,
    `${a}.`,
    `${a}.123456`,
    `${a}.${'7'.repeat(41)}`,
    `${a}.mine`,
    `${aFrom7}.7777777`,
    `${a}-arm`,
    'pr-12',
    'latest',
    'default',
  ])('never when the form is another: %j', (tag) => {
    expect(stale([[tag, 'x', 900]])).toEqual([]);
  });
});

test('every tag that a build gets for its content is one of the form', () => {
  const hex = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${min},${max}}$`));
  fc.assert(
    fc.property(hex(64, 64), fc.option(hex(7, 64), { nil: undefined }), (fingerprint, commit) => {
      const { content, origin } = contentTags(fingerprint, commit);
      const tags = origin === undefined ? [content] : [content, origin];
      expect(stale(tags.map((tag) => [tag, 'x', 91]))).toEqual(tags);
    }),
  );
});

test('in any list, a build with another or a young tag loses none', () => {
  const tag = fc.oneof(
    fc.constantFrom(a, b, aFrom7, aFrom8, contentTag('b', '7')),
    fc.constantFrom('latest', 'pr-1', `${a}.x`, `${b}f`, 'content-'),
  );
  const row = fc.tuple(tag, fc.constantFrom('x', 'y', 'z'), fc.constantFrom(1, 89, 91, 900, Number.NaN));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
      const listed = rows.map(([name, buildID, days]) => ({
        tag: name,
        buildID,
        createdAt: Number.isNaN(days) ? 'none' : new Date(now - days * dayMs).toISOString(),
      }));
      const gone = new Set(staleContentTags(listed, before).map((found) => found.tag));
      for (const { buildID } of listed.filter((found) => gone.has(found.tag))) {
        for (const { tag: name, createdAt } of listed.filter((found) => found.buildID === buildID)) {
          expect(name).toMatch(/^content-[0-9a-f]{64}(\.[0-9a-f]{7,40})?$/);
          expect(Date.parse(createdAt)).toBeLessThan(before);
        }
      }
    }),
  );
});
