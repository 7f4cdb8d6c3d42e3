import type { BuildInputs } from '../inputs/build.ts';
import type { ResolveBase } from '../plan/base.ts';
import { parentBuild } from '../templates/parent-build.ts';
import type { Job } from './job.ts';

/** Only sparing a build hangs on the answer, so nobody is kept waiting for long. */
const parentLimitMs = 30_000;

/** Asks the image's registry, or the service about a parent template, what the base of a recipe is. */
export function baseResolver(
  { connection, pinBase }: Pick<BuildInputs, 'connection' | 'pinBase'>,
  job: Pick<Job, 'resolveImage' | 'connect' | 'interrupted'>,
): ResolveBase {
  return async ({ fromImage, fromTemplate, fromImageRegistry }) => {
    if (!pinBase) return unknown('pin-base is false');
    if (fromTemplate) {
      if (connection.apiKey === '') return unknown('there is no API key to look up its parent with');
      const late = AbortSignal.timeout(parentLimitMs);
      const client = job.connect(connection, AbortSignal.any([job.interrupted, late]));
      try {
        const found = await parentBuild(client, fromTemplate);
        return 'buildId' in found ? { kind: 'template', ...found } : unknown(found.unknown);
      } catch (error) {
        if (!late.aborted || job.interrupted.aborted) throw error;
        return unknown(`its parent ${fromTemplate} could not be looked up within ${parentLimitMs / 1000} s`);
      }
    }
    if (!fromImage) return unknown('its recipe names no base');
    const found = await job.resolveImage(fromImage, fromImageRegistry);
    if ('digest' in found) return { kind: 'image', digest: found.digest };
    return unknown(`the digest of ${fromImage} is not known: ${found.unknown}`);
  };
}

function unknown(why: string) {
  return { kind: 'unknown' as const, why };
}
