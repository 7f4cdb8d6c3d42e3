import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createServiceClient, type ServiceClient } from '../api/client.ts';
import { redactingClient } from '../api/redacting-client.ts';
import type { StartedSandbox } from '../api/sandbox-schemas.ts';
import { type Contact, defaultTransport, noContact } from '../api/transport.ts';
import type { CiEvent } from '../ci/event.ts';
import type { Payload } from '../ci/payload.ts';
import type { Provider } from '../ci/providers/provider.ts';
import type { WorkflowRun } from '../ci/run.ts';
import type { SourcePlace } from '../ci/run-facts.ts';
import { trustFacts } from '../ci/trust.ts';
import type { TrustFacts } from '../ci/verdict.ts';
import { type CommentApi, createGithubClient, type GithubClient } from '../github/client.ts';
import { mergeRequestNotes } from '../gitlab/notes.ts';
import type { HistoryStore } from '../history/store.ts';
import { openNetwork } from '../http/network.ts';
import type { Connection } from '../inputs/connection.ts';
import { makeFolder } from '../make-folder.ts';
import { problem } from '../problem.ts';
import { resolveImage } from '../registry/resolve-digest.ts';
import { sandboxCommands } from '../smoke-test/sandbox-commands.ts';
import { askPort } from '../smoke-test/served-port.ts';
import type { InsideSandbox } from '../smoke-test/smoke-test.ts';
import { version } from '../version.ts';
import { type Runner, runnerHistory } from './runner.ts';

/** The job in which an action runs. */
export interface Job extends AsyncDisposable {
  readonly context: JobContext;
  readonly runner: Runner;
  readonly clients: Clients;
}

/** Facts about the job. */
export interface JobContext {
  readonly env: NodeJS.ProcessEnv;
  /** The folder that the job works in, where its system names one. */
  readonly workspace?: string;
  readonly event: CiEvent;
  /** Other data of the event. */
  readonly payload: Payload;
  readonly run: WorkflowRun;
  /** Facts that separate this repository's code from a stranger's. */
  readonly trustFacts: TrustFacts;
  /** Where the repository's files can be looked at; absent if unknown. */
  readonly source?: SourcePlace;
  /** Removed when the action ends. */
  readonly temporaryDirectory: string;
  /** Aborted with `'interrupted'` when the job is cancelled. */
  readonly interrupted: AbortSignal;
}

/**
 * Every way to reach the service, registries, GitHub and the cache. All requests end when the job is cancelled, but
 * those of `connectToEnd`.
 */
export interface Clients {
  /**
   * The service. Its results contain no masked secret.
   *
   * @param signal - also ends the requests
   */
  readonly connect: (connection: Connection, signal?: AbortSignal) => ServiceClient;
  /** The service, for what must be ended or taken back after a cancel too: only the signal ends its requests. */
  readonly connectToEnd: (connection: Connection, signal: AbortSignal) => ServiceClient;
  /** What can be done in a sandbox of that service. */
  readonly sandbox: (connection: Connection, sandbox: StartedSandbox) => InsideSandbox;
  readonly resolveImage: ResolveImage;
  /** GitHub with the user's token, for the job's repository. */
  readonly github: (token: string) => GithubClient;
  /** The notes of the merge request that is built, with the user's token; `undefined` where there is none. */
  readonly notes: (token: string) => CommentApi | undefined;
  readonly history: HistoryStore;
}

/** The service with the inputs of one action. The signal also ends the requests. */
export type Connect = (signal?: AbortSignal) => ServiceClient;

/** Asks an image's registry what its reference means. */
export type ResolveImage = (
  image: string,
  login: Parameters<typeof resolveImage>[1],
) => ReturnType<typeof resolveImage>;

/**
 * Opens the job that this process runs in. Disposing of it closes groups and connections.
 *
 * @param interrupted - aborted with `'interrupted'` when the job is cancelled
 * @throws ProblemsError when a file of the runner is wrong
 */
export async function openJob(
  provider: Provider,
  env: NodeJS.ProcessEnv,
  runner: Runner,
  interrupted: AbortSignal,
): Promise<Job> {
  const facts = provider.readFacts();
  const { event, payload, run, source } = facts;
  const network = openNetwork(env);
  const direct = openNetwork({});
  const temporaryDirectory = await makeTemporaryDirectory(provider.temporaryDirectory);
  const { workspace } = provider;
  const userAgent = `novita-template-action/${version}`;
  const onRetry = (sentence: string) => runner.output.line(sentence);
  const contacts = new Map<string, Contact>();
  const contactWith = (apiUrl: string) => {
    const contact = contacts.get(apiUrl) ?? noContact();
    contacts.set(apiUrl, contact);
    return contact;
  };

  const connect = (
    { apiKey, accessToken, apiUrl, isHere }: Connection,
    signal: AbortSignal,
  ): ServiceClient => {
    const client = createServiceClient({
      ...{ apiUrl, apiKey, ...(accessToken && { accessToken }), userAgent },
      transport: {
        ...defaultTransport,
        ...{ network: isHere ? direct : network, signal, onRetry },
        contact: contactWith(apiUrl),
      },
    });
    return redactingClient(client, runner.redact);
  };

  return {
    context: {
      env,
      ...(workspace && { workspace }),
      event,
      payload,
      run,
      trustFacts: trustFacts(facts),
      ...(source && { source }),
      temporaryDirectory,
      interrupted,
    },
    runner,
    clients: {
      connect: (connection, signal) =>
        connect(connection, signal ? AbortSignal.any([signal, interrupted]) : interrupted),
      connectToEnd: connect,
      sandbox: ({ domain, sandboxUrl, isDebug, isHere }, sandbox) => {
        const address = {
          ...{ domain, ...sandbox },
          ...(sandboxUrl && { sandboxUrl }),
          ...(isDebug && { isDebug }),
        };
        const way = isHere ? direct : network;
        return { ...sandboxCommands(address, way), ask: askPort(address, way) };
      },
      resolveImage: (image, login) =>
        resolveImage(image, login, { network, signal: interrupted, judge: true }),
      github: (token) =>
        createGithubClient({
          load: () => import('@actions/github'),
          ...{ token, userAgent, network, signal: interrupted, onRetry },
          ...(provider.github ?? { apiUrl: '', repository: '' }),
          redact: runner.redact,
        }),
      notes: (token) =>
        provider.gitlab &&
        mergeRequestNotes({
          ...{ ...provider.gitlab, token, userAgent, network, signal: interrupted, onRetry },
          redact: runner.redact,
        }),
      history: runnerHistory(provider, runner, interrupted),
    },
    async [Symbol.asyncDispose]() {
      runner.output.close();
      // The runner removes the rest. A good build must not fail because of it.
      await rm(temporaryDirectory, { recursive: true, force: true }).catch((error: Error) =>
        runner.debug(`The temporary directory stays: ${error.message}`),
      );
      await Promise.all([network.destroy(), direct.destroy()]);
    },
  };
}

async function makeTemporaryDirectory(parent: string): Promise<string> {
  try {
    await makeFolder(parent);
    return await mkdtemp(join(parent, 'novita-template-'));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw problem(
      'The folder for temporary files',
      `${parent} cannot be written to (${code}). It must be a folder of this job with free space: RUNNER_TEMP names it, and the runner makes it. On your own runner, check that it exists, who owns it, and whether the disk is full.`,
    );
  }
}
