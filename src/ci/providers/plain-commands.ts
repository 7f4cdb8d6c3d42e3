import type { Paint } from './colors.ts';
import type { AnnotationProperties, LogCommands, RunnerCommands } from './provider.ts';

/** Writes one line to the log of the job. One that begins as a command of GitHub's runner gets a mark in front. */
export function printLine(line: string): void {
  process.stdout.write(`${/^\s*::/.test(line) ? '│ ' : ''}${line}\n`);
}

/** What a system without means of its own does with results: nothing. Files that a user names get them. */
export function noResults(debugLog: boolean): Omit<RunnerCommands, keyof LogCommands> {
  return {
    debug: (message) => {
      if (debugLog) for (const line of message.split(/\r?\n/)) printLine(`debug: ${withoutControls(line)}`);
    },
    setOutput() {},
    setSecret() {},
    saveState() {},
    getState: () => '',
  };
}

function withoutControls(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, '');
}

/** Annotations as lines of the log. `print` writes one line and breaks what its system would take for a command. */
export function plainAnnotations(
  print: (line: string) => void,
  paint: Paint,
): Pick<LogCommands, 'notice' | 'warning' | 'error' | 'onlyLog'> {
  const annotation =
    (word: string, color: 'red' | 'yellow' | 'cyan') =>
    (message: string, _?: AnnotationProperties): void => {
      const [first = '', ...more] = message.split('\n');
      print(`${paint(color, `${word}:`)} ${first}`);
      for (const line of more) print(line);
    };
  return {
    onlyLog: true,
    notice: annotation('Notice', 'cyan'),
    warning: annotation('Warning', 'yellow'),
    error: annotation('Error', 'red'),
  };
}

/** The log where lines are all there is: a group is a heading, and its lines are indented. */
export function plainCommands(paint: Paint, debugLog: boolean): RunnerCommands {
  let indent = '';
  const print = (line: string): void => printLine(indent + line);
  return {
    ...noResults(debugLog),
    ...plainAnnotations(print, paint),
    info: print,
    startGroup(title) {
      printLine(paint('bold', `▸ ${title}`));
      indent = '  ';
    },
    endGroup() {
      indent = '';
    },
  };
}
