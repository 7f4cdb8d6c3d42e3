import { relative } from 'node:path';
import type { Problem, SourceLocation } from '../../problem.ts';
import { callerStack, type FrameFinder } from '../stack-frames.ts';

export interface GuardContext {
  readonly file: string;
  readonly workingDirectory: string;
  readonly frames: FrameFinder;
}

/**
 * Turns every way in which a definition can end its process, or leave it with nothing to do, into a
 * problem that names the line.
 *
 * @param fail reports and ends the process; never returns
 */
export function guardProcess(
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
        message: `${relative(context.workingDirectory, at.file)}:${at.line}: ${call} ${effect}. A definition must come to an end by itself: throw an Error if something is missing, and move what belongs to a script into a file of its own.`,
        at,
      });
    };
  const kill = process.kill.bind(process);
  const parent = process.ppid;
  process.exit = ended('process.exit()');
  Reflect.set(process, 'reallyExit', ended('process.reallyExit()'));
  process.abort = ended('process.abort()');
  process.kill = (pid, signal) => {
    // Node takes the number of a process as text too.
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
      title: 'The definition never gets done',
      message: `${name} waits (await) for a promise that nothing will ever settle, so its template is not there. Look for a promise whose resolve is never called, and make it settle.`,
      at: { file: context.file, line: 1 },
    }),
  );
}
