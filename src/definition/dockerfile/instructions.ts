import { Fault, splitWords } from './words.ts';

/** A flag of an instruction, such as `--chown=app`. */
export interface Flag {
  readonly name: string;
  readonly value: string;
}

/** A text within a Dockerfile: `<<EOF` to `EOF`. */
export interface HereDocument {
  readonly name: string;
  /** The lines up to the name, each with its end. `<<-` has removed their leading tabs. */
  readonly content: string;
  /** The lines as they stand in the file. */
  readonly raw: string;
  /** Docker fills in variables, unless the name is quoted. */
  readonly expand: boolean;
  /** As written: `<<-"EOF"`. */
  readonly mark: string;
}

/** One instruction of a Dockerfile and the line on which it starts. */
export interface DockerfileInstruction {
  readonly keyword: string;
  readonly line: number;
  readonly flags: readonly Flag[];
  /** The text after keyword and flags, with continuation lines joined as Docker does. */
  readonly text: string;
  readonly hereDocuments: readonly HereDocument[];
  /** Why the instruction cannot be read. */
  readonly fault?: Fault;
}

/** What the directives at the top of a Dockerfile say. */
export interface Directives {
  /** The escape character, which also continues a line. */
  readonly escaping: '\\' | '`';
  /** The image of the frontend that reads the file, and its line. */
  readonly syntax?: { readonly value: string; readonly line: number };
}

const withHereDocuments = ['RUN', 'COPY', 'ADD'];

/** The instructions of a Dockerfile in order, without comments, and the directives above them. */
export function readInstructions(content: string): {
  readonly directives: Directives;
  readonly instructions: readonly DockerfileInstruction[];
} {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  const directives = readDirectives(lines);
  const { escaping } = directives;
  const continuation = escaping === '`' ? /(?<!`)`[ \t]*$/ : /(?<!\\)\\[ \t]*$/;
  const instructions: DockerfileInstruction[] = [];
  let index = 0;
  while (index < lines.length) {
    const first = lines[index] ?? '';
    const line = index + 1;
    index += 1;
    if (isBlankOrComment(first)) continue;
    let joined = first.replace(continuation, '');
    let open = continuation.test(first);
    while (open && index < lines.length) {
      const next = lines[index] ?? '';
      index += 1;
      if (isBlankOrComment(next)) continue;
      joined += next.replace(continuation, '');
      open = continuation.test(next);
    }
    const [, word = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(joined.trim()) ?? [];
    const keyword = word.toUpperCase();
    const { flags, text } = splitFlags(rest, escaping);
    const hereDocuments: HereDocument[] = [];
    let fault: Fault | undefined;
    for (const mark of withHereDocuments.includes(keyword) ? hereDocumentMarks(text, lines, index) : []) {
      const read = readHereDocument(mark, lines, index);
      index = read.next;
      hereDocuments.push(read.document);
      if (!read.closed) {
        const { name } = read.document;
        fault = new Fault(
          `The here-document ${name} has no end.`,
          `Write ${name} on a line of its own after it.`,
        );
      }
    }
    instructions.push({ keyword, line, flags, text, hereDocuments, ...(fault && { fault }) });
  }
  return { directives, instructions };
}

function isBlankOrComment(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}

/** Directives end at the first line that is none. */
function readDirectives(lines: readonly string[]): Directives {
  let escaping: Directives['escaping'] = '\\';
  let syntax: Directives['syntax'];
  for (const [index, line] of lines.entries()) {
    const [, name = '', value = ''] = /^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (!['escape', 'syntax', 'check'].includes(name.toLowerCase())) break;
    if (name.toLowerCase() === 'escape' && value === '`') escaping = '`';
    if (name.toLowerCase() === 'syntax') syntax = { value, line: index + 1 };
  }
  return { escaping, ...(syntax && { syntax }) };
}

interface Mark {
  readonly mark: string;
  readonly name: string;
  readonly chomp: boolean;
  readonly expand: boolean;
}

/**
 * A here-document is a word of its own: `<<EOF`, `<<-"EOF"`, `3<<EOF`, `<< EOF`, but not `<<<x` or `$((1<<n))`. Docker sees
 * none in a line with an open quote. A number after a blank, as in `$((1 << 2))`, has no line below that ends it.
 */
function hereDocumentMarks(text: string, lines: readonly string[], from: number): Mark[] {
  if (hasOpenQuote(text)) return [];
  const words = splitWords(text, '\\');
  return words.flatMap((mark, at) => {
    const [, dash = '', own] = /^\d*<<(-?)([^<]*)$/.exec(mark) ?? [];
    const written = own === '' && dash === '' ? (words[at + 1] ?? '') : own;
    const name = written?.replace(/\\(.)|["']/g, '$1');
    if (written === undefined || !name) return [];
    if (own === '' && !lines.slice(from).includes(name)) return [];
    return [
      { mark: own === '' ? mark + written : mark, name, chomp: dash === '-', expand: name === written },
    ];
  });
}

function hasOpenQuote(text: string): boolean {
  return /["']/.test(text.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, ''));
}

/** A text in which each mark of a here-document is one word. */
export function joinMarks(text: string): string {
  return text.replace(/(^|\s)(\d*<<)\s+(?=\S)/g, '$1$2');
}

function readHereDocument(
  { mark, name, chomp, expand }: Mark,
  lines: readonly string[],
  from: number,
): { readonly document: HereDocument; readonly next: number; readonly closed: boolean } {
  let content = '';
  let raw = '';
  let next = from;
  while (next < lines.length) {
    const line = lines[next] ?? '';
    const text = chomp ? line.replace(/^\t+/, '') : line;
    next += 1;
    if (text === name) return { document: { name, content, raw, expand, mark }, next, closed: true };
    content += `${text}\n`;
    raw += `${line}\n`;
  }
  return { document: { name, content, raw, expand, mark }, next, closed: false };
}

/** Splits off the flags at the beginning: `--chmod=755 a /b`. `--` ends them. */
function splitFlags(
  text: string,
  escaping: string,
): { readonly flags: readonly Flag[]; readonly text: string } {
  const flags: Flag[] = [];
  let rest = text.trim();
  while (rest.startsWith('--')) {
    const [word = ''] = splitWords(rest, escaping);
    rest = rest.slice(word.length).trimStart();
    if (word === '--') break;
    const [, name = '', value = ''] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    flags.push({ name, value: value.replace(/["']/g, '') });
  }
  return { flags, text: rest };
}
