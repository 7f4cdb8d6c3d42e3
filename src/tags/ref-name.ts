import { isBuildIdentifier, longestTag } from '../api/names.ts';
import { mark, normalizeTag } from './normalize.ts';
import { isProductionTag } from './production.ts';
import { isVersionTag, parseVersion } from './version.ts';

/** The name of a branch or git tag as the text of a tag. */
export interface RefText {
  readonly text: string;
  /** What was done to the name, as a part of a sentence; absent when nothing was. */
  readonly note?: string;
}

const hashed = 'a hash tells it apart from names that differ in other characters only';

/**
 * The name of a branch or git tag as a text that no other name is folded to, save one that differs in capitals or has
 * `-` for `/`: a name with other characters gets a hash, so that `fix/café` and `fix/caffè` stay apart.
 */
export function refText(name: string): RefText {
  const folded = name.replaceAll('/', '-').toLowerCase();
  const clean = /^[A-Za-z0-9._/-]+$/.test(name) && !name.includes('//');
  if (clean && !looksHashed(folded)) {
    if (!/^tag-/.test(folded) || !isBuildIdentifier(folded.replace(/^(tag-)+/, ''))) return { text: name };
    return { text: `tag-${name}`, note: 'tag- was put before what has the form of a build identifier' };
  }
  const own = `tag-${mark(name)}`;
  const { tag } = normalizeTag(name);
  return { text: tag === own ? own : `${tag.replace(/^-+|-+$/g, '')}--${mark(name)}`, note: hashed };
}

/** Whether a name has the form that other names get by a hash. */
function looksHashed(folded: string): boolean {
  return (
    /--[0-9a-f]{8}$|^tag-[0-9a-f]{8}$/.test(folded) ||
    (folded.length === longestTag && /-[0-9a-f]{8}$/.test(folded))
  );
}

/** The form of a tag that names a commit. */
export function isCommitTag(tag: string): boolean {
  return /^sha-[0-9a-f]{7,64}$/.test(tag);
}

/** Whether a tag means something of itself: what users get, the preview of a pull request, the build of a commit. */
function hasMeaning(tag: string): boolean {
  return isProductionTag(tag) || /^(pr|queue)-[1-9]\d{0,9}(-|$)/.test(tag) || isCommitTag(tag);
}

/**
 * As {@link refText}, with `branch-` or `tag-` before a name that means something of itself, so that nothing moves what
 * users get by its name alone. The git tag of a version is that version.
 *
 * @param prerelease - whether the release is marked as one, which `1` and `1.2` are not
 */
export function ownName(name: string, kind: 'branch' | 'tag', prerelease = false): RefText {
  if (kind === 'tag' && parseVersion(name)) return { text: name };
  const { text, note } = refText(name);
  const { tag } = normalizeTag(text);
  const version = kind === 'tag' && !prerelease && note === undefined && isVersionTag(tag);
  const meaning = tag.replace(new RegExp(`^(${kind}-)+`), '');
  if (version || !hasMeaning(meaning)) return { text, ...(note && { note }) };
  const what = isProductionTag(meaning) ? 'a release' : 'another build';
  return { text: `${kind}-${text}`, note: `${name} alone would be taken for ${what}` };
}
