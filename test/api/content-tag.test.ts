import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commitOf, contentTags, isContentTag } from '../../src/api/content-tag.ts';
import { longestTag, tagMistake } from '../../src/api/names.ts';

const hash = '0123456789abcdef'.repeat(4);
const content = `content-${hash}`;
const sha = '89abcdef'.repeat(5);

const hex = (minLength: number, maxLength: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${minLength},${maxLength}}$`));
const commits = fc.option(fc.oneof(hex(7, 64), hex(0, 80), fc.string({ unit: 'binary' })), {
  nil: undefined,
});

describe('the tags of a content', () => {
  test.each<[string, string | undefined, string | undefined]>([
    ['a commit', sha, sha],
    ['a commit named by SHA-256', sha.slice(0, 32).repeat(2), `${sha.slice(0, 32)}${sha.slice(0, 8)}`],
    ['a short commit', 'abcdef1', 'abcdef1'],
    ['none', undefined, undefined],
    ['an empty one', '', undefined],
    ['one too short', 'abcdef', undefined],
    ['one too long', 'a'.repeat(65), undefined],
    ['one in capitals', sha.toUpperCase(), undefined],
    ['a branch', 'feature', undefined],
    ['one with a line end', `${sha}\n`, undefined],
    ['another tag', `${sha},latest`, undefined],
  ])('with %s', (_, commit, expected) => {
    expect(contentTags(hash, commit)).toEqual({
      content,
      ...(expected && { origin: `${content}.${expected}` }),
    });
  });

  test('are taken by the service, known as such and give the commit back, whatever the commit', () => {
    fc.assert(
      fc.property(hex(64, 64), commits, fc.array(fc.string()), (fingerprint, commit, others) => {
        const { content, origin } = contentTags(fingerprint, commit);
        for (const tag of [content, ...(origin ? [origin] : [])]) {
          // Like it in length and letters: no input may have the form itself.
          expect(tagMistake(`k${tag.slice(1)}`)).toBeUndefined();
          expect(tag.length).toBeLessThanOrEqual(longestTag);
          expect(isContentTag(tag)).toBe(true);
        }
        const tags = [...others, content, ...(origin ? [origin] : []), ...others];
        expect(commitOf(content, tags)).toBe(origin ? commit?.slice(0, 40) : undefined);
      }),
    );
  });

  test('of two contents or two commits are never the same', () => {
    fc.assert(
      fc.property(hex(64, 64), hex(64, 64), hex(7, 40), hex(7, 40), (one, other, commit, later) => {
        const tags = [contentTags(one, commit), contentTags(other, commit), contentTags(one, later)].flatMap(
          ({ content, origin }) => [content, origin],
        );
        expect(new Set(tags).size).toBe(new Set([one, other]).size * 2 + (commit === later ? 0 : 1));
      }),
    );
  });
});

test.each<[string, boolean]>([
  [content, true],
  [`${content}.${sha}`, true],
  // Nobody else may use what begins like one, whatever follows.
  [`${content}.`, true],
  [`${content}.latest`, true],
  [`${content}.${sha}.x`, true],
  // The service would make a content tag of these.
  [content.toUpperCase(), true],
  [`Content-${hash}`, true],
  [` ${content}\n`, true],
  ['content', false],
  ['content-', false],
  [`content-${hash.slice(1)}`, false],
  [`content-${hash}0`, false],
  [`content-${hash.slice(1)}g`, false],
  [`content_${hash}`, false],
  [`x${content}`, false],
  [`x\n${content}`, false],
  [`${content}\nx`, false],
  [`${content}-${sha}`, false],
  [`v1.${content}`, false],
  [hash, false],
  ['default', false],
  ['', false],
])('%j is a content tag: %j', (tag, is) => {
  expect(isContentTag(tag)).toBe(is);
});

describe('the commit that a content was built from', () => {
  const elsewhere = `content-${'f'.repeat(64)}`;

  test.each<[string, string[], string | undefined]>([
    ['is that of the other tag', ['default', content, `${content}.${sha}`], sha],
    ['is that of the first tag with one', [`${content}.${sha}`, `${content}.abcdef1`], sha],
    ['is not that of another content', [content, `${elsewhere}.${sha}`], undefined],
    ['is not known without tags', [], undefined],
    ['is not known without the other tag', [content], undefined],
    ['is nothing that is no commit', [`${content}.latest`, `${content}.`, `${content}.abcdef`], undefined],
    ['is not longer than one', [`${content}.${sha}a`], undefined],
    ['is not what stands behind something else', [`${content}.x.${sha}`, `x${content}.${sha}`], undefined],
    [
      'is not a command',
      [`${content}.${sha}\n::error::x`, `${content}.<b>`, `${content}.${sha} `],
      undefined,
    ],
    ['is found behind such', [`${content}.latest`, `${content}.${sha}`], sha],
  ])('%s', (_, tags, commit) => {
    expect(commitOf(content, new Set(tags))).toBe(commit);
  });
});
