import { setTimeout as sleep } from 'node:timers/promises';
import { type HostMessage, type HostRequest, lifelineDescriptor, type Phase } from '../protocol.ts';
import { readChannel } from './channel.ts';
import { type EarlyHost, spawnHost } from './host-child.ts';
import { boundedLines, withoutCrashReport } from './output.ts';
import { probeStack } from './stack-probe.ts';

/** The result of a definition's process. */
export type HostResult = Exclude<HostMessage, { type: 'phase' }>;

/** A running process that evaluates a definition. */
export interface HostProcess {
  /** Its result; `undefined` when it exited without one. Rejects when it cannot be started. */
  readonly result: Promise<HostResult | undefined>;
  /** Its current state. */
  state(): HostState;
  /** Resolves when it has started and evaluates the definition. */
  readonly evaluating: Promise<void>;
  /** Its current call stack, when it is computing. */
  currentStack(): Promise<string | undefined>;
  /** Kills it and everything that it started, and waits until all output has been read. */
  end(): Promise<void>;
}

export interface HostState {
  readonly phase: Phase;
  /** It has installed something, or does so now. */
  readonly installed: boolean;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Node reported on standard error that it ran out of memory. */
  readonly outOfMemory: boolean;
  /** The channel had other data than our messages. */
  readonly noise: boolean;
}

export interface HostProcessOptions {
  readonly node: string;
  readonly host: string;
  readonly request: HostRequest;
  readonly env: NodeJS.ProcessEnv;
  readonly memoryLimitMb: number;
  readonly early?: EarlyHost | undefined;
  readonly onPhase?: ((phase: Phase) => void) | undefined;
  readonly output: (line: string, stream: 'stdout' | 'stderr') => void;
}

const outputLimit = { lines: 10_000, characters: 1_000_000 };
/** How long pipes are still read after the process has exited, in case another process keeps them open. */
const drainMs = 2_000;

/** Hands a process its request: the one that waits, if there is one, or a new one. */
export function startHost(options: HostProcessOptions): HostProcess {
  const { request } = options;
  const { child, killGroup, killAll } =
    options.early?.take() ?? spawnHost({ ...options, workingDirectory: request.workingDirectory });

  let phase: Phase = { name: 'starting' };
  let installed = false;
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
  // If no pipe could be opened, there are no streams, contrary to the types, and an error event follows.
  const [, , , channel] = child.stdio ?? [];
  child.stdout?.on('data', stdout.write);
  child.stderr?.on('data', stderr.write);

  const exited = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const evaluating = Promise.withResolvers<void>();
  const result = Promise.withResolvers<HostResult | undefined>();
  child.once('exit', () => {
    killAll();
    exited.resolve();
  });
  child.once('close', () => closed.resolve());
  child.once('error', (error) => {
    exited.resolve();
    closed.resolve();
    result.reject(error);
  });
  const drained = exited.promise.then(() =>
    Promise.race([closed.promise, sleep(drainMs, undefined, { ref: false })]),
  );
  // The pipe is closed and all its messages have been read.
  drained.then(() => result.resolve(undefined));

  if (channel) {
    readChannel(channel as NodeJS.ReadableStream, options.request.token, {
      message: (message) => {
        if (message.type !== 'phase') return result.resolve(message);
        phase = message.phase;
        options.onPhase?.(phase);
        if (phase.name === 'installing') installed = true;
        else if (phase.name !== 'starting') evaluating.resolve();
      },
      noise: () => {
        noise = true;
      },
    });
    for (const stream of [child.stdin, child.stdio[lifelineDescriptor]]) stream?.on('error', () => {});
    child.stdin.end(JSON.stringify(request));
  }

  return {
    result: result.promise,
    evaluating: evaluating.promise,
    state: () => ({ phase, installed, noise, outOfMemory, code: child.exitCode, signal: child.signalCode }),
    currentStack: async () =>
      child.pid === undefined ? undefined : probeStack(child.pid, debuggerUrl.promise),
    async end() {
      // When it has exited, all that it started is searched for, which takes a while where many processes run.
      killGroup();
      await drained;
      for (const stream of child.stdio ?? []) stream?.destroy();
      process.removeListener('exit', killAll);
      stdout.end();
      stderr.end();
      errors.end();
    },
  };
}

/** Node's lines about the debugger: the address, or '' for any other; `undefined` for the definition's own lines. */
function debuggerNotice(line: string): string | undefined {
  const url = /^Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[\w-]+)$/.exec(line)?.[1];
  return (
    url ??
    (/^(For help, see: https:\/\/nodejs\.org\/|Debugger attached\.|Debugger ending on ws:)/.test(line)
      ? ''
      : undefined)
  );
}
