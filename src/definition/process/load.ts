import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemsError, problem } from '../../problem.ts';
import { isOfMachine } from '../../runner-errors.ts';
import type { Definition } from '../definition.ts';
import type { CommittedOnly } from '../protocol.ts';
import { frameFinder } from '../stack-frames.ts';
import { endedEarly, outOfTime } from './errors.ts';
import { type HostProcess, startHost } from './spawn.ts';

/** Which definition to load, and how long and with what it may run. */
export interface LoadRequest {
  /** Absolute path of the definition. */
  readonly file: string;
  /** The export to take; chosen by rule when absent or empty. */
  readonly exportName?: string;
  /** Absolute path; becomes the definition's current directory. */
  readonly workingDirectory: string;
  /** How long the definition itself may take; the start of its process does not count. */
  readonly timeLimitMs: number;
  /** The action's own environment; the definition gets `definitionEnvironment` of it. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Where a stranger may have caused the run: nothing but the files of this commit is loaded, with the action's own
   * SDK. `file` is a real path then.
   */
  readonly committedOnly?: CommittedOnly;
  /** Heap limit of the definition's process, in MiB; 2048 when absent. */
  readonly memoryLimitMb?: number;
}

export interface LoadDeps {
  /** Absolute path of the host script. */
  readonly host: string;
  /** Absolute path of the SDK that is used where the repository has none installed. */
  readonly bundledSdk: string;
  /** Node binary; this process's own when absent. */
  readonly node?: string;
  /** Takes each line that the definition prints. Untrusted text. */
  readonly output: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
}

/** How long the process may take to start, on a machine however slow. */
const startLimitMs = 60_000;

/**
 * Evaluates a definition in a process of its own and gives back what it describes as plain data. The
 * process is ended, together with all that it started, before this returns; its output has been handed on
 * by then. What it started as a daemon is found by a mark in its environment, on Linux alone; one that throws
 * its environment away lives on. Should the action itself be killed, all of them end by themselves (except on
 * Windows).
 *
 * @throws ProblemsError for everything that is wrong with the definition
 * @throws the signal's reason when it is aborted
 */
export async function loadDefinition(request: LoadRequest, deps: LoadDeps): Promise<Definition> {
  deps.signal?.throwIfAborted();
  const memoryLimitMb = request.memoryLimitMb ?? 2048;
  const { file, workingDirectory, timeLimitMs } = request;
  const host = startHost({
    node: deps.node ?? process.execPath,
    host: deps.host,
    env: request.env,
    memoryLimitMb,
    output: deps.output,
    request: {
      token: randomBytes(16).toString('hex'),
      file,
      workingDirectory,
      bundledSdk: deps.bundledSdk,
      ...(request.exportName ? { exportName: request.exportName } : {}),
      ...(request.committedOnly ? { committedOnly: request.committedOnly } : {}),
    },
  });
  try {
    const answer = await withinTime(host, timeLimitMs, deps.signal);
    if (answer === 'out of time') {
      const { phase } = host.state();
      const stack = phase.name === 'reading-image' ? undefined : await host.whereItHangs();
      const foreign = [dirname(deps.host), dirname(deps.bundledSdk)];
      const stuckAt = stack ? frameFinder({ file, workingDirectory, foreign }).find(stack) : undefined;
      throw new ProblemsError([
        outOfTime(
          file,
          workingDirectory,
          phase.name === 'starting' ? startLimitMs : timeLimitMs,
          phase,
          stuckAt,
        ),
      ]);
    }
    if (answer?.type === 'definition') return answer.definition;
    if (answer) throw new ProblemsError(answer.problems);
    throw new ProblemsError([endedEarly(file, workingDirectory, memoryLimitMb, host.state())]);
  } finally {
    await host.end();
  }
}

async function withinTime(host: HostProcess, timeLimitMs: number, signal: AbortSignal | undefined) {
  const over = new AbortController();
  const { signal: stop } = over;
  const tooLate = sleep(startLimitMs, 'out of time' as const, { signal: stop });
  const clock = Promise.race([host.evaluating.then(() => 'begun' as const), tooLate]).then((outcome) =>
    outcome === 'begun' ? sleep(timeLimitMs, 'out of time' as const, { signal: stop }) : outcome,
  );
  for (const timer of [tooLate, clock]) timer.catch(() => {});
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
  });
  const answer = host.answer.catch((error: Error) => {
    if (isOfMachine(error)) throw error;
    throw problem(
      'The definition cannot be started',
      `Node could not be started to load it: ${error.message}.`,
    );
  });
  try {
    return await Promise.race([answer, clock, aborted]);
  } finally {
    over.abort();
    answer.catch(() => {});
  }
}
