import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createServiceClient, type ServiceClient } from '../api/client.ts';
import { redactingClient } from '../api/redacting-client.ts';
import { type Contact, defaultTransport, noContact, proxyAwareDispatcher } from '../api/transport.ts';
import type { ImageRegistry } from '../api/types.ts';
import type { CiEvent } from '../ci/event.ts';
import { readEventContext } from '../ci/event-context.ts';
import { type Payload, payloadReader } from '../ci/payload.ts';
import { readEvent } from '../ci/read-event.ts';
import { trustFacts } from '../ci/trust.ts';
import type { TrustFacts } from '../ci/verdict.ts';
import { createGithubClient, type GithubClient } from '../github/client.ts';
import type { HistoryStore } from '../history/store.ts';
import type { Connection } from '../inputs/connection.ts';
import { makeFolder } from '../make-folder.ts';
import { problem } from '../problem.ts';
import { resolveImage } from '../registry/resolve-digest.ts';
import { version } from '../version.ts';
import { type Runner, runnerHistory } from './runner.ts';

/** What an action finds in its job on GitHub: the runner, the event, and every way to reach the service and GitHub. */
export interface Job extends Runner, AsyncDisposable {
  readonly event: CiEvent;
  /** What the event carries beside that. */
  readonly payload: Payload;
  /** What tells this repository's own code from a stranger's. */
  readonly trustFacts: TrustFacts;
  readonly connect: (connection: Connection, signal: AbortSignal) => ServiceClient;
  /** What the registry of an image says that its reference means. */
  readonly resolveImage: (
    image: string,
    registry: ImageRegistry | undefined,
  ) => ReturnType<typeof resolveImage>;
  /** GitHub with a token of the user's; the repository is that of the job. */
  readonly github: (token: string) => GithubClient;
  readonly history: HistoryStore;
  /** Removed when the action ends. */
  readonly temporaryDirectory: string;
  /** Aborted with `'interrupted'` when the job is cancelled. */
  readonly interrupted: AbortSignal;
}

/**
 * Opens the job that this process runs in. Disposing of it closes groups and connections.
 *
 * @param interrupted - aborted with `'interrupted'` when the job is cancelled
 * @throws ProblemsError when the runner's files are not what they should be
 */
export async function openJob(runner: Runner, interrupted: AbortSignal): Promise<Job> {
  const { env, output } = runner;
  const context = readEventContext(env);
  const payload = payloadReader(context.payload);
  const event = readEvent(context, env['GITHUB_REPOSITORY']);
  const dispatcher = proxyAwareDispatcher(env);
  // Not before the event file was found readable: the library reads it when it is imported.
  const { getOctokit } = await import('@actions/github');
  const temporaryDirectory = await makeTemporaryDirectory(runner.resultDirectory);
  const contacts = new Map<string, Contact>();
  const contactWith = (apiUrl: string) => {
    const contact = contacts.get(apiUrl) ?? noContact();
    contacts.set(apiUrl, contact);
    return contact;
  };

  return {
    ...runner,
    event,
    payload,
    trustFacts: trustFacts(event, payload, env),
    connect: ({ apiKey, accessToken, apiUrl }, signal) =>
      createServiceClient({
        apiUrl,
        apiKey,
        ...(accessToken && { accessToken }),
        userAgent: `novita-template-action/${version}`,
        transport: {
          ...defaultTransport,
          dispatcher,
          signal,
          contact: contactWith(apiUrl),
          onRetry: (sentence) => output.line(sentence),
        },
      }),
    resolveImage: (image, registry) =>
      resolveImage(image, registry, { dispatcher, signal: interrupted, judge: true }),
    github: (token) =>
      createGithubClient({
        getOctokit,
        token,
        apiUrl: env['GITHUB_API_URL'] || 'https://api.github.com',
        graphqlUrl: env['GITHUB_GRAPHQL_URL'],
        repository: env['GITHUB_REPOSITORY'] ?? '',
        userAgent: `novita-template-action/${version}`,
        dispatcher,
        signal: interrupted,
        onRetry: (sentence) => output.line(sentence),
        redact: runner.redact,
      }),
    history: runnerHistory(runner, interrupted),
    temporaryDirectory,
    interrupted,
    async [Symbol.asyncDispose]() {
      output.close();
      // What is left in it is the runner's to remove, and no reason to fail a good build.
      await rm(temporaryDirectory, { recursive: true, force: true }).catch((error: Error) =>
        runner.debug(`The temporary directory stays: ${error.message}`),
      );
      await dispatcher.destroy();
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
      `${parent} cannot be written to (${code}). Expected is a folder of this job with room in it: RUNNER_TEMP names it, and the runner makes it. On a runner of your own, check that it exists, whose it is, and whether the disk is full.`,
    );
  }
}

/**
 * Connects to the service after masking the credentials; nothing that comes back holds them.
 *
 * @param visible - what outputs will hold; the runner drops every output that holds a masked value
 */
export function connectRedacted(
  job: Pick<Job, 'mask' | 'redact' | 'connect' | 'interrupted'>,
  connection: Connection,
  visible: readonly string[],
  signal: AbortSignal = job.interrupted,
): ServiceClient {
  for (const secret of [connection.apiKey, connection.accessToken]) job.mask(secret, visible);
  return redactingClient(job.connect(connection, signal), job.redact);
}
