import { isDefaultSize, type SizeLimits } from '../../api/sandbox-size.ts';
import { ServiceError } from '../../http/errors.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import type { Job } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';

/** The answer only improves a message, since the service itself refuses what it does not allow. */
const limitMs = 10_000;

const connectionInputs = new Set(['Input api-key', 'Input domain', 'Input api-url']);

/**
 * Asks the service which sizes the team may use; `undefined` where that cannot be known, which is nobody's mistake.
 * Nothing is asked about the size that the service gives to everybody, so that an unchanged run costs no request more.
 * Never rejects. It is meant to run beside the reading of the recipe, which takes longer.
 *
 * @param problems - of the inputs; with those of the connection there is nobody to ask
 */
export async function teamLimits(
  inputs: Pick<BuildInputs, 'cpuCount' | 'memoryMb' | 'connection'>,
  problems: readonly Problem[],
  job: Pick<Job, 'connect' | 'interrupted' | 'debug'>,
): Promise<SizeLimits | undefined> {
  if (isDefaultSize(inputs) || inputs.connection.apiKey === '') return undefined;
  if (problems.some(({ title }) => connectionInputs.has(title))) return undefined;
  try {
    const signal = AbortSignal.any([job.interrupted, AbortSignal.timeout(limitMs)]);
    return await job.connect(inputs.connection, signal).quota();
  } catch (error) {
    const why = error instanceof ServiceError ? error.summary : 'there was no answer';
    job.debug(`The limits of the team are not known: ${why}`);
    return undefined;
  }
}
