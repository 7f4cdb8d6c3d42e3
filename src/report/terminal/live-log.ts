import { painter } from '../../ci/providers/colors.ts';
import type { LogCommands, RunnerCommands } from '../../ci/providers/provider.ts';
import { formatDuration } from '../text/format.ts';
import { columnsOf, cutToColumns } from './width.ts';

/** The terminal that is drawn on. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number | undefined;
}

export interface LiveOptions {
  readonly screen: Screen;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since any time. */
  readonly now?: () => number;
}

/** Lines of the running step that are shown. */
const shownLines = 4;
const frameMs = 120;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** What the log writes last in the group of a step that went well. */
const stepEnd = /^(?:done\b|Taken from the cache)/;
/** What it writes behind the group instead, for a step that took long. */
const slowEnd = /^DONE /;
/** The number of a step and of all steps, in its title. */
const stepNumber = /^\[(\d+)\/(\d+)\]/;

/**
 * The log of a terminal in which the running step is redrawn: its title, its last lines, and a bar of the steps that are
 * done. A step that went well leaves one line. All other groups, and what stands outside of groups, stay as they are.
 *
 * @param plain - prints what stays
 */
export function liveCommands(
  plain: RunnerCommands,
  { screen, env, now = Date.now }: LiveOptions,
): RunnerCommands {
  const paint = painter(env, true);
  const startedAt = now();
  let title: string | undefined;
  let groupAt = 0;
  let lines: string[] = [];
  let drawn = 0;
  let frame = 0;
  let done = { step: 0, of: 0 };
  let timer: NodeJS.Timeout | undefined;
  /** A group that has ended, and it is not clear yet how. */
  let held: { readonly title: string; readonly lines: readonly string[] } | undefined;

  const erase = (): void => {
    if (drawn > 0) screen.write(`\r\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    erase();
    if (title === undefined) return;
    const width = Math.max(20, (screen.columns ?? 80) - 1);
    const time = formatDuration(now() - groupAt);
    const head = cutToColumns(`${frames[frame % frames.length]} ${title}`, width - time.length - 2);
    const gap = ' '.repeat(Math.max(1, width - columnsOf(head) - time.length));
    const rows = [
      `${paint('cyan', head)}${gap}${paint('dim', time)}`,
      ...lines.slice(-shownLines).map((line) => paint('dim', cutToColumns(`  ${line}`, width))),
      ...(done.of > 0 ? [bar(width)] : []),
    ];
    screen.write(rows.map((row) => `${row}\n`).join(''));
    drawn = rows.length;
  };
  const bar = (width: number): string => {
    const text = ` ${done.step} of ${done.of} steps, ${formatDuration(now() - startedAt)}`;
    const room = Math.max(4, Math.min(30, width - text.length));
    const full = Math.round((room * done.step) / done.of);
    return (
      paint('green', '█'.repeat(full)) +
      paint('dim', '░'.repeat(room - full)) +
      cutToColumns(text, width - room)
    );
  };
  /** Leaves one line of a step that went well. */
  const collapse = (ended: string, how: string): void => {
    const [, number] = stepNumber.exec(ended) ?? [];
    if (number !== undefined) done = { ...done, step: Number(number) };
    const width = Math.max(20, (screen.columns ?? 80) - 1);
    plain.info(`${paint('green', '✓')} ${cutToColumns(ended, width - how.length - 4)}  ${how}`);
  };
  const release = (): void => {
    if (!held) return;
    const { title: ended, lines: all } = held;
    held = undefined;
    plain.startGroup(ended);
    for (const line of all) plain.info(line);
    plain.endGroup();
  };
  const stop = (): void => {
    erase();
    clearInterval(timer);
    timer = undefined;
    title = undefined;
    lines = [];
  };
  /** Prints something that stays, above what is redrawn. */
  const above =
    <Words extends unknown[]>(print: (...words: Words) => void) =>
    (...words: Words): void => {
      erase();
      release();
      print(...words);
      draw();
    };

  const log: LogCommands = {
    info(line) {
      if (title !== undefined) {
        lines.push(line);
        draw();
      } else if (held && slowEnd.test(line)) {
        collapse(held.title, line.replace(slowEnd, 'done in '));
        held = undefined;
      } else {
        release();
        plain.info(line);
      }
    },
    startGroup(next) {
      release();
      title = next;
      groupAt = now();
      const [, number, of] = stepNumber.exec(next) ?? [];
      if (number !== undefined && of !== undefined) done = { step: Number(number) - 1, of: Number(of) };
      timer ??= setInterval(() => {
        frame += 1;
        draw();
      }, frameMs).unref();
      draw();
    },
    endGroup() {
      const [ended = '', all] = [title, lines];
      const last = all.at(-1) ?? '';
      stop();
      if (stepEnd.test(last)) collapse(ended, last);
      else held = { title: ended, lines: all };
    },
    notice: above(plain.notice),
    warning: above(plain.warning),
    error: above(plain.error),
    ...(plain.onlyLog && { onlyLog: true }),
  };
  return {
    ...plain,
    ...log,
    async finish() {
      stop();
      release();
      await plain.finish?.();
    },
  };
}
