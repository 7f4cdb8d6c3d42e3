import { createHash } from 'node:crypto';
import { isContentTag } from '../api/content-tag.ts';
import { isBuildIdentifier, longestTag } from '../api/names.ts';

/** A text in the form of a tag. */
export interface NormalizedTag {
  readonly tag: string;
  /** What was done to the text, as a part of a sentence; absent when nothing was. */
  readonly note?: string;
}

/**
 * Folds a text that is not empty to a tag that the service takes: every run of other characters than letters,
 * digits, `.`, `_` and `-` becomes one `-`, and capitals become small. What would be too long, an identifier of a
 * build, a content tag or nothing but signs gets a mark of its own from the text's hash, so that two texts do not meet
 * in one tag.
 */
export function normalizeTag(text: string): NormalizedTag {
  const allowed = text.replace(/[^A-Za-z0-9._-]+/g, '-');
  const folded = allowed.toLowerCase();
  if (folded !== text && !/[a-z0-9]/.test(folded)) {
    return { tag: `tag-${mark(text)}`, note: 'nothing of it can stand in a tag, so a hash stands for it' };
  }
  if (isContentTag(folded)) {
    return {
      tag: `tag-${mark(text)}`,
      note: 'it has the form of a tag that says what a build holds, so a hash stands for it',
    };
  }
  if (folded.length > longestTag) {
    const tag = `${folded.slice(0, longestTag - 9)}-${mark(text)}`;
    return { tag, note: `cut from ${folded.length} to ${longestTag} characters, with a hash at the end` };
  }
  if (isBuildIdentifier(folded)) {
    return { tag: `tag-${folded}`, note: 'tag- was put before what has the form of a build identifier' };
  }
  const notes = [
    ...(allowed === text ? [] : ['other characters became -']),
    ...(folded === allowed ? [] : ['capitals became small']),
  ];
  return notes.length === 0 ? { tag: folded } : { tag: folded, note: notes.join(', ') };
}

/** Eight hex digits that stand for a text. */
export function mark(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
