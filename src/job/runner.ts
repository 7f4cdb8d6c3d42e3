import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DeclaredSubject, Provider } from '../ci/providers/provider.ts';
import { cacheHistory, type HistoryStore } from '../history/store.ts';
import { createSecretStore, maskable, type Redact, redactDeep } from '../redact/redact.ts';
import { maskedTexts } from '../redact/secret-forms.ts';
import { jobOutput, type Output } from '../report/log/output.ts';
import { stepSummary } from '../report/markdown/step-summary.ts';
import { type BesideEnding, besideResult, openRunnerFiles, type WantedFiles } from './runner-files.ts';
import { type SandboxState, type StepState, saveSandbox, saveState } from './state.ts';

/**
 * The runner of this job: its log, and what passes results on. All masked secrets are removed from them. Nothing here throws or rejects: a build must not be lost because a file of the runner cannot be written.
 */
export interface Runner {
  readonly output: Output;
  /** Shown only when the job runs with debug logs. */
  readonly debug: (message: string) => void;
  readonly setOutput: (name: string, value: string) => void;
  /** Adds to the job summary, up to its limit. */
  readonly addSummary: (markdown: string) => Promise<void>;
  /** Writes the result file, which must have no secret, and sets the output with its path. */
  readonly writeResult: (fileName: string, result: unknown) => Promise<void>;
  /**
   * Writes a file beside the result file and sets an output with its path.
   *
   * @param fileName - name of the result file
   * @param ending - takes the place of `.json`
   * @param text - makes the text, which must have no secret
   */
  readonly writeBeside: (
    outputName: string,
    fileName: string,
    ending: BesideEnding,
    text: () => string,
  ) => Promise<void>;
  /** Declares to the system what this step made, where it takes that. */
  readonly declareSubject: (subject: DeclaredSubject) => Promise<void>;
  /**
   * Keeps secrets out of the log (of later steps too), outputs, summary, comments, files and state.
   *
   * @param visible - what must stay readable: the runner drops every output with a masked text
   */
  readonly mask: (secrets: readonly string[], visible?: readonly string[]) => void;
  /** Removes every masked secret from a text. */
  readonly redact: Redact;
  /** Saves state for the post step and replaces earlier state. */
  readonly saveState: (state: StepState) => void;
  /** What was saved last. */
  readonly savedState: () => StepState | undefined;
  /** Saves for the post step which sandbox may run; `undefined` when none may. */
  readonly saveSandbox: (sandbox: SandboxState | undefined) => void;
  /** The folder that file names are shown relative to, where there is one. */
  readonly workspace?: string;
  /** Waits for what is still on its way to the system. */
  readonly finish: () => Promise<void>;
}

/** Who else gets what comes of a step. */
export interface StepResults {
  /** Files that the user wants. */
  readonly files?: WantedFiles;
  /** Called with each output, without secrets. */
  readonly onOutput?: (name: string, value: string) => void;
  /** Called with the result document. */
  readonly onResult?: (result: unknown) => void;
}

/** Opens the runner of this process's step. It reads no event and makes no folder, so it always works. */
export function openRunner(
  { commands, workspace, temporaryDirectory }: Provider,
  { files: wanted = {}, onOutput, onResult }: StepResults = {},
): Runner {
  // The reader of the log is gone, or its disk is full. The build, its outputs and its summary still count.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const secrets = createSecretStore();
  const { redact } = secrets;
  const output = jobOutput(commands, { redact, ...(workspace && { workspace }) });
  const addSummary = commands.addSummary && stepSummary(commands.addSummary);
  const files = openRunnerFiles(wanted);
  const failed = new Set<string>();
  let saved: StepState | undefined;

  /** Warns, once for each `what`, when something cannot be written. */
  const attempt = async (what: string, write: () => void | Promise<void>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      if (failed.has(what)) return;
      failed.add(what);
      output.warning(`The ${what} could not be written: ${(error as Error).message}`);
    }
  };
  const setOutput = (name: string, value: string): void => {
    const shown = redact(value);
    onOutput?.(name, shown);
    void attempt('outputs of this step, which later steps and jobs read,', () =>
      commands.setOutput(name, shown),
    );
    void attempt('file of the outputs', () => files.setOutput(name, shown));
  };

  return {
    output,
    debug: (message) => commands.debug(redact(message)),
    setOutput,
    addSummary: async (markdown) => {
      const shown = redact(markdown);
      await attempt('job summary', async () => addSummary?.(shown));
      await attempt('file of the summary', () => files.addSummary(shown));
    },
    writeResult: (fileName, result) =>
      attempt('result file', async () => {
        onResult?.(result);
        const path = wanted.result ?? join(temporaryDirectory, fileName);
        if (wanted.result) await mkdir(dirname(path), { recursive: true });
        await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
        setOutput('result', path);
      }),
    writeBeside: (outputName, fileName, ending, text) =>
      attempt(`file of the output ${outputName}`, async () => {
        const path = besideResult(wanted.result ?? join(temporaryDirectory, fileName), ending);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text());
        setOutput(outputName, path);
      }),
    declareSubject: (subject) =>
      attempt('line for attestations (GITHUB_ARTIFACTS)', async () => {
        const why =
          redact(subject.name) === subject.name
            ? await commands.declareSubject?.(subject)
            : 'Its name has a secret.';
        if (why) output.warning(why, { title: 'Not declared for attestations' });
      }),
    mask: (added, visible = []) => {
      secrets.add(added, visible);
      for (const secret of added.filter((each) => maskable(each, visible))) {
        for (const text of maskedTexts(secret)) if (maskable(text, visible)) commands.setSecret(text);
      }
    },
    redact,
    saveState: (state) => {
      saved = state;
      void attempt('state of the step', () => saveState(commands, redactDeep(state, redact)));
    },
    savedState: () => saved,
    saveSandbox: (sandbox) => {
      void attempt('state of the step', () => saveSandbox(commands, sandbox));
    },
    ...(workspace && { workspace }),
    finish: () => attempt('results of this step', async () => commands.finish?.()),
  };
}

/** The history of the templates that the runner's repository builds, in the cache of GitHub Actions. */
export function runnerHistory(
  { cache, temporaryDirectory }: Provider,
  { output, debug }: Runner,
  signal: AbortSignal,
): HistoryStore {
  return cacheHistory({
    ...{ branch: '', ...cache, available: cache?.available ?? false },
    load: () => import('@actions/cache'),
    file: join(temporaryDirectory, 'novita-template-last-build.json'),
    group: async (title, work) => {
      output.startGroup(title);
      return work().finally(() => output.endGroup());
    },
    debug,
    signal,
  });
}
