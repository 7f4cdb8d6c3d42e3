import { runBuild } from './actions/build.ts';
import { runCleanup } from './actions/cleanup.ts';
import { runComment } from './actions/comment.ts';
import { runPromote } from './actions/promote.ts';
import { openRunner } from './actions/runner.ts';
import { type Action, runStep } from './actions/step.ts';
import { runWait } from './actions/wait.ts';

const actions = {
  build: { run: runBuild, undone: 'Nothing was built', hasStatus: true, hasPost: true },
  promote: { run: runPromote, undone: 'Nothing was promoted', hasStatus: false, hasPost: false },
  wait: { run: runWait, undone: 'Nothing was waited for', hasStatus: true, hasPost: false },
  cleanup: { run: runCleanup, undone: 'Nothing was removed', hasStatus: false, hasPost: false },
  comment: { run: runComment, undone: 'No comment was written', hasStatus: false, hasPost: false },
} satisfies Record<string, Action>;

/** Runs the main step of one of the published actions in the job that this process belongs to. */
export async function main(name: keyof typeof actions): Promise<void> {
  process.exitCode = await runStep(actions[name], openRunner(process.env));
  // What nobody waits for any more, such as a request to the cache, must not keep the job.
  setTimeout(() => process.exit(), 1000).unref();
}
