import { parseJson } from '../../json.ts';

/** How BuildKit reads the text after an instruction's keyword. */

/** A variable that the Dockerfile does not set. The base image may have it. */
export interface Unknown {
  readonly name: string;
  /** The form of it that a shell must expand, such as `${LANG:-C}`. Absent for the plain value. */
  readonly form?: string;
}

/** A word without its quotes and escapes: texts, and the variables between them whose value is not known. */
export type Word = readonly (string | Unknown)[];

/** The variables that ARG and ENV set above. */
export type Values = ReadonlyMap<string, Word>;

/** Something that BuildKit or this reader refuses. The texts are sentences. */
export class Fault extends Error {
  /** How to fix it. */
  readonly advice: string;
  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

/** The text of a word; `undefined` when it has a variable of unknown value. */
export function plainText(word: Word): string | undefined {
  return word.every((piece) => typeof piece === 'string') ? word.join('') : undefined;
}

/** The names of the variables in a word whose value is not known. */
export function unknownNames(words: readonly Word[]): string[] {
  const names = words.flatMap((word) =>
    word.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name])),
  );
  return [...new Set(names)];
}

/** A word with the value of a variable. */
export function filled(word: Word, name: string, value: string): Word {
  return word.map((piece) =>
    typeof piece !== 'string' && piece.name === name && !piece.form ? value : piece,
  );
}

/** A dollar sign that a shell would expand within double quotes. */
const activeDollar = /\$(?=[\w{$@*#?!\-[])/g;

/**
 * A word as the value of an ENV step: the service expands its variables as a shell does within double quotes, after
 * escaping quotes, backslashes, backticks and `$(`. So a dollar sign that is text is written as the default of a variable
 * that nobody sets.
 */
export function environmentValue(word: Word): string {
  let written = '';
  for (const piece of [...word].reverse()) {
    if (typeof piece === 'string') {
      // What follows decides whether a dollar sign at the end is active.
      const whole = piece + written.slice(0, 1);
      const text = whole.replace(activeDollar, (dollar, at: number) =>
        at < piece.length ? '${LITERAL_DOLLAR:-$}' : dollar,
      );
      written = text.slice(0, text.length - Math.min(written.length, 1)) + written;
    } else {
      const plain = /^\w/.test(written) ? `\${${piece.name}}` : `$${piece.name}`;
      written = (piece.form ?? plain) + written;
    }
  }
  return written;
}

/** The words between blanks, as written. Quoted and escaped blanks do not separate. */
export function splitWords(text: string, escaping: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    word += character;
    if (character === escaping && quote !== "'") {
      at += 1;
      word += text[at] ?? '';
    } else if (quote === '' ? character === '"' || character === "'" : character === quote) {
      quote = quote === '' ? character : '';
    }
  }
  return word === '' ? words : [...words, word];
}

/**
 * The items of `["a", "b"]`; `undefined` for anything else, which is text to Docker.
 *
 * @throws Fault for a list of something else than texts, which Docker refuses
 */
export function jsonWords(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  const value = parseJson(text);
  if (!Array.isArray(value)) return undefined;
  if (value.every((item) => typeof item === 'string' && !item.includes('\0'))) return value;
  throw new Fault('The list holds something else than texts, which Docker refuses.', 'Quote each item.');
}
