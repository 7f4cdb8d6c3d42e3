import { isReservedTag } from '../api/reserved-tags.ts';
import type { RegistrationRequest } from '../api/types.ts';
import { isAmbiguous, isTransient, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { Plan } from '../plan/plan.ts';
import type { BuildContext } from './context.ts';
import { findRegistered } from './find-registration.ts';
import type { BuildTiming } from './timing.ts';

/** A build that is registered and not started. */
export interface RegisteredBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** As the service assigned them, without the action's own; those of the plan first, in its order. */
  readonly tags: readonly string[];
  /** Set if the response was lost and the build was looked up. */
  readonly found?: true;
}

/**
 * Registers a build. After a lost response it looks for the build before it registers again. Waits while the team is at
 * its limit of concurrent builds. Rejects with a `ServiceError`, or with the signal's reason.
 */
export async function register(
  plan: Plan,
  deps: BuildContext,
  timing: BuildTiming,
): Promise<RegisteredBuild> {
  const { client, signal, emit } = deps;
  const notice = (message: string) => emit({ type: 'notice', message });
  // Content tags are only set by the registration: this makes them proof of the content.
  const { content, origin } = plan.contentTags ?? {};
  const own = [plan.candidateTag, content, origin].filter((tag) => tag !== undefined);
  const request: RegistrationRequest = {
    name: plan.name,
    tags: [...plan.tags, ...own],
    cpuCount: plan.cpuCount,
    memoryMB: plan.memoryMb,
  };
  const retrier = client.retrier('POST registration');
  const turn = waitForTurn(timing.queue, notice, signal);
  for (;;) {
    const sentAt = Date.now();
    try {
      const { templateID, buildID, tags } = await client.register(request);
      return { templateId: templateID, buildId: buildID, tags: sortTags(tags ?? plan.tags, plan) };
    } catch (error) {
      if (!(error instanceof ServiceError) || !isTransient(error)) throw error;
      if (isTeamLimit(error)) {
        retrier.reset();
        await turn();
        continue;
      }
      if (isAmbiguous(error)) {
        const found = await lookUp(deps, { request, sentAt, error }, timing);
        if (found) {
          notice(
            `The answer to the registration was lost (${error.summary}), but it made build ${found.buildId}: continuing with that.`,
          );
          return { ...found, tags: sortTags(found.tags, plan), found: true };
        }
      }
      await retrier.backoff(error);
      if (isAmbiguous(error)) {
        notice(
          `The registration got no answer (${error.summary}), and the service has no build of it. Registering again; if the first one arrives late, the new build supersedes it.`,
        );
      }
    }
  }
}

/** A registration that may have worked, and its error. */
interface LostRegistration {
  readonly request: RegistrationRequest;
  readonly sentAt: number;
  readonly error: ServiceError;
}

async function lookUp(
  { client, signal, templateBefore }: BuildContext,
  { request, sentAt, error: lost }: LostRegistration,
  timing: BuildTiming,
): Promise<Omit<RegisteredBuild, 'found'> | undefined> {
  try {
    for (const pauseMs of timing.lookupDelaysMs) {
      await pause(pauseMs, signal);
      const found = await findRegistered(client, request, sentAt, templateBefore?.tags);
      if (found) return found;
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // The key may build, but not list builds: the only way is to register again.
    if (!isTransient(error)) return undefined;
    const { kind, request: name, host, status, said } = lost;
    throw new ServiceError({
      ...{ kind, request: name, host, status, said, cause: error },
      message: `${lost.message}\nThe action could not check whether the build was registered: ${error.message}`,
    });
  }
  return undefined;
}

/** The limit of concurrent builds, which has no `Retry-After` and lasts as long as other builds run. */
function isTeamLimit({ status, said = '' }: ServiceError): boolean {
  return status === 429 && /concurrent\b.*\bbuilds/i.test(said);
}

function waitForTurn(
  { firstPauseMs, longestPauseMs, noticeMs }: BuildTiming['queue'],
  notice: (message: string) => void,
  signal: AbortSignal,
): () => Promise<void> {
  const since = Date.now();
  let noticedAt: number | undefined;
  let boundMs = firstPauseMs;
  return async () => {
    const now = Date.now();
    if (noticedAt === undefined) {
      notice(
        'The team is at its limit of concurrent builds. Waiting for one of them to end, within timeout-minutes.',
      );
      noticedAt = now;
    } else if (now - noticedAt >= noticeMs) {
      notice(
        `Still waiting for another build of the team to end (${Math.round((now - since) / 60_000)} min).`,
      );
      noticedAt = now;
    }
    // Half of it is jitter, so that jobs that wait together do not retry together.
    await pause(boundMs / 2 + (Math.random() * boundMs) / 2, signal);
    boundMs = Math.min(boundMs * 1.5, longestPauseMs);
  };
}

/** The service gives the tags in no particular order; those of the plan keep its order. */
function sortTags(tags: readonly string[], plan: Plan): string[] {
  const rank = (tag: string) => (plan.tags.includes(tag) ? plan.tags.indexOf(tag) : plan.tags.length);
  return tags.filter((tag) => !isReservedTag(tag)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
