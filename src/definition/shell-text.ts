/** How a shell reads a text, as far as that is possible without running it. */
export interface ShellReading {
  /** The words without their quotes. */
  readonly words: readonly string[];
  /** The same words as written. */
  readonly written: readonly string[];
  /** The shell syntax in the text, in order: `>`, `$`, `*`, a newline, … */
  readonly active: readonly string[];
  /** A quote or an escape never ends. */
  readonly open: boolean;
}

const operators = '<>;&|()$`*?[{\n';

/** Splits a text into words as a shell does, without expanding or running anything. */
export function readShell(text: string): ShellReading {
  const words: string[] = [];
  const written: string[] = [];
  const active: string[] = [];
  let word: string | undefined;
  let start = 0;
  let open = false;
  const end = (at: number): void => {
    if (word === undefined) return;
    words.push(word);
    written.push(text.slice(start, at));
    word = undefined;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (/[ \t\n\r]/.test(character)) {
      end(at);
      if (character === '\n') active.push(character);
      continue;
    }
    if (word === undefined) {
      start = at;
      word = '';
      if (character === '#' || character === '~') active.push(character);
    }
    if (character === '\\') {
      at += 1;
      open ||= at >= text.length;
      word += text[at] ?? '';
    } else if (character === "'") {
      const close = text.indexOf("'", at + 1);
      open ||= close < 0;
      word += text.slice(at + 1, close < 0 ? text.length : close);
      at = close < 0 ? text.length : close;
    } else if (character === '"') {
      const [inside = '', quote] = /^((?:\\.|[^"\\])*)("?)/s.exec(text.slice(at + 1))?.slice(1) ?? [];
      open ||= quote !== '"';
      active.push(...(inside.replace(/\\./gs, '').match(/[$`]/g) ?? []));
      word += inside.replace(/\\([$`"\\])/g, '$1');
      at += inside.length + (quote?.length ?? 0);
    } else if (character === '`' || text.startsWith('$(', at)) {
      // A substitution is replaced by its output. Here it is one piece of text.
      const length = substitutionLength(text.slice(at));
      open ||= length === undefined;
      active.push(character);
      word += text.slice(at, at + (length ?? text.length));
      at += (length ?? text.length) - 1;
    } else {
      if (operators.includes(character)) active.push(character);
      word += character;
    }
  }
  end(text.length);
  return { words, written, active, open };
}

/** The length of `$(…)` or a pair of backticks at the beginning; `undefined` without an end. */
function substitutionLength(text: string): number | undefined {
  if (text.startsWith('`')) {
    const close = text.indexOf('`', 1);
    return close < 0 ? undefined : close + 1;
  }
  let depth = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

/** A text as one word of a shell command. */
export function quoteForShell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!text.includes("'")) return `'${text}'`;
  if (!/[$`\\"!]/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A command without its comment, and with one blank where the shell allows several. Two commands with the same result
 * mean the same.
 */
export function collapseBlanks(command: string): string {
  return readCode(command, 0, '').text.trim();
}

interface Part {
  readonly text: string;
  /** The position after it. */
  readonly next: number;
}

/** Shell code up to `end`, the closing character of a substitution. Without it, the whole text. */
function readCode(command: string, from: number, end: ')' | '`' | ''): Part {
  let text = '';
  let at = from;
  while (at < command.length) {
    const rest = command.slice(at);
    const character = rest[0] ?? '';
    if (character === end) return { text, next: at };
    const blanks = /^[ \t]+/.exec(rest)?.[0];
    const atWord = text === '' || /[\s;&|(]$/.test(text);
    if (blanks) {
      if (text !== '' && !text.endsWith(' ')) text += ' ';
      at += blanks.length;
    } else if (character === '#' && atWord) {
      return { text, next: command.length };
    } else if (character === '"' || character === "'") {
      const quoted = character === '"' ? readDouble(command, at) : readSingle(command, at);
      // What follows -c is code again: sh -c "…".
      const isCode = /(?:^|\s)-\w*c $/.test(text);
      text += isCode
        ? `${character}${collapseBlanks(command.slice(at + 1, quoted.next - 1))}${character}`
        : quoted.text;
      at = quoted.next;
    } else {
      const part = readSubstitution(command, at) ?? literal(command, at);
      text += part.text;
      at = part.next;
    }
  }
  return { text, next: at };
}

/** `$(…)`, `(…)` and backticks contain code, `${…}` is text. */
function readSubstitution(command: string, at: number): Part | undefined {
  const [opening] = /^(?:\$?\(|`|\$\{[^}]*\}?)/.exec(command.slice(at)) ?? [];
  if (opening === undefined) return undefined;
  if (opening.startsWith('${')) return { text: opening, next: at + opening.length };
  const end = opening === '`' ? '`' : ')';
  const inside = readCode(command, at + opening.length, end);
  return { text: `${opening}${inside.text.trim()}${end}`, next: inside.next + 1 };
}

function readDouble(command: string, from: number): Part {
  let text = '"';
  let at = from + 1;
  while (at < command.length && command[at] !== '"') {
    const substitution =
      command[at] === '(' || command[at] === '\\' ? undefined : readSubstitution(command, at);
    const part = substitution ?? literal(command, at);
    text += part.text;
    at = part.next;
  }
  return { text: `${text}"`, next: at + 1 };
}

function readSingle(command: string, from: number): Part {
  const close = command.indexOf("'", from + 1);
  const next = close < 0 ? command.length + 1 : close + 1;
  return { text: `${command.slice(from, next - 1)}'`, next };
}

/** One character, or a backslash and the character that it escapes. */
function literal(command: string, at: number): Part {
  const length = command[at] === '\\' ? 2 : 1;
  return { text: command.slice(at, at + length), next: at + length };
}
