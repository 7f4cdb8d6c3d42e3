import { isDefaultSize, type SandboxSize, type SizeLimits } from '../../api/sandbox-size.ts';
import { ServiceError } from '../../http/errors.ts';
import type { Connect } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';

/** The answer only improves a message, since the service itself refuses what it does not allow. */
const limitMs = 10_000;

const connectionInputs = new Set(['Input api-key', 'Input domain', 'Input api-url']);

/**
 * Asks the service which sizes the team may use; `undefined` when that is unknown, which is not the user's mistake. The
 * size that every team may use needs no request. Never rejects.
 *
 * @param problems - of the inputs; with a problem of the connection, no request is sent
 */
export async function teamLimits(
  size: SandboxSize,
  problems: readonly Problem[],
  connect: Connect | undefined,
  debug: (message: string) => void,
): Promise<SizeLimits | undefined> {
  if (isDefaultSize(size) || !connect) return undefined;
  if (problems.some(({ title }) => connectionInputs.has(title))) return undefined;
  try {
    return await connect(AbortSignal.timeout(limitMs)).quota();
  } catch (error) {
    const why = error instanceof ServiceError ? error.summary : 'there was no answer';
    debug(`The limits of the team are not known: ${why}`);
    return undefined;
  }
}
