import { createHash } from 'node:crypto';
import { isBuildIdentifier, longestTag } from '../api/names.ts';
import { isReservedTag } from '../api/reserved-tags.ts';

/** A text in the form of a tag. */
export interface NormalizedTag {
  readonly tag: string;
  /** How the text was changed, as a part of a sentence. Absent when it was not. */
  readonly note?: string;
}

/**
 * Turns a text that is not empty into a tag that the service accepts. Every run of characters other than letters,
 * digits, `.`, `_` and `-` becomes one `-`, and capitals become lower case. A text that is too long, has the form of a
 * build identifier or of one of the action's own tags, or has only signs gets part of its hash, so that two texts never share a tag.
 */
export function normalizeTag(text: string): NormalizedTag {
  const allowed = text.replace(/[^A-Za-z0-9._-]+/g, '-');
  const folded = allowed.toLowerCase();
  if (folded !== text && !/[a-z0-9]/.test(folded)) {
    return {
      tag: `tag-${mark(text)}`,
      note: 'none of its characters can be in a tag, so a hash replaces it',
    };
  }
  if (isReservedTag(folded)) {
    return {
      tag: `tag-${mark(text)}`,
      note: 'it has the form of a tag that the action keeps for itself, so a hash replaces it',
    };
  }
  if (folded.length > longestTag) {
    const tag = `${folded.slice(0, longestTag - 9)}-${mark(text)}`;
    return { tag, note: `cut from ${folded.length} to ${longestTag} characters, with a hash at the end` };
  }
  if (isBuildIdentifier(folded)) {
    return {
      tag: `tag-${folded}`,
      note: 'it has the form of a build identifier, so it gets the prefix tag-',
    };
  }
  const notes = [
    ...(allowed === text ? [] : ['other characters became -']),
    ...(folded === allowed ? [] : ['capitals became small']),
  ];
  return notes.length === 0 ? { tag: folded } : { tag: folded, note: notes.join(', ') };
}

/** The first eight hex digits of a text's hash. */
export function mark(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
