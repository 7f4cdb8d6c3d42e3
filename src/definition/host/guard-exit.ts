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

/**
 * Reports a problem, with its line, when a definition ends its process or waits forever.
 *
 * @param fail reports the problem and ends the process
 */
export function guardExit(
  context: GuardContext,
  fail: (problem: Problem) => never,
  failWith: (thrown: unknown) => never,
): void {
  const name = relative(context.workingDirectory, context.file);
  const caller = (): SourceLocation => context.frames.find(callerStack()) ?? { file: context.file, line: 1 };
  const ended =
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
  process.exit = ended('process.exit()');
  Reflect.set(process, 'reallyExit', ended('process.reallyExit()'));
  process.abort = ended('process.abort()');
  process.kill = (pid, signal) => {
    // Node accepts the number of a process as text too.
    const id = Number(pid);
    if (signal === 0) return kill(pid, signal);
    if (id === process.pid || id === 0) return ended('process.kill() on itself')();
    if (id === parent) return ended('process.kill() on its parent', 'would end the action')();
    if (id < 0) return ended(`process.kill(${id})`, 'signals many processes at once')();
    return kill(pid, signal);
  };

  process.on('uncaughtException', (error) => failWith(error));
  process.on('unhandledRejection', (reason) => failWith(reason));
  process.on('beforeExit', () =>
    fail({
      title: 'The definition never finishes',
      message: `${name} waits (await) for a promise that never settles, so it exports no template. Look for a promise whose resolve is never called, and call it.`,
      at: { file: context.file, line: 1 },
    }),
  );
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
