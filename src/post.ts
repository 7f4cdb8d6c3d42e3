import * as core from '@actions/core';
import { runPost } from './actions/post.ts';
import { openRunner } from './actions/runner.ts';
import { foundState } from './ci/step-state.ts';

// The post step of the build action has this entry of its own, which imports nothing that could build. GitHub runs it
// after every end of the main step; it never fails the job.
process.on('uncaughtException', (error) => core.debug(`The post step: ${error.message}`));
const state = foundState(core);
if (state) await runPost(state, openRunner(process.env));
// What nobody waits for any more, such as a request to the cache, must not keep the job.
setTimeout(() => process.exit(), 1000).unref();
