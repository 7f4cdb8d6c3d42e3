import type { ServiceClient } from '../api/client.ts';
import type { SandboxMetrics, StartedSandbox } from '../api/sandbox-schemas.ts';
import { ServiceError } from '../http/errors.ts';
import type { CommandOutcome, SmokeTestEvent, SmokeTestFailure, SmokeTestOutcome } from './events.ts';
import type { TestCommand } from './parse-test.ts';
import type { CommandEnd, SandboxCommands } from './sandbox-commands.ts';
import { startWhenFree } from './start-when-free.ts';

export interface SmokeTest {
  /** `name:buildId`. */
  readonly reference: string;
  readonly commands: readonly TestCommand[];
  /** Of the template, if it has one. */
  readonly startCmd?: string | undefined;
  readonly readyCmd?: string | undefined;
  /** Milliseconds for everything. */
  readonly limitMs: number;
}

export interface SmokeTestDeps {
  readonly client: Pick<ServiceClient, 'createSandbox' | 'killSandbox' | 'sandboxMetrics' | 'sandboxUse'>;
  readonly commandsOf: (sandbox: StartedSandbox) => SandboxCommands;
  readonly emit: (event: SmokeTestEvent) => void;
  readonly signal: AbortSignal;
}

/** A sandbox outlives the time limit by this, in case nobody is left to end it. */
const marginSeconds = 30;
const keptLines = 200;

/**
 * Starts a sandbox from exactly one build, looks whether its start command runs, and runs commands one after the other;
 * the first that fails ends the test. The sandbox is ended in any case.
 *
 * A test that does not pass is a result. Rejects only with the signal's reason.
 */
export async function runSmokeTest(test: SmokeTest, deps: SmokeTestDeps): Promise<SmokeTestOutcome> {
  const { client, commandsOf, emit, signal } = deps;
  const begun = Date.now();
  const leftMs = () => Math.max(1000, test.limitMs - (Date.now() - begun));
  const commands: CommandOutcome[] = [];
  let sandbox: StartedSandbox | undefined;
  let startMs: number | undefined;
  const end = (failure?: SmokeTestFailure, metrics?: SandboxMetrics): SmokeTestOutcome => ({
    passed: failure === undefined,
    ...(sandbox && { sandboxId: sandbox.sandboxId }),
    ...(startMs !== undefined && { startMs }),
    commands,
    ...(metrics && { metrics }),
    ...(failure && { failure }),
  });
  try {
    const seconds = Math.ceil(test.limitMs / 1000) + marginSeconds;
    sandbox = await startWhenFree(client, test.reference, seconds, { leftMs, emit, signal });
    startMs = Date.now() - begun;
    emit({ type: 'sandbox', sandboxId: sandbox.sandboxId, durationMs: startMs });
    const inside = commandsOf(sandbox);
    const { startCmd, readyCmd } = test;
    if (startCmd && !(await isAlive(inside, startCmd, readyCmd, { leftMs, signal }))) {
      const message = `The start command does not run in the sandbox: ${startCmd}. It ran when the template was built, so it may have ended since, or not have survived the snapshot.`;
      return end({ cause: 'start-command', message });
    }
    for (const [index, { title, command }] of test.commands.entries()) {
      emit({ type: 'command', command: index + 1, total: test.commands.length, title });
      const outcome = await runCommand(inside, { title, command }, leftMs(), deps);
      commands.push(outcome);
      emit({ type: 'command-end', outcome });
      if (outcome.exitCode !== 0)
        return end({ cause: 'command', message: howItFailed(outcome, test.limitMs) });
    }
    return end(undefined, await client.sandboxMetrics(sandbox.sandboxId).catch(() => undefined));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ServiceError)) throw error;
    const what = sandbox ? 'The sandbox was lost' : 'No sandbox could be started';
    return end({ cause: 'sandbox', message: `${what}: ${error.message}.` });
  } finally {
    // Its own time limit ends a sandbox that cannot be ended here.
    if (sandbox) await client.killSandbox(sandbox.sandboxId).catch(() => {});
  }
}

function howItFailed({ title, exitCode, durationMs }: CommandOutcome, limitMs: number): string {
  if (exitCode !== undefined) return `${title} ended with exit code ${exitCode}.`;
  return `${title} did not end within ${Math.round(durationMs / 1000)} s; all commands together may take ${Math.round(limitMs / 1000)} s.`;
}

interface Limits {
  readonly leftMs: () => number;
  readonly signal: AbortSignal;
}

/** A start command may have put a service into the background and ended. Then its ready command still succeeds. */
async function isAlive(
  inside: SandboxCommands,
  startCmd: string,
  readyCmd: string | undefined,
  { leftMs, signal }: Limits,
): Promise<boolean> {
  const running = await inside.processes(signal);
  if (running.some(({ cmd, args }) => [cmd, ...args].join(' ').includes(startCmd.trim()))) return true;
  if (!readyCmd) return false;
  const { exitCode } = await inside.run(readyCmd, () => {}, Math.min(leftMs(), 30_000), signal);
  return exitCode === 0;
}

async function runCommand(
  inside: SandboxCommands,
  { title, command }: TestCommand,
  limitMs: number,
  { emit, signal }: SmokeTestDeps,
): Promise<CommandOutcome> {
  const begun = Date.now();
  const lastLines: string[] = [];
  const rest = { stdout: '', stderr: '' };
  const print = (stream: 'stdout' | 'stderr', text: string): void => {
    lastLines.push(text);
    if (lastLines.length > keptLines) lastLines.shift();
    emit({ type: 'line', stream, text });
  };
  let ended: CommandEnd;
  try {
    ended = await inside.run(
      command,
      (stream, text) => {
        const lines = (rest[stream] + text).split('\n');
        rest[stream] = lines.pop() ?? '';
        for (const line of lines) print(stream, line);
      },
      limitMs,
      signal,
    );
  } finally {
    for (const stream of ['stdout', 'stderr'] as const) if (rest[stream] !== '') print(stream, rest[stream]);
  }
  return { title, ...ended, durationMs: Date.now() - begun, lastLines };
}
