import { environmentValue, Fault, plainText, type Unknown, type Values, type Word } from './words.ts';

/**
 * Reads a word as BuildKit does: quotes, escapes and variables.
 *
 * @param options.keepQuotes for the content of a here-document, where quotes are text
 * @throws Fault for what BuildKit refuses
 */
export function readWord(
  written: string,
  options: { readonly escaping: string; readonly values: Values; readonly keepQuotes?: boolean },
): Word {
  const reader = new WordReader(written, options.escaping, options.values, options.keepQuotes === true);
  return reader.until(undefined);
}

class WordReader {
  readonly #text: string;
  readonly #escaping: string;
  readonly #values: Values;
  readonly #keepQuotes: boolean;
  #at = 0;

  constructor(text: string, escaping: string, values: Values, keepQuotes: boolean) {
    this.#text = text;
    this.#escaping = escaping;
    this.#values = values;
    this.#keepQuotes = keepQuotes;
  }

  /** Reads up to a character, which is consumed, or to the end. */
  until(stop: string | undefined, keepEscapes = false): Word {
    const pieces: (string | Unknown)[] = [];
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) {
        if (stop !== undefined) throw unclosed('a "{"', this.#text);
        return merged(pieces);
      }
      if (character === stop) {
        this.#at += 1;
        return merged(pieces);
      }
      if (character === '$') {
        pieces.push(...this.#variable());
        continue;
      }
      this.#at += 1;
      if (character === this.#escaping) {
        if (keepEscapes) pieces.push(character);
        pieces.push(this.#text[this.#at] ?? '');
        this.#at += 1;
      } else if (character === "'" && !this.#keepQuotes) {
        const close = this.#text.indexOf("'", this.#at);
        if (close < 0) throw unclosed('a single quote', this.#text);
        pieces.push(this.#text.slice(this.#at, close));
        this.#at = close + 1;
      } else if (character === '"' && !this.#keepQuotes) {
        pieces.push(...this.#double());
      } else {
        pieces.push(character);
      }
    }
  }

  #double(): Word {
    const pieces: (string | Unknown)[] = [];
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw unclosed('a double quote', this.#text);
      if (character === '$') {
        pieces.push(...this.#variable());
        continue;
      }
      this.#at += 1;
      if (character === '"') return pieces;
      if (character === this.#escaping) {
        const next = this.#text[this.#at];
        if (next === undefined) throw unclosed('a double quote', this.#text);
        pieces.push(['"', '$', this.#escaping].includes(next) ? next : character + next);
        this.#at += 1;
      } else {
        pieces.push(character);
      }
    }
  }

  #variable(): Word {
    const start = this.#at;
    this.#at += 1;
    if (this.#text[this.#at] !== '{') {
      const name = this.#name();
      return name === '' ? ['$'] : this.#value(name);
    }
    this.#at += 1;
    const name = this.#name();
    const operator = /^:?[-+?]|^:?(?:##?|%%?)|^\/\/?|^\}/.exec(this.#text.slice(this.#at))?.[0];
    if (name === '' || operator === undefined) {
      throw new Fault(
        `${JSON.stringify(this.#text.slice(start, start + 20))} is no variable that Docker can read.`,
        'Write ${NAME}, or one of its forms with :- and :+.',
      );
    }
    this.#at += operator.length;
    if (operator === '}') return this.#value(name);
    const isPattern = /[#%/]/.test(operator);
    const word = this.until('}', isPattern);
    if (isPattern) return this.#withoutPattern(name, operator, word);
    return this.#alternative(name, operator, word);
  }

  /** `$1` and `$@` are names to BuildKit too, which nothing sets. */
  #name(): string {
    const name = /^(?:[A-Za-z_]\w*|\d+|[@*#?\-$!])/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #value(name: string): Word {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    return /^\w*$/.test(name) && !/^\d/.test(name) ? [{ name }] : [];
  }

  /** `${name:-word}` and similar forms. */
  #alternative(name: string, operator: string, word: Word): Word {
    const kind = operator.at(-1);
    const value = this.#value(name);
    if (!this.#values.has(name) && value.length > 0) {
      const literal = word.filter((piece) => typeof piece === 'string').join('');
      if (kind === '?' || /["'`$\\{}]/.test(literal)) throw unknownForm(name);
      return [{ name, form: `\${${name}${operator}${environmentValue(word)}}` }];
    }
    const state = stateOf(value);
    if (state === 'unknown') throw unknownForm(name);
    const isSet = this.#values.has(name);
    const counts = isSet && (state === 'text' || !operator.startsWith(':'));
    if (kind === '-') return counts ? value : word;
    if (kind === '+') return counts ? word : [];
    if (counts) return value;
    throw new Fault(`${name} has no value: ${plainText(word) ?? ''}.`, `Give it one: ARG ${name}=value.`);
  }

  /** `${name#pattern}`, `${name%pattern}` and `${name/pattern/text}`. */
  #withoutPattern(name: string, operator: string, word: Word): Word {
    const value = this.#values.get(name);
    const text = value && plainText(value);
    const pattern = plainText(word);
    if (text === undefined || pattern === undefined || operator.startsWith(':')) throw unknownForm(name);
    if (operator.startsWith('/')) {
      const [, from = '', to = ''] = /^((?:\\.|[^/])*)\/?(.*)$/s.exec(pattern) ?? [];
      return [text.replace(new RegExp(globSource(from), operator === '//' ? 'g' : ''), () => to)];
    }
    const isLongest = operator.length === 2;
    const lengths = Array.from({ length: text.length + 1 }, (_, length) => length);
    const isMatch = new RegExp(`^${globSource(pattern)}$`, 's');
    for (const length of isLongest ? lengths.reverse() : lengths) {
      const part = operator.startsWith('#') ? text.slice(0, length) : text.slice(text.length - length);
      if (isMatch.test(part))
        return [operator.startsWith('#') ? text.slice(length) : text.slice(0, text.length - length)];
    }
    return [text];
  }
}

function stateOf(word: Word): 'text' | 'empty' | 'unknown' {
  if (word.some((piece) => typeof piece === 'string' && piece !== '')) return 'text';
  return word.some((piece) => typeof piece !== 'string') ? 'unknown' : 'empty';
}

function globSource(pattern: string): string {
  return pattern.replace(/\\(.)|[\s\S]/g, (character, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/\W/g, '\\$&');
    if (character === '*') return '[\\s\\S]*';
    return character === '?' ? '[\\s\\S]' : character.replace(/\W/g, '\\$&');
  });
}

function unclosed(what: string, text: string): Fault {
  return new Fault(`${what} is never closed in ${JSON.stringify(text.slice(0, 60))}.`, 'Close it.');
}

function unknownForm(name: string): Fault {
  return new Fault(
    `The value of ${name} is not known here, so this form of it cannot be read.`,
    `Set it above with ARG ${name}=… or ENV ${name}=…, or write its value.`,
  );
}

function merged(pieces: readonly (string | Unknown)[]): Word {
  const result: (string | Unknown)[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else if (piece !== '') result.push(piece);
  }
  return result;
}
