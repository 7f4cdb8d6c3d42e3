import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheHistory, type HistoryStore } from '../history/store.ts';
import { createSecretStore, maskable, type Redact, redactDeep } from '../redact/redact.ts';
import { maskedTexts } from '../redact/secret-forms.ts';
import { githubOutput, type Output } from '../report/log/output.ts';
import { stepSummary } from '../report/markdown/step-summary.ts';
import { runnerCommands as core, newSummary } from './runner-commands.ts';
import { type StepState, saveState } from './state.ts';

/** The runner of GitHub Actions: where a step speaks, and the files through which it hands on results. */
export interface Runner {
  readonly env: NodeJS.ProcessEnv;
  /** `GITHUB_WORKSPACE`, where there is one. */
  readonly workspace?: string;
  readonly output: Output;
  /** Shown only when the job runs with debug logs. */
  readonly debug: (message: string) => void;
  /** Never throws. */
  readonly setOutput: (name: string, value: string) => void;
  /** Adds to the job summary, up to its limit. Rejects when it cannot be written. */
  readonly appendSummary: (markdown: string) => Promise<void>;
  /**
   * Keeps a secret out of everything that leaves the step: the log, also that of later steps, outputs, summary,
   * comments, files and state.
   *
   * @param visible - what must stay readable; the runner drops every output that holds a masked text
   */
  readonly mask: (secret: string, visible?: readonly string[]) => void;
  /** Takes every secret that was masked out of a text. All that is above does so by itself. */
  readonly redact: Redact;
  /** Leaves word for the post step, in place of what was left before. Never throws. */
  readonly saveState: (state: StepState) => void;
  /** What was left last. */
  readonly savedState: () => StepState | undefined;
  /** Directory that later steps read from. */
  readonly resultDirectory: string;
}

/** Opens the runner of the step that this process is. Reads no event and makes no folder, so it always works. */
export function openRunner(env: NodeJS.ProcessEnv): Runner {
  // Whoever read the log is gone, or its disk is full. The build, its outputs and its summary still count.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const workspace = env['GITHUB_WORKSPACE'];
  const secrets = createSecretStore();
  const { redact } = secrets;
  const output = githubOutput(core, { redact, ...(workspace && { workspace }) });
  const appendSummary = stepSummary(newSummary(), Boolean(env['GITHUB_STEP_SUMMARY']));
  const failed = new Set<string>();
  let left: StepState | undefined;

  /** A build must not be lost because a file of the runner cannot be written; what one cannot take is said once. */
  const tolerant = (what: string, write: () => void) => {
    try {
      write();
    } catch (error) {
      if (failed.has(what)) return;
      failed.add(what);
      output.warning(`The ${what} could not be written: ${(error as Error).message}`);
    }
  };

  return {
    env,
    ...(workspace && { workspace }),
    output,
    debug: (message) => core.debug(redact(message)),
    setOutput: (name, value) =>
      tolerant('outputs of this step, which later steps and jobs read,', () =>
        core.setOutput(name, redact(value)),
      ),
    appendSummary: (markdown) => appendSummary(redact(markdown)),
    mask: (secret, visible = []) => {
      secrets.add([secret], visible);
      if (!maskable(secret, visible)) return;
      for (const text of maskedTexts(secret)) if (maskable(text, visible)) core.setSecret(text);
    },
    redact,
    saveState: (state) => {
      left = state;
      tolerant('state of the step', () => saveState(core, redactDeep(state, redact)));
    },
    savedState: () => left,
    resultDirectory: env['RUNNER_TEMP'] || tmpdir(),
  };
}

/** The history of the templates that the runner's repository builds, in the cache of GitHub Actions. */
export function runnerHistory(
  { env, output, debug, resultDirectory }: Runner,
  signal: AbortSignal,
): HistoryStore {
  return cacheHistory({
    available: Boolean(env['ACTIONS_RESULTS_URL'] || env['ACTIONS_CACHE_URL']),
    load: () => import('@actions/cache'),
    file: join(resultDirectory, 'novita-template-last-build.json'),
    branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'] || '',
    ...(env['GITHUB_BASE_REF'] && { base: env['GITHUB_BASE_REF'] }),
    group: async (title, work) => {
      output.startGroup(title);
      return work().finally(() => output.endGroup());
    },
    debug,
    signal,
  });
}

/** Adds to the job summary; one that cannot be written never fails a step. */
export async function addSummary(
  job: Pick<Runner, 'appendSummary' | 'output'>,
  markdown: string,
): Promise<void> {
  await job
    .appendSummary(markdown)
    .catch((error: Error) => job.output.warning(`The job summary could not be written: ${error.message}`));
}
