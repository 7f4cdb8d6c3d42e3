import { runBuild } from './actions/build-template/index.ts';
import { runCleanup } from './actions/cleanup/index.ts';
import { runComment } from './actions/comment/index.ts';
import { runList } from './actions/list/index.ts';
import { runPromote } from './actions/promote/index.ts';
import { runWait } from './actions/wait.ts';
import { readBuildInputs } from './inputs/build.ts';
import { readCleanupInputs } from './inputs/cleanup.ts';
import { readCommentInputs } from './inputs/comment.ts';
import { readListInputs } from './inputs/list.ts';
import { readPromoteInputs } from './inputs/promote.ts';
import { readWaitInputs } from './inputs/wait.ts';
import type { StepResults } from './job/runner.ts';
import { type Action, runStep } from './job/step.ts';
import type { Problem } from './problem.ts';

const actions = {
  build: { run: runBuild, undone: 'Nothing was built', hasStatus: true, hasPost: true },
  promote: { run: runPromote, undone: 'Nothing was promoted', hasStatus: false, hasPost: false },
  wait: { run: runWait, undone: 'Nothing was waited for', hasStatus: true, hasPost: false },
  cleanup: { run: runCleanup, undone: 'Nothing was removed', hasStatus: false, hasPost: false },
  list: { run: runList, undone: 'Nothing was listed', hasStatus: false, hasPost: false },
  comment: { run: runComment, undone: 'No comment was written', hasStatus: false, hasPost: false },
} satisfies Record<string, Action>;

const inputs = {
  build: readBuildInputs,
  promote: readPromoteInputs,
  wait: readWaitInputs,
  cleanup: readCleanupInputs,
  list: readListInputs,
  comment: readCommentInputs,
};

type EarlyHost = Parameters<typeof runBuild>[1];

export interface RunOptions extends StepResults {
  /** For the build action: a process that already waits for a definition. */
  readonly early?: EarlyHost;
  /** For the list action: the command runs it. */
  readonly byCommand?: boolean;
}

/**
 * Runs the main step of one of the published actions.
 *
 * @param env - the variables that the runner set
 * @returns its exit code
 */
export function run(
  name: keyof typeof actions,
  env: NodeJS.ProcessEnv,
  { early, byCommand, ...results }: RunOptions = {},
): Promise<number> {
  const given: Partial<Record<typeof name, Action['run']>> = {
    build: (job) => runBuild(job, early),
    list: (job) => runList(job, byCommand),
  };
  const action: Action = { ...actions[name], ...(given[name] && { run: given[name] }) };
  return runStep(action, env, results);
}

/** What is wrong with the inputs of an action, as far as they alone say it. A missing key is left out. */
export function wrongInputs(name: keyof typeof actions, env: NodeJS.ProcessEnv): readonly Problem[] {
  return inputs[name](env).problems.filter(({ title }) => title !== 'Input api-key');
}

/** The same for this process, which it ends. */
export async function main(name: keyof typeof actions, early?: EarlyHost): Promise<void> {
  process.exitCode = await run(name, process.env, { early }).finally(() => early?.end());
  await Promise.all([process.stdout, process.stderr].map(written));
  // An open request, such as one to the cache, must not delay the job.
  process.exit();
}

/** Resolves when all output has been handed on, or cannot be. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => void stream.write('', () => done()));
}
