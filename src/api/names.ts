import { type Problem, quote } from '../problem.ts';
import { isContentTag } from './content-tag.ts';

/** The parts of `name`, `team/name`, `name:tag` and `name:buildId`, as the service reads them. */
export function parentOf(reference: string): {
  readonly name: string;
  readonly tag: string;
  readonly buildId?: string;
} {
  // Only the first colon divides: cutting off what follows another one would find a template that nobody named.
  const [name = '', ...rest] = reference.toLowerCase().split(':');
  const tag = rest.length > 0 ? rest.join(':').trim() : 'default';
  return { name: name.trim(), tag, ...(isBuildIdentifier(tag) && { buildId: tag }) };
}

/** The exact name of this one build: `name:buildId`. */
export function buildReference(build: { readonly name: string; readonly buildId: string }): string {
  return `${build.name}:${build.buildId}`;
}

/**
 * The service takes names and tags after folding them to lower case, so two spellings mean one thing there;
 * here they must be written the way they will be kept. A name has no maximum at some versions of the service
 * and 128 characters at others; tags have none. 128 fits all of them.
 */
export const longestTag = 128;
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Whether a text has the form of a build's identifier, with or without its dashes; no tag may. */
export function isBuildIdentifier(text: string): boolean {
  return uuid.test(text);
}

/** What is wrong with a template's name (`alias` or `team/alias`): no problem or one. */
export function nameProblems(name: string): Problem[] {
  const message = nameMistake(name);
  return message ? [{ title: 'Input name', message }] : [];
}

function nameMistake(name: string): string | undefined {
  if (name === '') return 'is empty, expected the name of the template, such as my-agent.';
  if (name.includes(':')) {
    const [alias = '', tag = ''] = name.split(':', 2);
    return `found ${quote(name)}; a name has no tag. Write ${quote(alias)} and put ${quote(tag)} into tags.`;
  }
  const parts = name.split('/');
  if (parts.length > 2) return `found ${quote(name)}, expected a name or team/name, with at most one slash.`;
  for (const part of parts) {
    if (part === '')
      return `found ${quote(name)}, expected letters, digits, - or _ on both sides of the slash.`;
    if (part.length > longestTag) return `found ${quote(name)}; ${tooLong(part)}`;
  }
  const allowed = /^[a-z0-9_/-]+$/;
  if (allowed.test(name)) return undefined;
  const mended = name.toLowerCase().replace(/[^a-z0-9_/-]+/g, '-');
  return `found ${quote(name)}, expected lower-case letters, digits, - and _, such as ${quote(mended)}.`;
}

/** What is wrong with a tag as somebody wrote it, or `undefined` when the service takes it as it is. */
export function tagMistake(tag: string): string | undefined {
  if (isBuildIdentifier(tag)) {
    return `found ${quote(tag)}, which has the form of a build identifier; the service keeps that form for builds. Choose a word or a version.`;
  }
  if (isContentTag(tag)) {
    return `found ${quote(tag)}, which has the form of a tag that says what a build holds; such a tag goes on with the build itself, and on no other. Choose a word or a version.`;
  }
  const mistake = wordMistake(tag, /^[a-z0-9_.-]+$/, 'lower-case letters, digits, -, _ and .');
  return mistake && `found ${quote(tag)}; ${mistake}`;
}

function tooLong(word: string): string {
  return `it has ${word.length} characters, at most ${longestTag} are taken.`;
}

function wordMistake(word: string, allowed: RegExp, expected: string): string | undefined {
  if (word.length > longestTag) return tooLong(word);
  if (allowed.test(word)) return undefined;
  const folded = word.toLowerCase();
  if (allowed.test(folded)) return `the service keeps it in lower case, so write ${quote(folded)}.`;
  const bad = [...folded].find((character) => !allowed.test(character)) ?? '';
  return `${quote(bad)} is not taken, expected ${expected}.`;
}
