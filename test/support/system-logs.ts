/** How the log readers of CI systems other than GitHub see what a job prints. */

/** A logging command of Azure Pipelines. */
export interface AzureCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** What the agent of Azure Pipelines does with a log, after its source (`Command.cs`, `WorkerCommandManager.cs`). */
export function azureLog(printed: string): {
  commands: AzureCommand[];
  warnings: string[];
  formats: string[];
} {
  const commands: AzureCommand[] = [];
  const warnings: string[] = [];
  const formats: string[] = [];
  for (const line of printed.split(/\r\n|\n|\r/)) {
    const command = azureCommand(line);
    if (command) commands.push(command);
    else if (/##vso/i.test(line)) warnings.push(line);
    const [, format] = /^##\[(\w+)\]/.exec(line) ?? [];
    if (format !== undefined) formats.push(format);
  }
  return { commands, warnings, formats };
}

/** `##vso[area.event key=value;key=value]data`, anywhere in a line. */
function azureCommand(line: string): AzureCommand | undefined {
  const start = line.indexOf('##vso[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const info = line.slice(start + '##vso['.length, end);
  const [, name = '', pairs = ''] = /^([^ ]*) ?(.*)$/.exec(info) ?? [];
  if (name.split('.').length !== 2) return undefined;
  const properties = pairs.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals < 1 ? [] : [[pair.slice(0, equals), unescapeData(pair.slice(equals + 1))] as const];
  });
  return { name, properties: Object.fromEntries(properties), data: unescapeData(line.slice(end + 1)) };
}

function unescapeData(text: string): string {
  return text
    .replaceAll('%3B', ';')
    .replaceAll('%5D', ']')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%AZP25', '%');
}

/** The marks of sections that GitLab's log view finds, as `start` and `end` with the title of a start. */
export function gitlabSections(printed: string): { mark: 'start' | 'end'; id: string; title: string }[] {
  const marks = printed.matchAll(
    /section_(start|end):(\d+):([A-Za-z0-9_.-]+)(\[[^\]\r\n]*\])?\r\u001b\[0K(?:\u001b\[1m)?([^\r\n\u001b]*)/g,
  );
  return [...marks].map(([, mark, , id = '', , title = '']) => ({
    mark: mark as 'start' | 'end',
    id,
    title,
  }));
}

/** The headings that Buildkite finds in a log. */
export function buildkiteHeadings(printed: string): string[] {
  const lines = printed.split(/\r\n|\n|\r/).map((line) => line.replace(/\u001b\[[0-9;]*m/g, ''));
  return lines.filter((line) => /^\s*(---|\+\+\+|~~~|\^\^\^)/.test(line));
}

/** What is left of a log without its colors, and whether a terminal would do anything but show it. */
export function terminalText(printed: string): { readonly text: string; readonly drives: boolean } {
  const text = printed.replace(/\u001b\[(?:0|1|2|3[1-6])m/g, '');
  return { text, drives: /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text) };
}

/**
 * The variables that GitLab makes of a dotenv report, by its documented rules: `KEY=value` lines of letters, digits and
 * `_`, values as they stand, no quotes, no blank lines, no comments, 5 kB and 50 variables at most.
 */
export function gitlabDotenv(text: string): Record<string, string> {
  if (Buffer.byteLength(text) > 5 * 1024) throw new Error('The dotenv report is too large');
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.length > 50) throw new Error('The dotenv report has too many variables');
  return Object.fromEntries(
    lines.map((line) => {
      const [, key, value] = /^([A-Za-z0-9_]+)=(.*)$/.exec(line) ?? [];
      if (key === undefined || value === undefined || /^\s|\s$|\r/.test(value))
        throw new Error(`Invalid line of a dotenv report: ${JSON.stringify(line)}`);
      return [key, value];
    }),
  );
}
