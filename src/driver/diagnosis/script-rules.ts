import { quote } from '../../problem.ts';
import type { FailureContext } from './evidence.ts';
import type { RunRule } from './run-rule.ts';

const windowsLines = [
  // Bash quotes a carriage return: $'\r': command not found, unexpected token `$'in\r''.
  /\$'[^']*\\r'/,
  /\^M: bad interpreter/,
  // env: 'bash\r': No such file or directory
  /\\r['’"]?: no such file or directory/i,
  // Other shells print the carriage return, and a log shows only the text after it.
  /^: (?:(?:command )?not found|invalid option|no such file or directory|bad interpreter)/i,
  /\bset: illegal option -$/i,
];

/** Scripts and programs that the system cannot start, in any command. */
export const scriptRules: readonly RunRule[] = [
  {
    class: 'line-endings',
    line: new RegExp(windowsLines.map(({ source }) => source).join('|'), 'i'),
    what: 'A script has line endings of Windows (CRLF), and the shell reads the carriage return as part of a word.',
    advice:
      "Save it with LF, and keep it so: *.sh text eol=lf in .gitattributes, then check it out again. Or remove them in a step before: sed -i 's/\\r$//' script.sh.",
    cacheIsInnocent: true,
  },
  {
    class: 'exec-format',
    line: /([^\s:'"]+): (?:cannot execute binary file: )?exec format error|exec format error:? '?([^\s']+)'?|(exec format error|\bELF\b.*: not found)/i,
    what: ({ found }) =>
      `${/^exec format|ELF/i.test(found) || found === '' ? 'A program' : quote(found)} cannot be run here: it is built for another processor, or is a script whose first line names no interpreter.`,
    advice:
      'Templates run on Linux on amd64 (x86-64): take the build for it, or compile it in a step. A script begins with a line such as #!/bin/sh.',
    cacheIsInnocent: true,
  },
  {
    class: 'command-not-found',
    line: /([^\s:'"]+): cannot execute: required file not found/i,
    what: ({ found }) => `${quote(found)} cannot start: a file that it needs is missing.`,
    advice:
      'If it is a script, install the interpreter that its first line names, and save it with LF line endings (not CRLF). If it is a program, take one that is built for glibc, not for musl (Alpine).',
    cacheIsInnocent: true,
  },
];

/** The fault of a script and what to do, if the last lines of a command show it. */
export function scriptFault(context: FailureContext): string | undefined {
  for (const { line, what, advice } of scriptRules) {
    const match = line && context.lines.findLast((text) => line.test(text))?.match(line);
    if (!match) continue;
    const found = { ...context, found: match.slice(1).find(Boolean) ?? '' };
    return [what, advice].map((text) => (typeof text === 'function' ? text(found) : text)).join(' ');
  }
  return undefined;
}
