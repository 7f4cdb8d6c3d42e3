import { isContentTag } from '../api/content-tag.ts';
import type { RegistrationRequest } from '../api/types.ts';
import { isAmbiguous, isTransient, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { Plan } from '../plan/plan.ts';
import type { BuildContext } from './context.ts';
import { findRegistered } from './find-registration.ts';
import type { BuildTiming } from './timing.ts';

/** A build that the service knows and that is not started yet. */
export interface RegisteredBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** As the service assigned them, content tags left out; those that were asked for first, in the order of asking. */
  readonly tags: readonly string[];
  /** Set when the answer was lost and the build was found afterwards. */
  readonly found?: true;
}

/**
 * Registers a build. An answer that was lost is not asked for again blindly: the service is searched for the
 * build first. Waits as long as the team has as many builds running as it may. Rejects with a `ServiceError`, or
 * with the signal's reason.
 */
export async function register(
  plan: Plan,
  deps: BuildContext,
  timing: BuildTiming,
): Promise<RegisteredBuild> {
  const { client, signal, emit } = deps;
  const notice = (message: string) => emit({ type: 'notice', message });
  // The content tags go in with the registration and at no other time: that is what makes them worth believing.
  const { content, origin } = plan.contentTags ?? {};
  const request: RegistrationRequest = {
    name: plan.name,
    tags: [...plan.tags, ...[content, origin].filter((tag) => tag !== undefined)],
    cpuCount: plan.cpuCount,
    memoryMB: plan.memoryMb,
  };
  const patience = client.retrier('POST registration');
  const turn = waitForTurn(timing.queue, notice, signal);
  for (;;) {
    const sentAt = Date.now();
    try {
      const { templateID, buildID, tags } = await client.register(request);
      return { templateId: templateID, buildId: buildID, tags: sortTags(tags ?? plan.tags, plan) };
    } catch (error) {
      if (!(error instanceof ServiceError) || !isTransient(error)) throw error;
      if (isTeamLimit(error)) {
        patience.reset();
        await turn();
        continue;
      }
      if (isAmbiguous(error)) {
        const found = await search(deps, { request, sentAt, error }, timing);
        if (found) {
          notice(
            `The answer to the registration was lost (${error.summary}), but build ${found.buildId} came of it: going on with that.`,
          );
          return { ...found, tags: sortTags(found.tags, plan), found: true };
        }
      }
      await patience.backoff(error);
      if (isAmbiguous(error)) {
        notice(
          `The registration was not answered (${error.summary}), and the service shows no build of it. Registering again; should the first have arrived late, the new build supersedes it.`,
        );
      }
    }
  }
}

/** A registration that may have worked, and the error that came of it. */
interface Lost {
  readonly request: RegistrationRequest;
  readonly sentAt: number;
  readonly error: ServiceError;
}

async function search(
  { client, signal, tagsBefore }: BuildContext,
  { request, sentAt, error: lost }: Lost,
  timing: BuildTiming,
): Promise<Omit<RegisteredBuild, 'found'> | undefined> {
  try {
    for (const pauseMs of timing.looks) {
      await pause(pauseMs, signal);
      const found = await findRegistered(client, request, sentAt, tagsBefore);
      if (found) return found;
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // A key that may build but not look around: all that is left is to register again.
    if (!isTransient(error)) return undefined;
    const { kind, request: name, host, status, said } = lost;
    throw new ServiceError({
      ...{ kind, request: name, host, status, said, cause: error },
      message: `${lost.message}\nWhether it was registered all the same could not be found out: ${error.message}`,
    });
  }
  return undefined;
}

/** The limit of builds at the same time, which has no `Retry-After` and lasts as long as other builds do. */
function isTeamLimit({ status, said = '' }: ServiceError): boolean {
  return status === 429 && /concurrent\b.*\bbuilds/i.test(said);
}

function waitForTurn(
  { firstPauseMs, longestPauseMs, tellMs }: BuildTiming['queue'],
  notice: (message: string) => void,
  signal: AbortSignal,
): () => Promise<void> {
  const since = Date.now();
  let toldAt: number | undefined;
  let boundMs = firstPauseMs;
  return async () => {
    const now = Date.now();
    if (toldAt === undefined) {
      notice(
        'The team has as many builds running as it may. Waiting for one of them to end, within timeout-minutes.',
      );
      toldAt = now;
    } else if (now - toldAt >= tellMs) {
      notice(
        `Still waiting for another build of the team to end (${Math.round((now - since) / 60_000)} min).`,
      );
      toldAt = now;
    }
    // Half of it is jitter, so that jobs that wait together do not ask together.
    await pause(boundMs / 2 + (Math.random() * boundMs) / 2, signal);
    boundMs = Math.min(boundMs * 1.5, longestPauseMs);
  };
}

/** The service gives the tags in no particular order; those that were asked for keep the order of asking. */
function sortTags(tags: readonly string[], plan: Plan): string[] {
  const rank = (tag: string) => (plan.tags.includes(tag) ? plan.tags.indexOf(tag) : plan.tags.length);
  return tags.filter((tag) => !isContentTag(tag)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
