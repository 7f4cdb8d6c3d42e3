import { expect, test } from 'vitest';
import { belongsTo } from '../../src/templates/find-template.ts';

const build = '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b';
const sha = '6dcb09b5b57875f334f61aebed695e2e4193db5e';
const content = `content-${'ab'.repeat(32)}`;
const other = 'f'.repeat(40);

test.each<[string, readonly string[], string | undefined, boolean]>([
  ['has the tag already', ['main'], undefined, true],
  ['has another tag', ['1.3.2'], sha, false],
  ['has the tag of this commit', ['sha-6dcb09b'], sha, true],
  ['has the long tag of this commit', [`sha-${sha}`], sha, true],
  ['has the tag of another commit', ['sha-fffffff'], sha, false],
  ['was made from this commit', [content, `${content}.${sha}`], sha, true],
  ['was made from another commit', [content, `${content}.${other}`], sha, false],
  [
    'was made from a commit of which only the beginning is the same',
    [`${content}.${sha.slice(0, 12)}`],
    sha,
    false,
  ],
  ['is none that the template knows', [], sha, false],
  ['has the tag of a commit, and this run has none', ['sha-6dcb09b'], undefined, false],
])('a branch is put on a build that %s: %j', (_, tags, commit, expected) => {
  const template = { tags: new Map([...tags.map((tag) => [tag, build] as const), ['old', other] as const]) };
  expect(belongsTo(template, { from: build, tag: 'main', sha: commit })).toBe(expected);
  if (tags[0]) expect(belongsTo(template, { from: tags[0], tag: 'main', sha: commit })).toBe(expected);
});
