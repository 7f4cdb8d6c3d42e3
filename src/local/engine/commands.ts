import { setTimeout as sleep } from 'node:timers/promises';
import { failures } from '../failures.ts';
import type { Phase } from '../phases.ts';
import { ContainerGoneError } from './container.ts';
import { explainLocally } from './local-only.ts';
import { loginCommand } from './state.ts';
import type { StepContext } from './step-context.ts';

/** How the service asks whether a template is ready. */
export interface ReadyRules {
  /** Milliseconds for all attempts together. */
  readonly limitMs: number;
  /** Milliseconds after a failed attempt. */
  readonly gapMs: number;
}

export const READY_RULES: ReadyRules = { limitMs: 10 * 60_000, gapMs: 2000 };

/** A start command that runs in the background. */
export interface Started {
  /** Why the build fails, once the command has ended with a status that is not 0. */
  readonly failed: Promise<string>;
  /** Settles when the command has ended, however. */
  readonly ended: Promise<void>;
  /** From now on its output is not shown. */
  leave(): void;
}

/** Starts the command and returns at once. It lives as long as its container. */
export function startCommand(phase: Phase, context: StepContext): Started {
  const { container, state, output, hasNetwork, signal } = context;
  const left = new AbortController();
  const { sink, tail } = output.of(phase, left.signal);
  const failed = Promise.withResolvers<string>();
  const ended = container.run(loginCommand(state, phase.text), sink, signal).then(
    ({ exitCode, notStarted }) => {
      if (notStarted !== undefined) sink('stderr', notStarted);
      if (exitCode === 0) return;
      const reason = failures.startFailed(exitCode);
      failed.resolve(explainLocally(reason, tail, { missing: state.missing, hasNetwork }));
    },
    // The container is gone, which the ready command finds too.
    () => undefined,
  );
  return { failed: failed.promise, ended, leave: () => left.abort() };
}

/** Runs the ready command until it succeeds; the reason when it does not, or when the start command dies before. */
export async function waitUntilReady(
  phase: Phase,
  context: StepContext,
  started: Started | undefined,
  rules: ReadyRules,
): Promise<string | undefined> {
  const { container, state, output, signal } = context;
  const end = new AbortController();
  const limit = AbortSignal.timeout(rules.limitMs);
  const either = AbortSignal.any([signal, limit, end.signal]);
  const { sink, tail } = output.of(phase, either);
  const attempts = async (): Promise<string | undefined> => {
    for (;;) {
      const { exitCode, notStarted } = await container.run(loginCommand(state, phase.text), sink, either);
      if (exitCode === 0) return undefined;
      const why = notStarted ?? `exit status ${exitCode}`;
      output.note(phase, `Template is not ready: ${why}`, 'debug');
      if (!(await container.isRunning())) throw new ContainerGoneError();
      await sleep(rules.gapMs, undefined, { signal: either });
    }
  };
  try {
    return await Promise.race([attempts(), ...(started ? [started.failed] : [])]);
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw error;
    const shortfalls = { missing: state.missing, hasNetwork: context.hasNetwork };
    return explainLocally(failures.readyTimedOut(), tail, shortfalls);
  } finally {
    end.abort();
  }
}
