import { quoteForShell } from '../shell-text.ts';

/** The words of SHELL, before the command: `["/bin/sh", "-c"]`. */
export type Shell = readonly string[];

export const defaultShell: Shell = ['/bin/sh', '-c'];

/**
 * A command of the shell form as one for the service, which runs every command with bash. Docker runs it with `sh`, or with
 * what SHELL names. It stays as it is where bash does the same.
 */
export function shellCommand(command: string, shell: Shell): string {
  const [program = '', ...options] = shell;
  const plain = options.length === 1 && /^-l?c$/.test(options[0] ?? '');
  const name = /^(?:\/usr)?(?:\/bin\/)?(sh|dash|bash)$/.exec(program)?.[1];
  if (plain && (name === 'bash' || (name && isPortable(command)))) return command;
  return [...shell, command].map(quoteForShell).join(' ');
}

/** A list of words as a command that runs exactly this program, without shell syntax. */
export function execCommand(words: readonly string[]): string {
  const [program = ''] = words;
  const command = words.map(quoteForShell).join(' ');
  return builtins.has(program) || program.includes('=') ? `exec ${command}` : command;
}

/** Words that bash does not look up as programs. */
const builtins = new Set(
  `! . : [ [[ alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs
  disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help history if
  in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source
  suspend test then time times trap true type typeset ulimit umask unalias unset until wait while { }`.split(
    /\s+/,
  ),
);

/** What bash and a POSIX shell such as dash read or do differently. A match in a quoted text costs nothing. */
const notPortable: readonly RegExp[] = [
  // Syntax of bash alone, which sh refuses or reads as text.
  /\[\[|\(\(|&>|>&\s*[^\d\s-]|\|&|<<<|[<>]\(|\$['"[]|\$\(<|\[\s[^\]]*==|\btest\s[^;&|]*==|=~|[\w\]]\+?=\(|\+=|;;?&|\[\^/,
  /(?<!\$)\{[^{}\s]*(?:,|\.\.)[^{}]*\}/,
  /\$\{(?!\w+(?:\}|:?[-+=?]|##?|%%?)|[@*#?$!-]\}|#\w+\})/,
  /[=:]~|~[-+]|!\s*(?:$|[;&|)])/,
  // Words of bash, and words that both know and treat differently.
  /(?<![\w./$-])(?:source|function|declare|typeset|let|shopt|pushd|popd|dirs|select|time|coproc|mapfile|readarray|enable|builtin|hash|alias|unalias|history|disown|caller|type|ulimit|trap|kill|local|getopts|jobs|help|suspend|fc|bind|complete|compgen|logout)(?![\w./=-])/,
  /(?<![\w./$-])(?:wait|read|exec|umask|cd|pwd|export|unset|readonly)\s+-/,
  /(?<![\w./$-])set\s+(?:[^\s;&|]+\s+)*?[-+]\w*(?:[oEBHPThbkmprt]|$)/,
  /(?<![\w./$-])(?:export|readonly)\s+[^;&|\n]*?=[^\s"';&|]*[$`]/,
  /(?:^|[;&|({\n]|\bthen|\bdo|\belse)\s*\.\s/,
  /\$\{?[#!]?(?:RANDOM|UID|EUID|PPID|BASH\w*|HOSTNAME|SECONDS|PIPESTATUS|OSTYPE|FUNCNAME|DIRSTACK|GROUPS|HOSTTYPE|MACHTYPE|SHELLOPTS|LINENO|REPLY|EPOCH\w+|SRANDOM|IFS|OPT\w+|SHLVL|_|0|-)(?!\w)/,
  // Functions with a name that sh does not allow.
  /(?:^|[\s;&|])[^\s;&|()$"'`]*[^\w\s;&|()$"'`][^\s;&|()$"'`]*\(\)/,
];

/** Whether bash and sh do the same with a command, as far as its text shows. */
export function isPortable(command: string): boolean {
  // dash interprets backslashes in echo, bash does not. printf differs in these escapes only.
  if (/\becho\b/.test(command) && /\\|\becho\s+-\w*[^n\s]/.test(command)) return false;
  if (/\bprintf\b/.test(command) && /\\[xuUeE]|%[q(]|%b|printf\s+-/.test(command)) return false;
  const active = withoutQuoted(command);
  return !notPortable.some((pattern) => pattern.test(active));
}

/** A command without the text in its quotes, which no shell reads: variables stay. */
function withoutQuoted(command: string): string {
  // Apostrophes in here-documents and comments open no quote.
  if (/<<|`|(?:^|\s)#/.test(command)) return command;
  let isOpen = false;
  const active = command.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|["']/g, (part) => {
    isOpen ||= part === '"' || part === "'";
    if (part.startsWith('\\')) return part;
    if (part.startsWith("'")) return "''";
    return part.includes('$(') ? part : `"${(part.match(/\$(?:\{[^}]*\}|\w+|\W)/g) ?? []).join(' ')}"`;
  });
  return isOpen ? command : active;
}

/**
 * A command with one blank for each run of blanks outside of quotes, as continuation lines leave them. It stays as it is
 * where the text alone does not show what is quoted.
 */
export function tidyBlanks(command: string): string {
  if (/\n|`|<<|\$['"]|(?:^|\s)#/.test(command)) return command;
  let text = '';
  let quote = '';
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at] ?? '';
    // A substitution within quotes has quotes of its own.
    if (quote === '"' && command.startsWith('$(', at)) return command;
    if (character === '\\' && quote !== "'") {
      text += command.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (quote === '' && /[ \t]/.test(character)) {
      if (!/(?:^|[^\\]) $/.test(text)) text += ' ';
      continue;
    }
    if (quote === '' ? character === '"' || character === "'" : character === quote)
      quote = quote === '' ? character : '';
    text += character;
  }
  return quote === '' ? text : command;
}
