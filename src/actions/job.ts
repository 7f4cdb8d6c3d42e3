import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { type CiEvent, readEvent } from '../ci/event.ts';
import { type Payload, payloadReader } from '../ci/payload.ts';
import { foundState, leaveState, type StepState } from '../ci/step-state.ts';
import { trustFacts } from '../ci/trust.ts';
import type { TrustFacts } from '../ci/verdict.ts';
import { createGithubClient, type GithubClient } from '../github/client.ts';
import { cacheHistory, type HistoryStore } from '../history/store.ts';
import { resolveImage } from '../images/resolve.ts';
import type { Connection } from '../inputs/connection.ts';
import { githubOutput, type Output } from '../report/output.ts';
import { createServiceClient, type ServiceClient } from '../service/client.ts';
import { defaultTransport, proxyAwareDispatcher } from '../service/transport.ts';
import type { ImageRegistry } from '../service/types.ts';
import { version } from '../version.ts';

/** What an action finds in its job on GitHub: the event, and every way to speak and to reach the service. */
export interface Job extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  readonly event: CiEvent;
  /** What the event carries beside that. */
  readonly payload: Payload;
  /** What tells this repository's own code from a stranger's. */
  readonly trustFacts: TrustFacts;
  /** `GITHUB_WORKSPACE`, where there is one. */
  readonly workspace?: string;
  readonly output: Output;
  /** Shown only when the job runs with debug logs. */
  readonly debug: (message: string) => void;
  readonly setOutput: (name: string, value: string) => void;
  readonly appendSummary: (markdown: string) => Promise<void>;
  /** Keeps a value out of the log. */
  readonly mask: (secret: string) => void;
  readonly connect: (connection: Connection, signal: AbortSignal) => ServiceClient;
  /** What the registry of an image says that its reference means. */
  readonly resolveImage: (
    image: string,
    registry: ImageRegistry | undefined,
  ) => ReturnType<typeof resolveImage>;
  /** GitHub with a token of the user's; the repository is that of the job. */
  readonly github: (token: string) => GithubClient;
  readonly history: HistoryStore;
  /** Leaves word for the post step. */
  readonly leave: (state: StepState) => void;
  /** What the main step left; only in the post step. */
  readonly left?: StepState;
  /** Directory that later steps read from. */
  readonly resultDirectory: string;
  /** Removed when the action ends. */
  readonly temporaryDirectory: string;
  /** Aborted with `'interrupted'` when the job is cancelled. */
  readonly interrupted: AbortSignal;
}

/** Opens the job that this process runs in. Disposing of it closes groups and connections. */
export async function openJob(env: NodeJS.ProcessEnv): Promise<Job> {
  const workspace = env['GITHUB_WORKSPACE'];
  const resultDirectory = env['RUNNER_TEMP'] || tmpdir();
  const output = githubOutput(core, { ...(workspace && { workspace }) });
  const dispatcher = proxyAwareDispatcher(env);
  const left = foundState(core);
  const payload = payloadReader(context.payload);
  const event = readEvent(context, env['GITHUB_REPOSITORY']);

  const cancelled = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => cancelled.abort('interrupted'));
  }
  /** A build must not be lost because a file of the runner cannot be written. */
  const tolerant = (what: string, write: () => void) => {
    try {
      write();
    } catch (error) {
      output.warning(`The ${what} could not be written: ${(error as Error).message}`);
    }
  };
  await mkdir(resultDirectory, { recursive: true });
  const temporaryDirectory = await mkdtemp(join(resultDirectory, 'novita-template-'));

  return {
    env,
    event,
    payload,
    trustFacts: trustFacts(event, payload, env),
    ...(workspace && { workspace }),
    output,
    debug: core.debug,
    setOutput: (name, value) => tolerant(`output ${name}`, () => core.setOutput(name, value)),
    appendSummary: async (markdown) => {
      if (env['GITHUB_STEP_SUMMARY']) await core.summary.addRaw(markdown).write();
    },
    // A mask on a short value would black out half of the log.
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
    resolveImage: (image, registry) =>
      resolveImage(image, registry, { dispatcher, signal: cancelled.signal }),
    github: (token) =>
      createGithubClient({
        token,
        apiUrl: env['GITHUB_API_URL'] || 'https://api.github.com',
        graphqlUrl: env['GITHUB_GRAPHQL_URL'],
        repository: env['GITHUB_REPOSITORY'] ?? '',
        userAgent: `novita-template-action/${version}`,
        dispatcher,
        signal: cancelled.signal,
        onRetry: (sentence) => output.line(sentence),
      }),
    history: cacheHistory({
      available: Boolean(env['ACTIONS_RESULTS_URL'] || env['ACTIONS_CACHE_URL']),
      load: () => import('@actions/cache'),
      file: join(resultDirectory, 'novita-template-last-build.json'),
      branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'] || '',
      ...(env['GITHUB_BASE_REF'] && { base: env['GITHUB_BASE_REF'] }),
      group: async (title, work) => {
        output.startGroup(title);
        return work().finally(() => output.endGroup());
      },
      debug: core.debug,
      signal: cancelled.signal,
    }),
    leave: (state) => tolerant('state of the step', () => leaveState(core, state)),
    ...(left && { left }),
    resultDirectory,
    temporaryDirectory,
    interrupted: cancelled.signal,
    async [Symbol.asyncDispose]() {
      output.close();
      // What is left in it is the runner's to remove, and no reason to fail a good build.
      await rm(temporaryDirectory, { recursive: true, force: true }).catch((error: Error) =>
        core.debug(`The temporary directory stays: ${error.message}`),
      );
      await dispatcher.close();
    },
  };
}
