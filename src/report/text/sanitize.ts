import { controls, invisible, terminalSequence } from '../../redact/invisible.ts';
import { formatCount, groupDigits } from './format.ts';

/** Characters of one printed line; what is longer is cut with a mark that says how much is missing. */
export const lineLimit = 4000;

/** Of more redraws of one line, only the last is shown. */
const redrawLimit = 3;

const lineBreak = /\r\n|[\n\v\f\u0085\u2028\u2029]/;

/** They reorder the displayed text, so they are shown by name. */
const directionControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const nonCharacters = /\p{Noncharacter_Code_Point}/gu;
/** `##[`, `##vso[`, `##teamcity[` and their like, also with combining marks or tabs between. */
const commandMark = /(#[\p{M}\t]*#[\p{M}\ta-z]*)\[/giu;

const plain = /^[\t\x20-\x7e]*$/;

/**
 * Makes untrusted text printable: one string per line that a person should see, none of which can control a terminal or
 * the runner behind a prefix.
 *
 * Lines end at CRLF, LF, VT, FF, NEL and the Unicode separators. A lone CR, with which programs redraw a progress bar,
 * ends a line too. Of more than three redraws that differ only in digits, blanks and signs, the last one is shown, with
 * the number of those before it. Other lines are all kept.
 */
export function printableLines(text: string): string[] {
  if (text.length <= lineLimit && plain.test(text)) return [breakCommands(text)];
  const lines = text.split(lineBreak);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines.flatMap((line) =>
    line.includes('\r') ? redraws(line) : [cutWithMark(printable(line), lineLimit)],
  );
}

/**
 * Untrusted text on one line of at most `max` characters, for titles, names and tags in messages: blanks
 * folded, cut at a word where one ends near.
 */
export function singleLine(text: string, max = 200): string {
  const folded = printableLines(text).join(' ').replace(/\s+/g, ' ').trim();
  if (folded.length <= max) return folded;
  const head = wellFormedHead(folded, Math.max(1, max - 1));
  const blank = head.lastIndexOf(' ');
  return `${(blank >= head.length * 0.75 ? head.slice(0, blank) : head).trimEnd()}…`;
}

/** Cuts a text to at most `max` characters, including the mark that says so. */
export function cutWithMark(text: string, max: number): string {
  if (text.length <= max) return text;
  const mark = (missing: number) => `… (${groupDigits(missing)} more characters)`;
  const head = wellFormedHead(text, Math.max(0, max - mark(text.length).length));
  return head + mark(text.length - head.length);
}

/** A program may choose names that look like commands to the runner. A backslash before the bracket prevents that. */
function breakCommands(line: string): string {
  return line.includes('#') && line.includes('[') ? line.replace(commandMark, '$1\\[') : line;
}

function printable(line: string): string {
  if (plain.test(line)) return breakCommands(line);
  const cleaned = line
    .toWellFormed()
    .replace(terminalSequence, '')
    .replace(controls, '')
    .replace(directionControls, (character) => `<U+${hex(character)}>`)
    .replace(invisible, '')
    .replace(nonCharacters, '\ufffd');
  return breakCommands(cleaned);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
}

/** The first `length` characters, one less where that would split a surrogate pair. */
function wellFormedHead(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

function redraws(line: string): string[] {
  const segments = line
    .split('\r')
    .map(printable)
    .filter((segment) => segment.trim() !== '');
  if (segments.length === 0) return [''];
  const shown: string[] = [];
  let start = 0;
  let shape = letters(segments[0] ?? '');
  for (let end = 1; end <= segments.length; end += 1) {
    const next = segments[end];
    const nextShape = next === undefined ? undefined : letters(next);
    if (nextShape === shape) continue;
    const run = segments.slice(start, end).map((segment) => cutWithMark(segment, lineLimit));
    const last = run.at(-1) ?? '';
    if (run.length > redrawLimit) shown.push(`${last} (after ${formatCount(run.length - 1, 'update')})`);
    else shown.push(...run);
    start = end;
    shape = nextShape ?? '';
  }
  return shown;
}

function letters(text: string): string {
  return text.replace(/[^\p{L}]/gu, '');
}
