import { isAbsolute } from 'node:path';
import type { LogCommands } from '../../ci/providers/provider.ts';
import type { Problem, SourceLocation } from '../../problem.ts';
import type { Redact } from '../../redact/redact.ts';
import { displayPath, formatCount } from '../text/format.ts';
import { cutWithMark, printableLines, singleLine } from '../text/sanitize.ts';

/** The place and title of an annotation. */
export interface AnnotationOptions {
  readonly title?: string;
  readonly at?: SourceLocation | undefined;
  /** The log has the same text already: past the limit, the annotation is counted and not printed. */
  readonly inLog?: boolean;
}

/** How a line of untrusted text is marked: `┆` instead of `│` for what came from stderr. */
export type Stream = 'stdout' | 'stderr';

/** The log of a run. Groups never nest: a new one closes the open one. No text can act as a command of the runner. */
export interface Output {
  /** A sentence of this action; it may have values from outside. */
  line(text: string): void;
  /** Untrusted text, each line behind a constant visible mark. */
  printUntrusted(text: string, mark?: Stream): void;
  startGroup(title: string): void;
  endGroup(): void;
  /** Annotations. Within a group they are kept until it ends, except errors, which end it. */
  notice(message: string, placement?: AnnotationOptions): void;
  warning(message: string, placement?: AnnotationOptions): void;
  error(message: string, placement?: AnnotationOptions): void;
  /** Closes the open group and says what was left out. May be called twice; call it in `finally`. */
  close(): void;
}

type Kind = 'notice' | 'warning' | 'error';

/** GitHub cuts an annotation's message here. */
const messageLimit = 4096;

const marks: Readonly<Record<Stream, string>> = { stdout: '│ ', stderr: '┆ ' };

/**
 * The {@link Output} of a job.
 *
 * @param commands - how the job's system prints
 * @param workspace - annotations name files relative to it. A file outside of it has no place in the repository, so the
 *   message names it.
 * @param redact - removes secrets from everything that is printed
 */
export function jobOutput(
  commands: LogCommands,
  { workspace, redact = (text) => text }: { workspace?: string; redact?: Redact } = {},
): Output {
  const { annotationLimit: limit = Number.POSITIVE_INFINITY } = commands;
  // One error is reserved for the message with which the step fails.
  const limits: Record<Kind, number> = { notice: limit, warning: limit, error: limit - 1 };
  const used: Record<Kind, number> = { notice: 0, warning: 0, error: 0 };
  let surplusWarnings = 0;
  let groupOpen = false;
  let kept: (() => void)[] = [];

  function line(text: string): void {
    for (const printable of printableLines(redact(text))) commands.info(printable);
  }

  function endGroup(): void {
    if (!groupOpen) return;
    groupOpen = false;
    commands.endGroup();
    const annotations = kept;
    kept = [];
    for (const print of annotations) print();
  }

  function annotate(kind: Kind, message: string, { title, at, inLog = false }: AnnotationOptions = {}): void {
    const place = at && filePlace(at, workspace);
    const heading = title === undefined ? undefined : singleLine(redact(title), 200);
    // The log shows only an annotation's message, so that includes place and title.
    const full = [...(inLog ? [] : [place?.label, heading]), message].filter(Boolean).join(': ');
    const text = printableLines(redact(full)).join('\n');
    if (inLog && commands.onlyLog) return;
    if (used[kind] >= limits[kind]) {
      if (kind === 'warning') surplusWarnings += 1;
      if (!inLog) line(`${kind}: ${text}`);
      return;
    }
    used[kind] += 1;
    const properties = { ...(heading && { title: heading }), ...place?.properties };
    const print = () => commands[kind](cutWithMark(text, messageLimit), properties);
    if (groupOpen) kept.push(print);
    else print();
  }

  return {
    line,
    printUntrusted(text, mark = 'stdout') {
      for (const printable of printableLines(redact(text))) commands.info(marks[mark] + printable);
    },
    startGroup(title) {
      endGroup();
      groupOpen = true;
      commands.startGroup(singleLine(redact(title), 200));
    },
    endGroup,
    notice: (message, placement) => annotate('notice', message, placement),
    warning: (message, placement) => annotate('warning', message, placement),
    error(message, placement) {
      endGroup();
      annotate('error', message, placement);
    },
    close() {
      endGroup();
      if (surplusWarnings === 0) return;
      line(
        `${formatCount(surplusWarnings, 'more warning')} in the log: a step shows at most ${limit} as annotations.`,
      );
      surplusWarnings = 0;
    },
  };
}

interface FilePlace {
  readonly properties: { file?: string; startLine?: number; startColumn?: number };
  /** `template.ts:12`. */
  readonly label: string;
}

function filePlace({ file, line, column }: SourceLocation, workspace: string | undefined): FilePlace {
  const path = displayPath(file, workspace);
  const label = singleLine(`${path}:${line}`, 300);
  if (isAbsolute(path) && workspace !== undefined) return { properties: {}, label };
  return {
    properties: {
      file: singleLine(path, 1000),
      startLine: line,
      ...(column !== undefined && { startColumn: column }),
    },
    label,
  };
}

/** One error annotation for each problem, at its line; what is beyond the runner's limit becomes a plain line. */
export function reportProblems(output: Output, problems: readonly Problem[]): void {
  for (const { title, message, at } of problems) output.error(message, { title, at });
}

/** Shows warnings, which do not stop the step. */
export function showWarnings(output: Output, warnings: readonly Problem[]): void {
  for (const { title, message, at } of warnings) output.warning(message, { title, at });
}
