import { runPost } from './actions/build-template/post.ts';
import { runnerCommands } from './job/runner-commands.ts';
import { loadState } from './job/state.ts';

// The entry of the build action's post step. It imports nothing that could build. GitHub runs it after every end of the
// main step; it never fails the job.
process.on('uncaughtException', (error) => runnerCommands.debug(`The post step: ${error.message}`));
const state = loadState(runnerCommands);
if (state) await runPost(state, process.env);
// An open request, such as one to the cache, must not delay the job.
setTimeout(() => process.exit(), 1000).unref();
