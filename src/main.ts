import { runBuild } from './actions/build-template/index.ts';
import { runCleanup } from './actions/cleanup/index.ts';
import { runComment } from './actions/comment/index.ts';
import { runList } from './actions/list/index.ts';
import { runPromote } from './actions/promote/index.ts';
import { runWait } from './actions/wait.ts';
import { type Action, runStep } from './job/step.ts';

const actions = {
  build: { run: runBuild, undone: 'Nothing was built', hasStatus: true, hasPost: true },
  promote: { run: runPromote, undone: 'Nothing was promoted', hasStatus: false, hasPost: false },
  wait: { run: runWait, undone: 'Nothing was waited for', hasStatus: true, hasPost: false },
  cleanup: { run: runCleanup, undone: 'Nothing was removed', hasStatus: false, hasPost: false },
  list: { run: runList, undone: 'Nothing was listed', hasStatus: false, hasPost: false },
  comment: { run: runComment, undone: 'No comment was written', hasStatus: false, hasPost: false },
} satisfies Record<string, Action>;

type EarlyHost = Parameters<typeof runBuild>[1];

/**
 * Runs the main step of one of the published actions.
 *
 * @param env - the variables that the runner set
 * @param early - for the build action: a process that already waits for a definition
 * @returns its exit code
 */
export function run(name: keyof typeof actions, env: NodeJS.ProcessEnv, early?: EarlyHost): Promise<number> {
  const action: Action = actions[name];
  return runStep(name === 'build' ? { ...action, run: (job) => runBuild(job, early) } : action, env);
}

/** The same for this process, which it ends. */
export async function main(name: keyof typeof actions, early?: EarlyHost): Promise<void> {
  process.exitCode = await run(name, process.env, early).finally(() => early?.end());
  await Promise.all([process.stdout, process.stderr].map(written));
  // An open request, such as one to the cache, must not delay the job.
  process.exit();
}

/** Resolves when all output has been handed on, or cannot be. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => void stream.write('', () => done()));
}
