import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidateTag, isReservedTag, passedTag } from '../../src/api/reserved-tags.ts';

const run = fc.record({ run: fc.nat(2 ** 53 - 1), attempt: fc.integer({ min: 1, max: 1000 }) });
const fingerprint = fc.stringMatching(/^[0-9a-f]{64}$/);
const content = `content-${'0a'.repeat(32)}`;

test('what the action makes is its own, and fits into a tag', () => {
  fc.assert(
    fc.property(run, fingerprint, fc.string(), (of, hash, commands) => {
      for (const tag of [candidateTag(of), passedTag(hash, [commands])]) {
        expect(tag).toMatch(/^[a-z0-9-]{1,128}$/);
        expect(isReservedTag(tag)).toBe(true);
        // The service folds tags.
        expect(isReservedTag(` ${tag.toUpperCase()} `)).toBe(true);
      }
    }),
  );
});

test('two builds of one run have two candidate tags', () => {
  const of = { run: 7, attempt: 1 };
  expect(candidateTag(of)).toMatch(/^candidate-7-1-[0-9a-f]{12}$/);
  expect(candidateTag(of)).not.toBe(candidateTag(of));
});

test('another content, another test, or another place of the same text is another passed tag', () => {
  const parts = fc.tuple(fingerprint, fc.array(fc.string(), { maxLength: 2 }));
  fc.assert(
    fc.property(parts, parts, ([one, test1], [other, test2]) => {
      const same = one === other && JSON.stringify(test1) === JSON.stringify(test2);
      expect(passedTag(one, test1) === passedTag(other, test2)).toBe(same);
    }),
  );
  expect(passedTag('a'.repeat(64), ['x', ''])).not.toBe(passedTag('a'.repeat(64), ['', 'x']));
});

describe('a tag that people may choose', () => {
  test.each([
    'candidate',
    'candidate-1',
    'candidate-2026-11-rc',
    'passed',
    'passed-ci',
    'content-v1',
    'latest',
  ])('%s', (tag) => {
    expect(isReservedTag(tag)).toBe(false);
  });

  test(`not ${content.slice(0, 12)}…`, () => {
    expect(isReservedTag(content)).toBe(true);
  });
});
