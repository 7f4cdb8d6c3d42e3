/**
 * How the GitHub runner reads what a step prints, re-implemented from its source (`ActionCommand`,
 * `ActionCommandManager`, `ProcessInvoker`) so that a test sees what the runner would see.
 */

export interface RunnerCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const registered = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

/** The runner ends a line at CRLF, LF and a lone CR. */
export function runnerLines(stdout: string): string[] {
  return stdout.split(/\r\n|\n|\r/);
}

/** The command in a line, or nothing when the runner would print the line as it is. */
export function runnerCommand(line: string): RunnerCommand | undefined {
  return colonCommand(line) ?? bracketCommand(line);
}

/** All commands of a step's output, in order. */
export function runnerCommands(stdout: string): RunnerCommand[] {
  return runnerLines(stdout).flatMap((line) => runnerCommand(line) ?? []);
}

/** What a log view shows: the text of each line, groups as `▸ title` with their lines indented. */
export function renderedLog(stdout: string): string {
  const shown: string[] = [];
  let indent = '';
  for (const line of runnerLines(stdout.replace(/\n$/, ''))) {
    const command = runnerCommand(line);
    if (!command) shown.push(indent + line);
    else if (command.name === 'group') {
      shown.push(`▸ ${command.data}`);
      indent = '  ';
    } else if (command.name === 'endgroup') indent = '';
    else {
      const { title = '', file, line: at } = command.properties;
      const place = file === undefined ? '' : ` ${file}:${at}`;
      shown.push(`${indent}(${command.name}${place}) ${title}: ${command.data}`);
    }
  }
  return shown.join('\n');
}

/** `::name key=value,key=value::data`, at the start of a line once blanks are trimmed. */
function colonCommand(line: string): RunnerCommand | undefined {
  const text = line.replace(/^[\s\u0085]+/, '');
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  return end < 0 ? undefined : command(text.slice(2, end), ',', text.slice(end + 2));
}

/** `##[name key=value;key=value]data`, anywhere; compared by culture, so what is never drawn does not count. */
function bracketCommand(line: string): RunnerCommand | undefined {
  const text = line.replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '');
  const start = text.indexOf('##[');
  const end = start < 0 ? -1 : text.indexOf(']', start);
  return end < 0 ? undefined : command(text.slice(start + 3, end), ';', text.slice(end + 1));
}

function command(info: string, separator: string, data: string): RunnerCommand | undefined {
  const blank = info.indexOf(' ');
  const name = (blank < 0 ? info : info.slice(0, blank)).toLowerCase();
  if (!registered.has(name)) return undefined;
  const pairs = blank < 0 ? [] : info.slice(blank + 1).split(separator);
  const properties = Object.fromEntries(
    pairs.flatMap((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? []
        : [[pair.slice(0, equals).trim(), unescapeValue(pair.slice(equals + 1))] as const];
    }),
  );
  return { name, properties, data: unescapeValue(data) };
}

function unescapeValue(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}
