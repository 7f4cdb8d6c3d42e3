import type { LogSink } from '../executor.ts';
import { outputLines } from '../log-format.ts';
import type { Phase } from '../phases.ts';
import type { LineSink } from './frames.ts';

/** The most output of a build that is kept, in characters and in lines. */
const MOST_TEXT = 32 * 2 ** 20;
const MOST_LINES = 500_000;
const LINES_OF_TAIL = 60;

/** The last lines that a step printed. */
export interface Tail {
  lines(): readonly string[];
}

/** Hands the output of commands on to a build's log, up to a limit for the whole build. */
export class Output {
  readonly #log: LogSink;
  #textLeft = MOST_TEXT;
  #linesLeft = MOST_LINES;

  constructor(log: LogSink) {
    this.#log = log;
  }

  /** A line of the executor's own. */
  note(phase: Pick<Phase, 'id'>, message: string, level: 'debug' | 'info' | 'warn' = 'info'): void {
    this.#log({ level, message, step: phase.id });
  }

  /** A sink for the output of a phase. Nothing is handed on after the signal has fired. */
  of(phase: Phase, signal?: AbortSignal): { readonly sink: LineSink; readonly tail: Tail } {
    const tail: string[] = [];
    const sink: LineSink = (stream, line) => {
      if (signal?.aborted) return;
      if (tail.length === LINES_OF_TAIL) tail.shift();
      tail.push(line);
      for (const message of outputLines(phase.label, stream, line)) this.#pass(phase, message);
    };
    return { sink, tail: { lines: () => tail } };
  }

  #pass(phase: Phase, message: string): void {
    if (this.#linesLeft <= 0 || this.#textLeft <= 0) return;
    this.#linesLeft -= 1;
    this.#textLeft -= message.length;
    if (this.#linesLeft <= 0 || this.#textLeft <= 0) {
      this.note(phase, 'This build has printed too much. The rest is not shown.', 'warn');
      return;
    }
    this.#log({ level: phase.level, message, step: phase.id });
  }
}
