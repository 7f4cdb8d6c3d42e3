import { runPost } from './actions/build-template/post.ts';
import { chooseProvider } from './ci/providers/choose-provider.ts';
import { loadSandbox, loadState } from './job/state.ts';

/**
 * Runs the build action's post step. Its bundle imports nothing that could build. GitHub runs it after every end of the
 * main step; it never fails the job.
 *
 * @param env - the variables that the runner set, which are those of the process too
 * @returns its exit code
 */
export async function run(env: NodeJS.ProcessEnv): Promise<number> {
  const provider = await chooseProvider(env);
  const sandbox = loadSandbox(provider.commands);
  if (sandbox) {
    const { endLeftSandbox } = await import('./actions/build-template/end-left-sandbox.ts');
    await endLeftSandbox(sandbox, provider, env);
  }
  const state = loadState(provider.commands);
  if (state) await runPost(state, provider);
  return 0;
}

/** The same for this process, which it ends. */
export async function main(): Promise<void> {
  const { commands } = await chooseProvider(process.env);
  process.on('uncaughtException', (error) => commands.debug(`The post step: ${error.message}`));
  process.exitCode = await run(process.env);
  // An open request, such as one to the cache, must not delay the job.
  setTimeout(() => process.exit(), 1000).unref();
}
