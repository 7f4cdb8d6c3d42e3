import { parseJson } from '../../json.ts';

/** How Docker reads the text after an instruction's keyword. */

/** Values of the variables that ARG and ENV declare above, without those of the base image. */
export type Values = ReadonlyMap<string, string>;

/** A word without its quotes and escapes. */
export interface DockerWord {
  /** With its variables as written. */
  readonly text: string;
  /** With the values of the variables declared above, and the others as written. */
  readonly expanded: string;
  readonly variables: readonly string[];
  /** It has a dollar sign that does not begin a variable. */
  readonly dollar: boolean;
  /** It escapes a character that needs no escape, outside of quotes. */
  readonly escaped: boolean;
}

/** Reads a word with quotes, escapes and variables as Docker documents them. */
export function dockerWord(written: string, escaping: string, values: Values): DockerWord {
  let text = '';
  let expanded = '';
  let quote = '';
  let dollar = false;
  let escaped = false;
  const variables: string[] = [];
  const add = (characters: string): void => {
    text += characters;
    expanded += characters;
    dollar ||= characters.includes('$');
  };
  for (let at = 0; at < written.length; at += 1) {
    const character = written[at] ?? '';
    const variable = quote === "'" ? undefined : variableAt(written, at);
    if (quote === '' ? isQuote(character) : character === quote) {
      quote = quote === '' ? character : '';
    } else if (character === escaping && quote !== "'") {
      const next = written[at + 1] ?? '';
      at += 1;
      // Double quotes allow only these escapes. Any other escape character is text.
      escaped ||= quote === '' && /[\w.+*?()|/-]/.test(next);
      add(quote === '' || ['"', '$', escaping].includes(next) ? next : character + next);
    } else if (variable) {
      variables.push(variable.name);
      text += variable.written;
      expanded += variable.expand(values);
      at += variable.written.length - 1;
    } else {
      add(character);
    }
  }
  return { text, expanded, variables, dollar, escaped };
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'";
}

interface Variable {
  readonly name: string;
  readonly written: string;
  readonly expand: (values: Values) => string;
}

function variableAt(text: string, at: number): Variable | undefined {
  const match = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+])([^}]*)|[^}]*)\})/.exec(text.slice(at));
  const [written, bare, braced, operator, word = ''] = match ?? [];
  const name = bare ?? braced;
  if (written === undefined || name === undefined) return undefined;
  const expand = (values: Values): string => {
    const own = values.get(name);
    if (own === undefined || (braced && operator === undefined && written !== `\${${name}}`)) return written;
    if (operator === undefined) return own;
    const isSet = own !== '' || !operator.startsWith(':');
    return operator.endsWith('-') === isSet ? (isSet ? own : '') : word;
  };
  return { name, written, expand };
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
    } else if (quote === '' ? isQuote(character) : character === quote) {
      quote = quote === '' ? character : '';
    }
  }
  return word === '' ? words : [...words, word];
}

/** The items of `["a", "b"]`; `undefined` for anything else, which is text to Docker. */
export function jsonWords(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  const value = parseJson(text);
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

export interface Flag {
  readonly name: string;
  readonly value: string;
}

const flagPattern = /^--([A-Za-z][\w-]*)(?:=((?:"[^"]*"|'[^']*'|[^\s"'])*))?(?=\s|$)\s*/;

/** Splits off the flags at the beginning: `--chmod=755 a /b`. */
export function splitFlags(text: string): { readonly flags: readonly Flag[]; readonly rest: string } {
  const flags: Flag[] = [];
  let rest = text.trim();
  for (;;) {
    const [whole, name, value = ''] = flagPattern.exec(rest) ?? [];
    if (whole === undefined || name === undefined) return { flags, rest };
    flags.push({ name, value: value.replace(/["']/g, '') });
    rest = rest.slice(whole.length);
  }
}
