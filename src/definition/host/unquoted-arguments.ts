import { isRecord } from '../../json.ts';
import { javascriptText, quote, type SourceLocation } from '../../problem.ts';
import type { DefinitionWarning } from '../definition.ts';
import { quoteForShell, readShell } from '../shell-text.ts';

/** `path`: spaces are a mistake, patterns are meant; `text`: both are a mistake; `packages`: spaces part several. */
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
 * A warning for each argument of a builder call that the shell would read differently than it is meant. Patterns,
 * variables, `~` and quoted text are fine.
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
    const message = `${method}: the SDK puts ${quote(withoutUser(text))} into a shell command as it is, and the shell ${found}. Write ${corrected(withoutUser(text), kind)}, with the quotes; or, if you mean it so, write the whole command in runCmd().`;
    const title = `The shell misreads an argument of ${method}()`;
    return [{ rule: 'shell-argument', title, message, ...(at && { at }) }];
  });
}

function textsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((item) => typeof item === 'string' || item instanceof URL || Buffer.isBuffer(item))
    .map(String);
}

/** What the shell would do to a text, as the end of "the shell …"; undefined when it changes nothing. */
function misread(text: string, kind: Kind): string | undefined {
  const { written, active, open } = readShell(text);
  // An apostrophe in a word, or a backslash before a letter, is not meant for the shell.
  const apostrophe = /[A-Za-z]'[A-Za-z]/.test(text.replace(/"(?:\\.|[^"\\])*"/g, ''));
  const needless = /\\[A-Za-z\d]/.test(text.replace(/"(?:\\.|[^"\\])*"|'[^']*'/g, ''));
  if (open || apostrophe || needless) return 'removes its quotes or backslashes, or never finds their end';
  const activeAmong = (characters: string): string | undefined => {
    const found = [...new Set(active.filter((character) => characters.includes(character)))];
    return found.length > 0 ? found.join(' and ') : undefined;
  };
  if (activeAmong('\n')) return 'ends the command at its line end';
  const redirection = activeAmong('<>');
  if (redirection) return `reads ${redirection} as a redirection`;
  const control = activeAmong(';&|()');
  if (control) return `reads ${control} as the end or a group of commands`;
  if (activeAmong('#')) return 'reads # as the start of a comment';
  if (/\$[^A-Za-z_{("']/.test(text) && activeAmong('$')) return 'reads $ as the start of a variable';
  const divided = kind === 'packages' ? written.slice(1).some(isOperator) : written.length > 1;
  return divided ? 'splits it at its blanks' : undefined;
}

/** `==`, `>=2` or a lone `@`: belongs to the package before it. */
function isOperator(word: string): boolean {
  return /^(?:[=~!<>]|@$|;)/.test(word);
}

/** The argument as the definition should have it. */
function corrected(text: string, kind: Kind): string {
  if (kind !== 'packages')
    return javascriptText(quoteAround(kind === 'path' ? shellPartsOfPaths : shellPartsOfTexts, text));
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

const shellPartsOfTexts = /\$(?:[A-Za-z_]\w*|\{\w+\})/g;
const shellPartsOfPaths = new RegExp(
  `^~(?:/|$)|${shellPartsOfTexts.source}|[*?]|\\[[^\\]/]*\\]|\\{[^}\\s]*,[^}\\s]*\\}`,
  'g',
);

/** Quotes a text except the parts meant for the shell: variables, and in paths patterns and a leading `~`. */
function quoteAround(shellParts: RegExp, text: string): string {
  let quoted = '';
  let from = 0;
  for (const { 0: part, index } of text.matchAll(shellParts)) {
    quoted += quotedPart(text.slice(from, index)) + (part.startsWith('$') ? `"${part}"` : part);
    from = index + part.length;
  }
  return quoted + quotedPart(text.slice(from));
}

function quotedPart(text: string): string {
  return text === '' ? '' : quoteForShell(text);
}

/** An address without its user, which may be a token. */
function withoutUser(text: string): string {
  return text.replace(/(?<=:\/\/)[^\s/@]+(?=@)/, '…');
}
