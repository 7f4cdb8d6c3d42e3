import { javascriptText, quote, type SourceLocation } from '../../problem.ts';
import type { DefinitionWarning } from '../definition.ts';
import { isRecord } from '../protocol.ts';
import { quoteForShell, readShell } from '../shell-text.ts';

/**
 * `path`: blanks divide it by mistake, patterns are meant; `text`: patterns are no more meant than blanks; `packages`:
 * several of them in one text are common and work.
 */
type Kind = 'path' | 'text' | 'packages';

/** The builder's methods that put their first arguments into a shell command as they are. */
const methods: Readonly<Record<string, readonly Kind[]>> = {
  pipInstall: ['packages'],
  npmInstall: ['packages'],
  bunInstall: ['packages'],
  aptInstall: ['packages'],
  addMcpServer: ['packages'],
  remove: ['path'],
  rename: ['path', 'path'],
  makeDir: ['path'],
  makeSymlink: ['path', 'path'],
  gitClone: ['text', 'path'],
};

/**
 * A warning for each argument of a builder call of which the shell would make something else than it says. Patterns,
 * variables and `~` work as people mean them, and so does what is quoted already.
 */
export function unquotedArguments(
  method: string,
  args: readonly unknown[],
  at: SourceLocation | undefined,
): DefinitionWarning[] {
  const branch = method === 'gitClone' && isRecord(args[2]) ? args[2]['branch'] : undefined;
  const values = [
    ...(methods[method] ?? []).flatMap((kind, index) => textsOf(args[index]).map((text) => ({ text, kind }))),
    ...textsOf(branch).map((text) => ({ text, kind: 'text' as const })),
  ];
  return values.flatMap(({ text, kind }) => {
    const found = misread(text, kind);
    if (!found) return [];
    const message = `${method}: the SDK puts ${quote(withoutUser(text))} into a shell command as it is, and the shell ${found}. Write ${mended(withoutUser(text), kind)}, with the quotes; or, if the shell shall read it so, write the whole command in runCmd().`;
    return [{ title: `The shell misreads an argument of ${method}()`, message, ...(at && { at }) }];
  });
}

function textsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((item) => typeof item === 'string' || item instanceof URL || Buffer.isBuffer(item))
    .map(String);
}

/** What the shell would do to a text, as the rest of "the shell …"; undefined when the text means what it says. */
function misread(text: string, kind: Kind): string | undefined {
  const { written, active, open } = readShell(text);
  // An apostrophe within a word, or a backslash before a letter, is nothing that somebody wrote for the shell.
  const apostrophe = /[A-Za-z]'[A-Za-z]/.test(text.replace(/"(?:\\.|[^"\\])*"/g, ''));
  const needless = /\\[A-Za-z\d]/.test(text.replace(/"(?:\\.|[^"\\])*"|'[^']*'/g, ''));
  if (open || apostrophe || needless) return 'takes its quotes or backslashes away, or never finds their end';
  const among = (characters: string): string | undefined => {
    const found = [...new Set(active.filter((character) => characters.includes(character)))];
    return found.length > 0 ? found.join(' and ') : undefined;
  };
  if (among('\n')) return 'ends the command at its line end';
  const redirection = among('<>');
  if (redirection) return `takes ${redirection} for a redirection`;
  const control = among(';&|()');
  if (control) return `takes ${control} for the end of a command, or for a group of them`;
  if (among('#')) return 'takes # for the beginning of a comment';
  if (/\$[^A-Za-z_{("']/.test(text) && among('$')) return 'takes $ for the beginning of a variable';
  const divided = kind === 'packages' ? written.slice(1).some(isOperator) : written.length > 1;
  return divided ? 'divides it at its blanks' : undefined;
}

/** `==`, `>=2` or a lone `@`: belongs to the package before it. */
function isOperator(word: string): boolean {
  return /^(?:[=~!<>]|@$|;)/.test(word);
}

/** The argument as it is to be written in the definition. */
function mended(text: string, kind: Kind): string {
  if (kind !== 'packages')
    return javascriptText(quoteAround(kind === 'path' ? meantInPaths : meantInTexts, text));
  const words = text.trim().split(/\s+/);
  const several = words
    .slice(1)
    .every((word, index) => /^[A-Za-z@./-]/.test(word) && !endsOpen(words[index] ?? ''));
  if (words.length > 1 && several && !/["'\\]/.test(text)) {
    return words.map((word) => javascriptText(quoteForShell(word))).join(', ');
  }
  return javascriptText(quoteForShell(text.trim().replace(/\s*\n\s*/g, ' ')));
}

/** The next word belongs to this one: `requests >=`, `flask;`, `x @`. */
function endsOpen(word: string): boolean {
  return /[=<>,;&|@(]$/.test(word);
}

const meantInTexts = /\$(?:[A-Za-z_]\w*|\{\w+\})/g;
const meantInPaths = new RegExp(
  `^~(?:/|$)|${meantInTexts.source}|[*?]|\\[[^\\]/]*\\]|\\{[^}\\s]*,[^}\\s]*\\}`,
  'g',
);

/** Quotes a text and leaves to the shell what is meant for it: variables, and in paths patterns and a leading `~`. */
function quoteAround(meant: RegExp, text: string): string {
  let quoted = '';
  let from = 0;
  for (const { 0: part, index } of text.matchAll(meant)) {
    quoted += quotedPart(text.slice(from, index)) + (part.startsWith('$') ? `"${part}"` : part);
    from = index + part.length;
  }
  return quoted + quotedPart(text.slice(from));
}

function quotedPart(text: string): string {
  return text === '' ? '' : quoteForShell(text);
}

/** An address without what may be a token. */
function withoutUser(text: string): string {
  return text.replace(/(?<=:\/\/)[^\s/@]+(?=@)/, '…');
}
