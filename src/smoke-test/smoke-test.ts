import type { SandboxMetrics, SandboxUse, StartedSandbox } from '../api/sandbox-schemas.ts';
import { isTransient, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import { shorten } from '../problem.ts';
import { formatUse } from './describe-use.ts';
import type { LeftSandbox } from './end-sandboxes.ts';
import type { CommandOutcome, SmokeTestEvent, SmokeTestFailure, SmokeTestOutcome } from './events.ts';
import type { TestCommand } from './parse-test.ts';
import { runCommand } from './run-command.ts';
import type { SandboxCommands, SandboxProcess } from './sandbox-commands.ts';
import { leaseSandbox, type SandboxCalls } from './sandbox-lease.ts';
import { type AskPort, awaitServed, leastMs, type ServedUrl, type UrlOutcome } from './served-port.ts';
import { isNoPlace, startWhenFree } from './start-when-free.ts';

export interface SmokeTest {
  /** `name:buildId`. */
  readonly reference: string;
  readonly commands: readonly TestCommand[];
  /** What must be served before the commands run. */
  readonly url?: ServedUrl | undefined;
  /** Of the template, if it has one. */
  readonly startCmd?: string | undefined;
  readonly readyCmd?: string | undefined;
  /** Milliseconds for everything. */
  readonly limitMs: number;
}

/** What can be done in a sandbox. */
export interface InsideSandbox extends SandboxCommands {
  readonly ask: AskPort;
}

export interface SmokeTestDeps {
  /** The service. The signal ends its requests, and nothing else does: a sandbox is ended after a cancel too. */
  readonly connect: (signal: AbortSignal) => SandboxCalls;
  readonly inside: (sandbox: StartedSandbox) => InsideSandbox;
  readonly emit: (event: SmokeTestEvent) => void;
  /** Marks the sandboxes of this test, and no others: letters, digits and hyphens. */
  readonly marker: string;
  /** Gets what may run, whenever that changes, so that another process can end it; `undefined` when nothing may. */
  readonly remember?: (left: LeftSandbox | undefined) => void;
  /** Ends the test, and then its sandbox. */
  readonly signal: AbortSignal;
}

/** A sandbox outlives the time limit by this, in case nobody is left to end it. */
const marginSeconds = 30;
const longestTitle = 300;
const mostLists = 3;
const mostLooks = 4;
const betweenLooksMs = 1500;
/** Milliseconds for figures that are only shown. */
const figuresLimitMs = 10_000;

/**
 * Starts a sandbox from exactly one build, and looks whether its start command runs. Then the page must be served, since
 * commands may need it, and then commands run one after the other. The first of all these that fails ends the test. The
 * sandbox is ended in any case, before this settles.
 *
 * A sandbox that is lost by a failure which may pass is replaced once, and the test begins anew in the other: a command
 * whose answer was lost may have run, so nothing is repeated within one sandbox.
 *
 * A test that does not pass is a result. Rejects only with the signal's reason.
 */
export async function runSmokeTest(test: SmokeTest, deps: SmokeTestDeps): Promise<SmokeTestOutcome> {
  const begun = Date.now();
  const leftMs = () => Math.max(0, test.limitMs - (Date.now() - begun));
  const first = await testInSandbox(test, deps, leftMs);
  if (!first.lostBy || !isTransient(first.lostBy) || leftMs() < leastMs) return first.outcome;
  deps.emit({ type: 'again', why: first.lostBy.message });
  const { outcome } = await testInSandbox(test, deps, leftMs);
  const { failure } = outcome;
  if (!failure || failure.cause === 'sandbox' || leftMs() > leastMs) return outcome;
  const message = `The test had too little time left, since its first sandbox was lost. ${failure.message}`;
  return { ...outcome, failure: { cause: 'sandbox', message } };
}

interface TestInSandbox {
  readonly outcome: SmokeTestOutcome;
  /** What ended it, if a sandbox was there and was lost. */
  readonly lostBy?: ServiceError;
}

async function testInSandbox(
  test: SmokeTest,
  { connect, inside, emit, marker, remember = () => {}, signal }: SmokeTestDeps,
  leftMs: () => number,
): Promise<TestInSandbox> {
  const begun = Date.now();
  const lease = leaseSandbox({ connect, marker, remember, signal });
  const commands: CommandOutcome[] = [];
  let sandbox: StartedSandbox | undefined;
  let startMs: number | undefined;
  let url: UrlOutcome | undefined;
  let inUse: SandboxUse | undefined;
  let hadToWait = false;
  const end = (failure?: SmokeTestFailure, metrics?: SandboxMetrics): TestInSandbox => ({
    outcome: {
      passed: failure === undefined,
      ...(sandbox && { sandboxId: sandbox.sandboxId }),
      ...(startMs !== undefined && { startMs }),
      ...(url && { url }),
      commands,
      ...(metrics && { metrics }),
      ...(failure && { failure }),
    },
  });
  try {
    const use = async () => {
      hadToWait = true;
      inUse = await soon(connect, signal, (quick) => quick.sandboxUse());
      return inUse;
    };
    sandbox = await startWhenFree(lease, test.reference, marginSeconds, { leftMs, use, emit, signal });
    startMs = Date.now() - begun;
    emit({ type: 'sandbox', sandboxId: sandbox.sandboxId, durationMs: startMs });
    const within = inside(sandbox);
    const { sandboxId } = sandbox;
    const figures = () => soon(connect, signal, (client) => firstMetrics(client, sandboxId, signal));
    const { startCmd, readyCmd } = test;
    /** A test that the wait for a sandbox left too little time says nothing about the template. */
    const unlessCutShort = (failure: SmokeTestFailure, isTimedOut: boolean): SmokeTestFailure =>
      isTimedOut && hadToWait ? cutShort(failure, startMs ?? 0) : failure;
    if (startCmd && !(await isAlive(within, startCmd, readyCmd, { leftMs, signal }))) {
      const message = `The start command does not run in the sandbox: ${startCmd}. It ran when the template was built, so it may have ended since, or not have survived the snapshot.`;
      return end(unlessCutShort({ cause: 'start-command', message }, leftMs() === 0));
    }
    if (test.url) {
      emit({ type: 'url', url: `${test.url.port}${test.url.path}` });
      const onAnswer = (found: string) => emit({ type: 'url-answer', found });
      url = await awaitServed(test.url, within.ask, leftMs, onAnswer, signal);
      emit({ type: 'url-end', outcome: url });
      if (!url.passed) {
        const failure = { cause: 'url', message: howUrlFailed(url) } as const;
        return end(unlessCutShort(failure, true), await figures());
      }
    }
    for (const [index, { title, command }] of test.commands.entries()) {
      emit({ type: 'command', command: index + 1, total: test.commands.length, title });
      const limitMs = Math.max(leftMs(), leastMs);
      const outcome = await runCommand(within, { title, command }, limitMs, emit, signal);
      commands.push(outcome);
      emit({ type: 'command-end', outcome });
      if (outcome.exitCode !== 0) {
        const failure = { cause: 'command', message: howItFailed(outcome, test.limitMs) } as const;
        return end(unlessCutShort(failure, outcome.exitCode === undefined), await figures());
      }
    }
    return end(undefined, await figures());
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ServiceError)) throw error;
    if (!sandbox) return end(notStarted(error, inUse, Date.now() - begun));
    return { ...end(lost(error)), lostBy: error };
  } finally {
    const isEnded = await lease.end();
    if (!isEnded) {
      const endsInMs = leftMs() + marginSeconds * 1000;
      emit({ type: 'left', ...(sandbox && { sandboxId: sandbox.sandboxId }), endsInMs });
    }
  }
}

