import { chooseProvider } from '../ci/providers/choose-provider.ts';
import type { Provider } from '../ci/providers/provider.ts';
import { type ExitResult, exitForError } from './exit.ts';
import { type Job, openJob } from './job.ts';
import { reportExit } from './report-exit.ts';
import { openRunner, type StepResults } from './runner.ts';

/** One of the published actions. */
export interface Action {
  readonly run: (job: Job) => Promise<ExitResult>;
  /** What did not happen when it fails early, as the start of a sentence. */
  readonly undone: string;
  /** Whether it has the outputs `status` and `failure`. */
  readonly hasStatus: boolean;
  /** Whether a post step comes after it. */
  readonly hasPost: boolean;
}

/** GitHub kills a cancelled step 7.5 seconds after the first signal. An action that hangs must still be reported. */
const graceMs = 5000;

/**
 * Runs an action and returns its exit code. Every exit is reported, even a crash.
 *
 * @param results - who gets what comes of it, besides the CI system
 */
export async function runStep(
  { run, undone, hasStatus, hasPost }: Action,
  env: NodeJS.ProcessEnv,
  results?: StepResults,
): Promise<number> {
  const provider = await withLiveLog(await chooseProvider(env), env);
  const runner = openRunner(provider, results);
  if (hasPost) runner.saveState({ ended: false, summary: false });
  const cancelled = new AbortController();
  const overdue = Promise.withResolvers<never>();
  overdue.promise.catch(() => {});
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      cancelled.abort('interrupted');
      setTimeout(() => overdue.reject('interrupted'), graceMs).unref();
    });
  }
  // An uncaught error would end the process with a stack trace, and without outputs.
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});
  process.on('uncaughtException', (error) => {
    crash.reject(error);
    cancelled.abort('crashed');
    setTimeout(() => overdue.reject(error), graceMs).unref();
  });

  const attempt = async (): Promise<ExitResult> => {
    await using job = await openJob(provider, env, runner, cancelled.signal);
    const running = run(job);
    try {
      return await Promise.race([running, crash.promise, overdue.promise]);
    } finally {
      // After a crash the action still ends what it has started.
      const settled = running.then(
        () => {},
        () => {},
      );
      await Promise.race([settled, overdue.promise.catch(() => {})]);
    }
  };
  const exit = await attempt().catch((error) => exitForError(error, undone, runner, cancelled.signal));
  runner.output.close();
  await reportExit(exit, hasStatus, env, runner);
  await runner.finish();
  return exit.exitCode;
}

/** The provider with a log that redraws the running step, where a person watches. */
async function withLiveLog(provider: Provider, env: NodeJS.ProcessEnv): Promise<Provider> {
  if (!provider.isWatched) return provider;
  const { liveCommands } = await import('../report/terminal/live-log.ts');
  return { ...provider, commands: liveCommands(provider.commands, { screen: process.stdout, env }) };
}
