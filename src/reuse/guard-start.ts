import type { ServiceClient } from '../api/client.ts';
import { ServiceError } from '../http/errors.ts';

/**
 * A client that does not start a superseded build. To start a build, the service first cancels every running build that
 * shares a tag with it, and only then checks whether the build still waits. So a run that sent files for a long time,
 * and was superseded meanwhile, would cancel the newer build with its late start, and both builds would be lost.
 *
 * @param atOnceMs - a start within so many milliseconds of its registration is sent without a check
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
      if (Date.now() - registeredAt > atOnceMs && !(await isWaiting(client, templateId, buildId))) {
        throw lateStart(buildId);
      }
      await client.start(templateId, buildId, template);
    },
  };
}

/** A check that fails prevents nothing. */
async function isWaiting(client: ServiceClient, templateId: string, buildId: string): Promise<boolean> {
  try {
    return (await client.noRetry.status(templateId, buildId, 0)).status === 'waiting';
  } catch (error) {
    if (error instanceof ServiceError) return true;
    throw error;
  }
}

/** The service's own response to such a start. */
function lateStart(buildId: string): ServiceError {
  return new ServiceError({
    kind: 'refused',
    request: 'POST start of the build',
    status: 400,
    said: 'build is not in waiting state',
    message: `Build ${buildId} no longer waits for its start`,
  });
}
