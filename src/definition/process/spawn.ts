import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { definitionEnvironment, runMark } from '../environment.ts';
import { type HostMessage, type HostRequest, lifelineDescriptor, type Phase } from '../protocol.ts';
import { readChannel } from './channel.ts';
import { killMarkedProcesses } from './kill-tree.ts';
import { boundedLines, withoutCrashReport } from './output.ts';
import { probeStack } from './stack-probe.ts';

/** The last word of a definition's process. */
export type Answer = Exclude<HostMessage, { type: 'phase' }>;

/** A running process that evaluates a definition. */
export interface HostProcess {
  /** Its answer, or `undefined` when it ended without one. Rejects when it cannot be started. */
  readonly answer: Promise<Answer | undefined>;
  /** What is known of it by now. */
  state(): HostState;
  /** Fulfilled when it has started and begins with the definition itself. */
  readonly evaluating: Promise<void>;
  /** Its call stack at this moment, when it is busy with a computation. */
  whereItHangs(): Promise<string | undefined>;
  /** Ends it and all that it started, and waits until its output has been read to the end. */
  end(): Promise<void>;
}

export interface HostState {
  readonly phase: Phase;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Node said on standard error that its memory was used up. */
  readonly outOfMemory: boolean;
  /** Something else than our messages came through the channel. */
  readonly noise: boolean;
}

export interface HostProcessOptions {
  readonly node: string;
  readonly host: string;
  readonly request: HostRequest;
  readonly env: NodeJS.ProcessEnv;
  readonly memoryLimitMb: number;
  readonly output: (line: string, stream: 'stdout' | 'stderr') => void;
}

const outputLimit = { lines: 10_000, characters: 1_000_000 };
/** How long the pipes of an ended process are read on, should a process that it started hold them open. */
const drainMs = 2_000;

/**
 * Starts the process in a group of its own and with a mark in its environment, so that what the definition
 * starts ends with it.
 */
export function startHost(options: HostProcessOptions): HostProcess {
  const mark = randomUUID();
  const ownGroup = process.platform !== 'win32';
  const child = spawn(
    options.node,
    [
      `--max-old-space-size=${options.memoryLimitMb}`,
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=DeprecationWarning',
      '--inspect-port=127.0.0.1:0',
      options.host,
    ],
    {
      cwd: options.request.workingDirectory,
      env: { ...definitionEnvironment(options.env), [runMark]: mark },
      detached: ownGroup,
      windowsHide: true,
      // Standard streams, the channel, the lifeline.
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  const killAll = (): void => {
    try {
      if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // Already gone.
    }
    killMarkedProcesses(mark);
  };
  process.once('exit', killAll);

  let phase: Phase = { name: 'starting' };
  let noise = false;
  let outOfMemory = false;
  const spent = { lines: 0, characters: 0, cut: false };
  const debuggerUrl = Promise.withResolvers<string>();
  const stdout = boundedLines(outputLimit, spent, (line) => options.output(line, 'stdout'));
  const errors = withoutCrashReport((line) => options.output(line, 'stderr'));
  const stderr = boundedLines(outputLimit, spent, (line) => {
    if (line.includes('JavaScript heap out of memory')) outOfMemory = true;
    const url = debuggerNotice(line);
    if (url) debuggerUrl.resolve(url);
    if (url === undefined) errors.write(line);
  });
  // Where no pipe could be opened there are no streams at all, whatever the types say, and an error follows.
  const [, , , channel] = child.stdio ?? [];
  child.stdout?.on('data', stdout.write);
  child.stderr?.on('data', stderr.write);

  const exited = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const evaluating = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Answer | undefined>();
  child.once('exit', () => {
    killAll();
    exited.resolve();
  });
  child.once('close', () => closed.resolve());
  child.once('error', (error) => {
    exited.resolve();
    closed.resolve();
    answer.reject(error);
  });
  const drained = exited.promise.then(() =>
    Promise.race([closed.promise, sleep(drainMs, undefined, { ref: false })]),
  );
  // All messages of a closed pipe have been read.
  drained.then(() => answer.resolve(undefined));

  if (channel) {
    readChannel(channel as NodeJS.ReadableStream, options.request.token, {
      message: (message) => {
        if (message.type !== 'phase') return answer.resolve(message);
        phase = message.phase;
        if (phase.name !== 'starting') evaluating.resolve();
      },
      noise: () => {
        noise = true;
      },
    });
    for (const stream of [child.stdin, child.stdio[lifelineDescriptor]]) stream?.on('error', () => {});
    child.stdin.end(JSON.stringify(options.request));
  }

  return {
    answer: answer.promise,
    evaluating: evaluating.promise,
    state: () => ({ phase, noise, outOfMemory, code: child.exitCode, signal: child.signalCode }),
    whereItHangs: async () =>
      child.pid === undefined ? undefined : probeStack(child.pid, debuggerUrl.promise),
    async end() {
      killAll();
      await drained;
      for (const stream of child.stdio ?? []) stream?.destroy();
      process.removeListener('exit', killAll);
      stdout.end();
      stderr.end();
      errors.end();
    },
  };
}

/** Lines by which Node announces the debugger: its address, or nothing of interest; `undefined` for others. */
function debuggerNotice(line: string): string | undefined {
  const url = /^Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[\w-]+)$/.exec(line)?.[1];
  return (
    url ??
    (/^(For help, see: https:\/\/nodejs\.org\/|Debugger attached\.|Debugger ending on ws:)/.test(line)
      ? ''
      : undefined)
  );
}
