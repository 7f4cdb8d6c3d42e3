import * as core from '@actions/core';
import { runBuild } from './actions/build.ts';
import { runCleanup } from './actions/cleanup.ts';
import { runComment } from './actions/comment.ts';
import { type Ending, endingOfError } from './actions/ending.ts';
import { type Job, openJob } from './actions/job.ts';
import { runPost } from './actions/post.ts';
import { runPromote } from './actions/promote.ts';
import { runWait } from './actions/wait.ts';
import { printableLines } from './report/sanitise.ts';

/** The published actions, each with the sentence that says what did not happen when it fails early. */
const actions = {
  build: { run: runBuild, undone: 'Nothing was built' },
  promote: { run: runPromote, undone: 'Nothing was promoted' },
  wait: { run: runWait, undone: 'Nothing was waited for' },
  cleanup: { run: runCleanup, undone: 'Nothing was removed' },
  comment: { run: runComment, undone: 'No comment was written' },
} satisfies Record<string, { run: (job: Job) => Promise<Ending>; undone: string }>;

/** Runs one of the actions in the job that this process belongs to, or what its main step left for afterwards. */
export async function main(name: keyof typeof actions): Promise<void> {
  const { run, undone } = actions[name];
  let ending: Ending = { exitCode: 0 };
  try {
    await using job = await openJob(process.env);
    try {
      if (job.left) await runPost(job.left, job);
      else ending = await run(job);
    } catch (error) {
      ending = endingOfError(error, undone, job);
    }
  } catch (error) {
    ending = { exitCode: 1, message: `${undone}: the job cannot be opened: ${(error as Error).message}` };
  }
  if (ending.exitCode !== 0) core.setFailed(printableLines(ending.message).join('\n'));
  process.exitCode = ending.exitCode;
  // A request to the cache that nobody waits for any more must not keep the job.
  setTimeout(() => process.exit(), 1000).unref();
}