/** The service measures every few seconds, so that a sandbox that is new has no figures yet. */
async function firstMetrics(
  client: SandboxCalls,
  sandboxId: string,
  signal: AbortSignal,
): Promise<SandboxMetrics | undefined> {
  for (let look = 1; ; look += 1) {
    const metrics = await client.sandboxMetrics(sandboxId);
    if (metrics || look === mostLooks) return metrics;
    await pause(betweenLooksMs, signal);
  }
}

/** What is only shown: `undefined` when it does not come soon. */
async function soon<Value>(
  connect: SmokeTestDeps['connect'],
  signal: AbortSignal,
  ask: (client: SandboxCalls) => Promise<Value>,
): Promise<Value | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(figuresLimitMs)]);
  return ask(connect(limit)).catch(() => undefined);
}

/** Without the status of the answer: it is not that of a request for a sandbox. */
function lost({ message }: ServiceError): SmokeTestFailure {
  return { cause: 'sandbox', message: `The sandbox was lost: ${message}.` };
}

function notStarted(error: ServiceError, use: SandboxUse | undefined, afterMs: number): SmokeTestFailure {
  const { message, status } = error;
  const waited = isNoPlace(error) ? ` None was free within ${Math.round(afterMs / 1000)} s.` : '';
  const inUse = use && isNoPlace(error) ? ` The team has in use: ${formatUse(use)}.` : '';
  return {
    cause: 'sandbox',
    message: `No sandbox could be started: ${message}.${waited}${inUse}`,
    ...(status !== undefined && { status }),
  };
}

function cutShort({ message }: SmokeTestFailure, waitedMs: number): SmokeTestFailure {
  const waited = `It waited ${Math.round(waitedMs / 1000)} s for a free sandbox.`;
  return {
    cause: 'sandbox',
    message: `The test had too little time left. ${waited} ${message}`,
    status: 429,
  };
}

function howUrlFailed({ url, last, durationMs }: UrlOutcome): string {
  return `${url} was not served within ${Math.round(durationMs / 1000)} s: the last answer was ${last}, expected a status below 500.`;
}

function howItFailed({ title: whole, exitCode, durationMs }: CommandOutcome, limitMs: number): string {
  const title = shorten(whole, longestTitle);
  const seconds = (durationMs / 1000).toFixed(1);
  if (exitCode !== undefined) return `${title} ended with exit code ${exitCode} after ${seconds} s.`;
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
  const running = await listed(inside, signal);
  if (running.some(({ cmd, args }) => [cmd, ...args].join(' ').includes(startCmd.trim()))) return true;
  if (!readyCmd) return false;
  const { exitCode } = await inside.run(
    readyCmd,
    () => {},
    Math.max(Math.min(leftMs(), 30_000), leastMs),
    signal,
  );
  return exitCode === 0;
}

/** The way to a sandbox that has just started may not be open at once. */
async function listed(inside: SandboxCommands, signal: AbortSignal): Promise<readonly SandboxProcess[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inside.processes(signal);
    } catch (error) {
      if (!(error instanceof ServiceError) || !isTransient(error) || attempt === mostLists) throw error;
      await pause(attempt * 1000, signal);
    }
  }
}
