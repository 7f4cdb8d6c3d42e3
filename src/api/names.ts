import { type Problem, quote } from '../problem.ts';
import { isReservedTag } from './reserved-tags.ts';

/** The parts of `name`, `team/name`, `name:tag` and `name:buildId`, as the service reads them. */
export function parentOf(reference: string): {
  readonly name: string;
  readonly tag: string;
  readonly buildId?: string;
} {
  // Only the first colon separates the parts: a tag cut at the second one would mean another build.
  const [name = '', ...rest] = reference.toLowerCase().split(':');
  const tag = rest.length > 0 ? rest.join(':').trim() : 'default';
  return { name: name.trim(), tag, ...(isBuildIdentifier(tag) && { buildId: tag }) };
}

/** The exact name of this one build: `name:buildId`. */
export function buildReference(build: { readonly name: string; readonly buildId: string }): string {
  return `${build.name}:${build.buildId}`;
}

/** The longest name or tag that every version of the service accepts. */
export const longestTag = 128;
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Whether a text has the form of a build identifier, with or without dashes. A tag must not have it. */
export function isBuildIdentifier(text: string): boolean {
  return uuid.test(text);
}

/**
 * What is wrong with a template's name (`alias` or `team/alias`): no problem or one. The service changes names and tags
 * to lower case, so they must be written that way.
 */
export function nameProblems(name: string): Problem[] {
  const message = nameFault(name);
  return message ? [{ title: 'Input name', message }] : [];
}

function nameFault(name: string): string | undefined {
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
  const corrected = name.toLowerCase().replace(/[^a-z0-9_/-]+/g, '-');
  return `found ${quote(name)}, expected lower-case letters, digits, - and _, such as ${quote(corrected)}.`;
}

/** What is wrong with a tag; `undefined` when the service accepts it unchanged. */
export function tagMistake(tag: string): string | undefined {
  if (isBuildIdentifier(tag)) {
    return `found ${quote(tag)}, which has the form of a build identifier; the service keeps that form for builds. Choose a word or a version.`;
  }
  if (isReservedTag(tag)) {
    return `found ${quote(tag)}, which has the form of a tag that the action keeps for itself: content-…, candidate-…, passed-… or failed-…, with a number or a hash. Choose a word or a version.`;
  }
  const fault = wordFault(tag, /^[a-z0-9_.-]+$/, 'lower-case letters, digits, -, _ and .');
  return fault && `found ${quote(tag)}; ${fault}`;
}

function tooLong(word: string): string {
  return `it has ${word.length} characters, at most ${longestTag} are allowed.`;
}

function wordFault(word: string, allowed: RegExp, expected: string): string | undefined {
  if (word.length > longestTag) return tooLong(word);
  if (allowed.test(word)) return undefined;
  const lower = word.toLowerCase();
  if (allowed.test(lower)) return `the service keeps it in lower case, so write ${quote(lower)}.`;
  const bad = [...lower].find((character) => !allowed.test(character)) ?? '';
  return `${quote(bad)} is not allowed, expected ${expected}.`;
}
