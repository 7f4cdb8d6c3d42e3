import { randomBytes, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemsError, problem } from '../../problem.ts';
import { isOfMachine } from '../../runner-errors.ts';
import type { Definition } from '../definition.ts';
import type { KindName } from '../kinds.ts';
import type { CommittedOnly, Phase, ReadingInputs } from '../protocol.ts';
import { frameFinder } from '../stack-frames.ts';
import { endedEarly, outOfTime } from './errors.ts';
import { defaultMemoryLimitMb, type EarlyHost } from './host-child.ts';
import { type HostProcess, startHost } from './spawn.ts';

/** Which definition to load, and its limits. */
export interface LoadRequest {
  readonly kind: KindName;
  /** Absolute path of the definition. */
  readonly file: string;
  readonly reading?: ReadingInputs;
  /** Absolute path of the definition's current directory. */
  readonly workingDirectory: string;
  /** Absolute path of the folder for temporary files of this step of the job, which others of the job do not use. */
  readonly temporaryDirectory: string;
  /** The folder of the checkout, where the job's system names one. */
  readonly workspace?: string | undefined;
  /** Time limit of the definition itself, without the start of its process. */
  readonly timeLimitMs: number;
  /** The action's environment. The definition gets `definitionEnvironment` of it. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Set when a stranger may have caused the run: only files of this commit are loaded, with the action's own SDK.
   * `file` is a real path then.
   */
  readonly committedOnly?: CommittedOnly;
  /** Heap limit of the definition's process in MiB. The default is 2048. */
  readonly memoryLimitMb?: number;
}

export interface LoadDeps {
  /** Absolute path of the host script. */
  readonly host: string;
  /** Absolute path of the SDK for repositories that have none installed. */
  readonly bundledSdk: string;
  /** Node binary. The default is that of this process. */
  readonly node?: string;
  /** A process that was started before, with the same Node.js, environment and heap limit. */
  readonly early?: EarlyHost | undefined;
  /** Gets what the process does next. */
  readonly onPhase?: (phase: Phase) => void;
  /** Gets each line that the definition prints, which is untrusted text. */
  readonly output: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
}

/** How long the process may take to start, even on a slow machine. */
const startLimitMs = 60_000;
/** How long it may take to install what a definition needs, which ends itself before. */
const installLimitMs = 300_000;

/**
 * Evaluates a definition in a separate process and returns its template as plain data. Before it returns, all output
 * has been passed on, and the process and everything that it started are killed. On Linux, daemons are found by a mark
 * in their environment, unless they clear it. If the action itself is killed, all of these processes exit too (except on
 * Windows).
 *
 * @throws ProblemsError for all problems of the definition
 * @throws the signal's reason when it is aborted
 */
export async function loadDefinition(request: LoadRequest, deps: LoadDeps): Promise<Definition> {
  deps.signal?.throwIfAborted();
  const memoryLimitMb = request.memoryLimitMb ?? defaultMemoryLimitMb;
  const { file, workingDirectory, timeLimitMs } = request;
  const host = startHost({
    node: deps.node ?? process.execPath,
    host: deps.host,
    env: request.env,
    memoryLimitMb,
    early: deps.early,
    onPhase: deps.onPhase,
    output: deps.output,
    request: {
      token: randomBytes(16).toString('hex'),
      file,
      workingDirectory,
      ...(request.workspace !== undefined && { workspace: request.workspace }),
      temporaryDirectory: join(request.temporaryDirectory, `definition-${randomUUID()}`),
      bundledSdk: deps.bundledSdk,
      kind: request.kind,
      ...request.reading,
      ...(request.committedOnly ? { committedOnly: request.committedOnly } : {}),
    },
  });
  try {
    const result = await withinTime(host, timeLimitMs, deps.signal);
    if (result === 'out of time') {
      const { phase } = host.state();
      const told = phase.name === 'evaluating' ? phase.at : undefined;
      const stack = told || phase.name === 'reading-image' ? undefined : await host.currentStack();
      const foreign = [dirname(deps.host), dirname(deps.bundledSdk)];
      const stuckAt =
        told ?? (stack ? frameFinder({ file, workingDirectory, foreign }).find(stack) : undefined);
      throw new ProblemsError([
        outOfTime(file, workingDirectory, limitOf(phase, timeLimitMs), phase, stuckAt),
      ]);
    }
    if (result?.type === 'definition') return result.definition;
    if (result) throw new ProblemsError(result.problems);
    throw new ProblemsError([endedEarly(file, workingDirectory, memoryLimitMb, host.state())]);
  } finally {
    await host.end();
  }
}

/** How long the process may be in a phase. */
function limitOf({ name }: Phase, timeLimitMs: number): number {
  if (name === 'installing') return startLimitMs + installLimitMs;
  return name === 'starting' ? startLimitMs : timeLimitMs;
}

async function withinTime(host: HostProcess, timeLimitMs: number, signal: AbortSignal | undefined) {
  const over = new AbortController();
  const { signal: stop } = over;
  const tooLate = sleep(startLimitMs, undefined, { signal: stop })
    .then(() => host.state().installed && sleep(installLimitMs, undefined, { signal: stop }))
    .then(() => 'out of time' as const);
  const clock = Promise.race([host.evaluating.then(() => 'begun' as const), tooLate]).then((outcome) =>
    outcome === 'begun' ? sleep(timeLimitMs, 'out of time' as const, { signal: stop }) : outcome,
  );
  for (const timer of [tooLate, clock]) timer.catch(() => {});
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
  });
  const result = host.result.catch((error: Error) => {
    if (isOfMachine(error)) throw error;
    throw problem(
      'The definition cannot be started',
      `Node could not be started to load it: ${error.message}.`,
    );
  });
  try {
    return await Promise.race([result, clock, aborted]);
  } finally {
    over.abort();
    result.catch(() => {});
  }
}
