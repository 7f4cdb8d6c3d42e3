import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseJson } from '../../../json.ts';
import { ProblemsError, problem } from '../../../problem.ts';
import { lostChannelCode } from '../../protocol.ts';
import { type Answer, asDriverMessage, type DriverMessage } from './messages.ts';

export interface DriveOptions {
  /** Absolute path of the interpreter. */
  readonly python: string;
  /** Folder of the driver's program. */
  readonly driver: string;
  readonly guarded: boolean;
  readonly workingDirectory: string;
  /** What the driver gets to know, as JSON. */
  readonly request: object;
  /** Gets what the recipe does next. */
  readonly on: (message: Exclude<DriverMessage, Answer | { type: 'check' }>) => void;
  /** Throws a `ProblemsError` for a file that may not be loaded. */
  readonly check: (path: string) => void;
}

/** How the interpreter ended when it gave no answer. */
export interface Silence {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It closed or wrote to the pipe through which it answers. */
  readonly lostPipe: boolean;
}

/**
 * Runs the driver on a recipe. Its process belongs to the group of this one, has its environment, and is killed with it;
 * what it prints goes where this process prints.
 *
 * @returns its answer, or how it ended without one
 * @throws ProblemsError when it cannot be started
 */
export async function drive(options: DriveOptions): Promise<Answer | Silence> {
  const { python, driver, guarded, workingDirectory, on, check } = options;
  const token = randomBytes(16).toString('hex');
  // Guarded: neither variables, nor the folder of the file, nor .pth files and sitecustomize decide what is loaded.
  const flags = [...(guarded ? ['-I', '-S'] : []), '-B', '-u'];
  const child = spawn(python, [...flags, driver], {
    cwd: workingDirectory,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    windowsHide: true,
  });
  const answer = Promise.withResolvers<Answer | Silence>();
  let noise = false;
  child.once('error', (error) =>
    answer.reject(problem('Python does not start', `${python} could not be started: ${error.message}.`)),
  );
  const { stdin } = child;
  stdin?.on('error', () => {});
  stdin?.write(`${JSON.stringify({ ...options.request, token })}\n`);

  const receive = (line: string): void => {
    if (line === '') return;
    const message = line.startsWith(`${token} `)
      ? asDriverMessage(parseJson(line.slice(token.length + 1)))
      : undefined;
    if (message === undefined) noise = true;
    else if (message.type === 'check') {
      try {
        check(message.path);
        stdin?.write('null\n');
      } catch (error) {
        // The recipe may go on without the file.
        if (error instanceof ProblemsError) stdin?.write(`${JSON.stringify(error.problems[0])}\n`);
        else answer.reject(error);
      }
    } else if (isLast(message)) answer.resolve(message);
    else on(message);
  };
  const pipe = child.stdio[3] as Readable;
  pipe.on('error', () => {});
  createInterface({ input: pipe, crlfDelay: Number.POSITIVE_INFINITY }).on('line', receive);
  const end = (): void => {
    const { exitCode: code, signalCode: signal } = child;
    answer.resolve({ code, signal, lostPipe: code === lostChannelCode || (noise && signal === null) });
  };
  child.once('close', end);
  // A process that the recipe forked may keep the pipe open.
  child.once('exit', () => setTimeout(end, 2_000).unref());
  return answer.promise;
}

function isLast(message: DriverMessage): message is Answer {
  return ['sdk', 'problems', 'failure', 'result'].includes(message.type);
}
