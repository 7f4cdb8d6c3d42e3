import type { SourceLocation } from '../../problem.ts';
import { looksSecret } from '../../recipe/secret-names.ts';
import { displayPath } from './format.ts';
import { cutWithMark } from './sanitize.ts';

/** How to show a line of the definition. */
export interface SourceView {
  /** The lines around it, cleaned and without secrets; empty when the file cannot be read. */
  readonly around: (at: SourceLocation) => readonly CodeLine[];
  /** Address of the line at the commit that is built. */
  readonly link: (at: SourceLocation) => string | undefined;
}

/** One line of a file. Untrusted text. */
export interface CodeLine {
  readonly number: number;
  readonly text: string;
}

const linesBefore = 2;
const linesAfter = 3;
/** A longer line was not written by a person. */
const longestWritten = 1000;
const columnLimit = 160;

/** The lines of a file around one of them; empty when that line does not exist, or a machine wrote the file. */
export function linesAround(content: string, line: number): CodeLine[] {
  const lines = content.trimEnd().split(/\r\n|[\n\r]/);
  const middle = lines[line - 1];
  if (middle === undefined || middle.trim() === '' || content.includes('\0')) return [];
  if (middle.length > longestWritten) return [];
  const first = Math.max(1, line - linesBefore);
  return lines.slice(first - 1, line + linesAfter).map((text, index) => ({ number: first + index, text }));
}

const quoted = /(['"`]?)\b([A-Za-z_]\w*)\1(\s*[:=]\s*)('[^']*'?|"[^"]*"?|`[^`]*`?)/g;
const ofDockerfile = /\b([A-Za-z_]\w*)(\s*=\s*|\s+)("[^"]*"?|'[^']*'?|[^\s"']+)/g;

/** A line of code without the values of names that look secret, in TypeScript or a Dockerfile. */
export function withoutSecretValues(line: string): string {
  const [, before = '', rest = ''] = /^(\s*(?:ENV|ARG)\s+)(.*)$/i.exec(line) ?? [];
  if (before !== '') {
    return (
      before +
      rest.replace(ofDockerfile, (whole, name: string, between: string, value: string) =>
        looksSecret(name) && !value.startsWith('$') ? `${name}${between}***` : whole,
      )
    );
  }
  return line.replace(quoted, (whole, quote: string, name: string, between: string) =>
    looksSecret(name) ? `${quote}${name}${quote}${between}'***'` : whole,
  );
}

/**
 * Lines of code with their numbers and a mark at the one that is meant:
 *
 * ```
 *   11 |       .setWorkdir('/app')
 *   12 | >>>   .runCmd('make')
 * ```
 */
export function numberedLines(lines: readonly CodeLine[], { line }: SourceLocation): string[] {
  const width = String(lines.at(-1)?.number ?? 0).length;
  return lines.map(({ number, text }) => {
    const mark = number === line ? '>>>' : '   ';
    const code = cutWithMark(withoutSecretValues(text).replaceAll('\t', '  '), columnLimit);
    return `${String(number).padStart(width)} | ${mark} ${code}`.trimEnd();
  });
}

/** `template.ts:12`. */
export function placeLabel({ file, line }: SourceLocation, workspace: string | undefined): string {
  return `${displayPath(file, workspace)}:${line}`;
}
