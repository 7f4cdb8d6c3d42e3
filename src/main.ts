import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { type BuildActionDeps, runBuild } from './actions/build.ts';
import { runPost } from './actions/post.ts';
import { type Ending, githubPublisher } from './actions/publish.ts';
import { readEvent } from './ci/event.ts';
import { foundState, leaveState } from './ci/step-state.ts';
import { cacheHistory } from './history/store.ts';
import { ProblemsError } from './problem.ts';
import { githubOutput } from './report/output.ts';
import { reportProblems } from './report/problems.ts';
import { printableLines } from './report/sanitise.ts';
import { createServiceClient } from './service/client.ts';
import { ServiceError } from './service/errors.ts';
import { defaultTransport, proxyAwareDispatcher } from './service/transport.ts';
import { version } from './version.ts';

const { env } = process;
const workspace = env['GITHUB_WORKSPACE'];
const resultDirectory = env['RUNNER_TEMP'] || tmpdir();
const event = readEvent(context, env['GITHUB_REPOSITORY']);
const output = githubOutput(core, { ...(workspace && { workspace }) });
const dispatcher = proxyAwareDispatcher(env);

const cancelled = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => cancelled.abort('interrupted'));
}

const appendSummary = async (markdown: string) => {
  if (env['GITHUB_STEP_SUMMARY']) await core.summary.addRaw(markdown).write();
};
const history = cacheHistory({
  available: Boolean(env['ACTIONS_RESULTS_URL'] || env['ACTIONS_CACHE_URL']),
  load: () => import('@actions/cache'),
  file: join(resultDirectory, 'novita-template-last-build.json'),
  branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'] || '',
  group: async (title, work) => {
    output.startGroup(title);
    return work().finally(() => output.endGroup());
  },
  debug: core.debug,
});

const temporaryDirectory = await mkdtemp(join(resultDirectory, 'novita-template-'));
const deps: BuildActionDeps = {
  env,
  event,
  output,
  temporaryDirectory,
  history,
  leave: (state) => leaveState(core, state),
  interrupted: cancelled.signal,
  publisher: githubPublisher({
    setOutput: core.setOutput,
    appendSummary,
    warn: (message) => output.warning(message),
    resultDirectory,
    ...(workspace && { workspace }),
    ...(event.runUrl && { runUrl: event.runUrl }),
  }),
  // A mask on a short value would black out half of the log, and drop outputs that contain it.
  mask: (secret) => {
    if (secret.length >= 8) core.setSecret(secret);
  },
  connect: ({ apiKey, accessToken, apiUrl }, signal) =>
    createServiceClient({
      apiUrl,
      apiKey,
      ...(accessToken && { accessToken }),
      userAgent: `novita-template-action/${version}`,
      transport: { ...defaultTransport, dispatcher, signal, onRetry: (sentence) => output.line(sentence) },
    }),
  definitionHost: {
    host: join(import.meta.dirname, 'definition', 'index.js'),
    bundledSdk: join(import.meta.dirname, 'sdk', 'index.js'),
  },
};

// The runner starts the same file once more after the job, with what the main step left.
const left = foundState(core);
let ending: Ending;
try {
  if (left) await runPost(left, { output, history, appendSummary });
  ending = left ? { exitCode: 0 } : await runBuild(deps);
} catch (error) {
  ending = endingOfError(error);
} finally {
  output.close();
  await rm(temporaryDirectory, { recursive: true, force: true });
  await dispatcher.close();
}
if (ending.exitCode !== 0) {
  core.setFailed(printableLines(ending.message).join('\n'));
  process.exitCode = ending.exitCode;
}

function endingOfError(error: unknown): Ending {
  if (cancelled.signal.aborted)
    return { exitCode: 130, message: 'The job was cancelled before a build was registered.' };
  if (error instanceof ProblemsError) {
    reportProblems(output, error.problems);
    const { length } = error.problems;
    return {
      exitCode: 1,
      message: `Nothing was built: ${length === 1 ? 'a mistake was' : `${length} mistakes were`} found before the first request.`,
    };
  }
  if (error instanceof ServiceError)
    return { exitCode: 1, message: `No build was registered: ${error.message}` };
  if (error === 'timeout') return { exitCode: 1, message: 'No build was registered within timeout-minutes.' };
  // A mistake of ours: what a report of it needs, without a stack that helps nobody else.
  core.debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const what = error instanceof Error ? error.message : String(error);
  return {
    exitCode: 1,
    message: `Unexpected: ${what}. This is a mistake in the action; please report it with a debug log.`,
  };
}
