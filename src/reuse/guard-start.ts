import type { ServiceClient } from '../api/client.ts';
import { ServiceError } from '../http/errors.ts';

/**
 * A client that does not start a build whose turn is over. The service cancels every running build that shares a tag
 * with the one that is started, and only then sees that this one waits no longer. So a run that took its time to send
 * files, and was superseded meanwhile, would end the newer build with its own late start, and nobody would have one.
 *
 * @param atOnceMs - a start that follows its registration within so many milliseconds is sent without a look
 */
export function guardLateStarts(client: ServiceClient, atOnceMs: number): ServiceClient {
  let registeredAt = Number.NEGATIVE_INFINITY;
  return {
    ...client,
    async register(request) {
      const registration = await client.register(request);
      registeredAt = Date.now();
      return registration;
    },
    async start(templateId, buildId, template) {
      if (Date.now() - registeredAt > atOnceMs && !(await mayWait(client, templateId, buildId))) {
        throw tooLate(buildId);
      }
      await client.start(templateId, buildId, template);
    },
  };
}

/** A look that fails forbids nothing. */
async function mayWait(client: ServiceClient, templateId: string, buildId: string): Promise<boolean> {
  try {
    return (await client.noRetry.status(templateId, buildId, 0)).status === 'waiting';
  } catch (error) {
    if (error instanceof ServiceError) return true;
    throw error;
  }
}

/** What the service itself answers to such a start. */
function tooLate(buildId: string): ServiceError {
  return new ServiceError({
    kind: 'refused',
    request: 'POST start of the build',
    status: 400,
    said: 'build is not in waiting state',
    message: `Build ${buildId} waits for its start no longer`,
  });
}
