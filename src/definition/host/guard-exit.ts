import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Problem, SourceLocation } from '../../problem.ts';
import { callerStack, type FrameFinder } from '../stack-frames.ts';
import { withheldHint } from './withheld-keys.ts';

export interface GuardContext {
  readonly file: string;
  readonly workingDirectory: string;
  readonly frames: FrameFinder;
  /** The end of what the definition printed. */
  readonly printed: () => string;
}

/** How a definition ends without a result: it calls `process.exit`, throws, or has nothing left to do. */
export type Ending =
  | { readonly how: 'exit'; readonly at: SourceLocation }
  | { readonly how: 'error'; readonly thrown: unknown }
  | { readonly how: 'idle' };

/** Thrown where a definition expects that its process ends. */
const ended = Symbol('the definition has ended its process');

/**
 * Reports a problem, with its line, when a definition ends its process or waits forever.
 *
 * @param fail reports the problem and ends the process
 * @returns sets what decides whether an ending is expected. The process then goes on
 */
export function guardExit(
  context: GuardContext,
  fail: (problem: Problem) => never,
  failWith: (thrown: unknown) => never,
): (decide: (ending: Ending) => boolean) => void {
  const name = relative(context.workingDirectory, context.file);
  const caller = (): SourceLocation => context.frames.find(callerStack()) ?? { file: context.file, line: 1 };
  let isExpected: (ending: Ending) => boolean = () => false;
  const refuse =
    (call: string, effect = 'ends the process before the template is read') =>
    (): never => {
      const at = caller();
      return fail({
        title: `The definition calls ${call}`,
        message: `${call} ${effect}.${withheldHint(context.printed() + linesAbove(at), [at.file]) || ' A definition must not end its process: throw an Error if something is missing, and move other work to a separate script.'}`,
        at,
      });
    };
  const kill = process.kill.bind(process);
  const parent = process.ppid;
  for (const call of ['exit', 'reallyExit']) {
    Reflect.set(process, call, (): never => {
      if (!isExpected({ how: 'exit', at: caller() })) return refuse(`process.${call}()`)();
      throw ended;
    });
  }
  process.abort = refuse('process.abort()');
  process.kill = (pid, signal) => {
    // Node accepts the number of a process as text too.
    const id = Number(pid);
    if (signal === 0) return kill(pid, signal);
    if (id === process.pid || id === 0) return refuse('process.kill() on itself')();
    if (id === parent) return refuse('process.kill() on its parent', 'would end the action')();
    if (id < 0) return refuse(`process.kill(${id})`, 'signals many processes at once')();
    return kill(pid, signal);
  };

  const thrown = (value: unknown): void => {
    if (value !== ended && !isExpected({ how: 'error', thrown: value })) failWith(value);
  };
  process.on('uncaughtException', thrown);
  process.on('unhandledRejection', thrown);
  process.on('beforeExit', () => {
    if (isExpected({ how: 'idle' })) return;
    fail({
      title: 'The definition never finishes',
      message: `${name} waits (await) for a promise that never settles, so it exports no template. Look for a promise whose resolve is never called, and call it.`,
      at: { file: context.file, line: 1 },
    });
  });
  return (decide) => {
    isExpected = decide;
  };
}

/** Whether an error only stops what would have run after `process.exit()`. */
export function isStop(thrown: unknown): boolean {
  return thrown === ended;
}

/** The lines that most often say why a program ends: those just above the call. */
function linesAbove({ file, line }: SourceLocation): string {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .slice(Math.max(0, line - 5), line)
      .join('\n');
  } catch {
    return '';
  }
}
