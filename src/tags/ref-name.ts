import { isBuildIdentifier, longestTag } from '../api/names.ts';
import { mark, normalizeTag } from './normalize.ts';
import { isProductionTag } from './production.ts';
import { isVersionTag, parseVersion } from './version.ts';

/** The name of a branch or git tag as text for a tag. */
export interface RefText {
  readonly text: string;
  /** How the name was changed, as a part of a sentence. Absent when it was not. */
  readonly note?: string;
}

const hashed = 'a hash separates it from names that differ in other characters only';

/**
 * The name of a branch or git tag as a text that no other name gets, except one that differs in capitals or has `-` for
 * `/`. A name with other characters gets a hash, so that `fix/café` and `fix/caffè` stay different.
 */
export function refText(name: string): RefText {
  const folded = name.replaceAll('/', '-').toLowerCase();
  const clean = /^[A-Za-z0-9._/-]+$/.test(name) && !name.includes('//');
  if (clean && !looksHashed(folded)) {
    if (!/^tag-/.test(folded) || !isBuildIdentifier(folded.replace(/^(tag-)+/, ''))) return { text: name };
    return { text: `tag-${name}`, note: 'it has the form of a build identifier, so it gets the prefix tag-' };
  }
  const own = `tag-${mark(name)}`;
  const { tag } = normalizeTag(name);
  return { text: tag === own ? own : `${tag.replace(/^-+|-+$/g, '')}--${mark(name)}`, note: hashed };
}

/** Whether a name has the form of a name with a hash. */
function looksHashed(folded: string): boolean {
  return (
    /--[0-9a-f]{8}$|^tag-[0-9a-f]{8}$/.test(folded) ||
    (folded.length === longestTag && /-[0-9a-f]{8}$/.test(folded))
  );
}

/** Whether a tag has the form of one that names a commit. */
export function isCommitTag(tag: string): boolean {
  return /^sha-[0-9a-f]{7,64}$/.test(tag);
}

/** Whether a tag has a fixed meaning: what users get, a pull request's preview, or the build of a commit. */
function hasMeaning(tag: string): boolean {
  return isProductionTag(tag) || /^(pr|queue)-[1-9]\d{0,9}(-|$)/.test(tag) || isCommitTag(tag);
}

/**
 * As {@link refText}, with the prefix `branch-` or `tag-` for a name with a fixed meaning, so that a name alone never
 * moves what users get. The git tag of a version is that version.
 *
 * @param prerelease - whether the release is marked as a pre-release, which `1` and `1.2` never mean
 */
export function ownName(name: string, kind: 'branch' | 'tag', prerelease = false): RefText {
  if (kind === 'tag' && parseVersion(name)) return { text: name };
  const { text, note } = refText(name);
  const { tag } = normalizeTag(text);
  const version = kind === 'tag' && !prerelease && note === undefined && isVersionTag(tag);
  const meaning = tag.replace(new RegExp(`^(${kind}-)+`), '');
  if (version || !hasMeaning(meaning)) return { text, ...(note && { note }) };
  const what = isProductionTag(meaning) ? 'a release' : 'another build';
  return { text: `${kind}-${text}`, note: `${name} alone would look like ${what}` };
}
