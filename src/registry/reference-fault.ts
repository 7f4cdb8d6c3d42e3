import { quote } from '../problem.ts';
import { parseImageReference } from './reference.ts';

const example = 'Write an image such as python:3.12 or ghcr.io/owner/name:tag.';

/** A placeholder that was not replaced by its value. */
const placeholder = /\$\{[^}]*\}?|\$[A-Za-z_]\w*|\{\{.*?\}\}|<[^>]*>|%\w+%/;

/**
 * Why a text is not an image reference, and what to write instead: a few sentences that follow "The base image".
 * `undefined` for an image reference.
 */
export function imageReferenceFault(image: string): string | undefined {
  if (image.trim() === '') return `${emptyText(image)} ${example}`;
  if (/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?scratch(?::[^/]*)?$/.test(image)) {
    return `is ${quote(image)}, Docker's word for an empty base, which no registry has. ${example}`;
  }
  if (parseImageReference(image)) {
    const missing = missingValue(image);
    return missing && `${missing} ${example}`;
  }
  const corrected = correct(image);
  const isReference = parseImageReference(corrected) && !missingValue(corrected);
  const write = isReference ? `Write ${quote(corrected)}.` : example;
  return `is ${visible(image)}, ${whyNot(image)} ${write}`;
}

function whyNot(image: string): string {
  const unfilled = placeholder.exec(image)?.[0];
  if (unfilled !== undefined)
    return `in which ${unfilled} was not replaced. JavaScript puts values into texts between backticks.`;
  if (/\[object \w+\]/.test(image)) return 'in which an object is written as text.';
  const hidden = /[^\x20-\x7e\s]/u.exec(image)?.[0];
  if (/\s/.test(image.trim())) return 'which has a blank inside.';
  if (image !== image.trim()) return 'which has blanks or a line end around it; trim() removes them.';
  if (hidden !== undefined) return `which has the character U+${codeOf(hidden)} inside.`;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(image)) return 'which begins like a web address.';
  if (parseImageReference(image.toLowerCase()))
    return 'which has capitals; only tags and hosts may have them.';
  return 'which is not an image reference.';
}

/** What was probably meant. */
function correct(image: string): string {
  const bare = image
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    // A page of Docker Hub about an image.
    .replace(/^hub\.docker\.com\/(?:_|r)\//, '')
    .replace(/\/+$/, '');
  if (parseImageReference(bare)) return bare;
  const [, name = '', rest = ''] = /^([^@]*?)((?::[\w.-]*)?(?:@.*)?)$/s.exec(bare) ?? [];
  return name.toLowerCase() + rest;
}

/** A text in quotes, with invisible characters as escapes. */
function visible(text: string): string {
  return quote(text).replace(/\p{Cf}/gu, (hidden) => `\\u${codeOf(hidden).toLowerCase()}`);
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** A sentence about an empty text and its possible cause. */
export function emptyText(text: string): string {
  const found = text === '' ? 'is an empty text' : `is ${quote(text)}, blanks alone`;
  return `${found}, which is what GitHub gives for a secret, a variable or an output that is not set.`;
}

/**
 * A sentence about a reference that has JavaScript's word for a missing value: `python:undefined`. `undefined` without
 * such a word.
 */
export function missingValue(reference: string): string | undefined {
  const [, name = '', tag = ''] = /^(.*?)(?::([^/]*))?$/s.exec(reference) ?? [];
  const word =
    [...name.split(/[^A-Za-z0-9]+/), ...tag.split(/[^A-Za-z0-9]+/)].find((part) => part === 'undefined') ??
    // These two may be a part of a real name.
    [...name.split('/'), ...tag.split(/[^A-Za-z0-9]+/)].find((part) => part === 'null' || part === 'NaN');
  if (word === undefined) return undefined;
  return `is ${quote(reference)}, in which ${word} stands for a missing value. Set the value (in env: of the step, if it comes from the environment), or give a default.`;
}
