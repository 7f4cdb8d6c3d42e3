import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isProductionTag } from '../../src/tags/production.ts';
import { previewNumber, previewTags } from '../../src/templates/preview-tags.ts';

describe('a tag belongs to the pull request', () => {
  test.each([
    ['pr-12', 'pr-', 12],
    ['pr-12-arm', 'pr-', 12],
    ['pr-12-', 'pr-', 12],
    ['preview_7', 'preview_', 7],
    ['pr-120', 'pr-', 120],
    ['pr-012', 'pr-', undefined],
    ['pr-0', 'pr-', undefined],
    ['pr-12a', 'pr-', undefined],
    ['pr-12.1', 'pr-', undefined],
    ['pr-', 'pr-', undefined],
    ['xpr-12', 'pr-', undefined],
    ['12', 'pr-', undefined],
    ['latest', 'pr-', undefined],
    ['default', 'pr-', undefined],
    ['v1', 'v', undefined],
    ['1.12', '1.', undefined],
    ['pr-99999999999', 'pr-', undefined],
  ])('%s with the prefix %s: %s', (tag, prefix, number) => {
    expect(previewNumber(tag, prefix)).toBe(number);
  });

  test('only if it is exactly that, or that and a hyphen', () => {
    const tags = fc.oneof(
      fc.stringMatching(/^[a-z0-9_.-]{1,20}$/),
      fc.tuple(fc.nat(999), fc.stringMatching(/^[a-z0-9_.-]{0,6}$/)).map(([n, rest]) => `pr-${n}${rest}`),
    );
    fc.assert(
      fc.property(tags, fc.constantFrom('pr-', 'v', '', '1.', 'preview-'), (tag, prefix) => {
        const number = previewNumber(tag, prefix);
        if (number === undefined) return;
        expect(tag === `${prefix}${number}` || tag.startsWith(`${prefix}${number}-`)).toBe(true);
        expect(isProductionTag(tag)).toBe(false);
      }),
    );
  });
});

test('a preview knows what else its build is called', () => {
  const tags = new Map([
    ['pr-2', 'b'],
    ['latest', 'a'],
    ['pr-1', 'a'],
    ['v1', 'a'],
  ]);
  expect(previewTags({ tags }, ['pr-'])).toEqual([
    { tag: 'pr-1', pullRequest: 1, buildId: 'a', others: ['latest', 'v1'] },
    { tag: 'pr-2', pullRequest: 2, buildId: 'b', others: [] },
  ]);
});
