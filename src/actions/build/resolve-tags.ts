import { isKeyRefused, isMissing, ServiceError } from '../../http/errors.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import type { Job } from '../../job/job.ts';
import { throwIfAny } from '../../problem.ts';
import { logTags } from '../../report/log/tag-log.ts';
import { decideTags } from '../../tags/decide.ts';
import { unasked } from '../../tags/latest.ts';

/** Only `latest` hangs on the answer, so nobody is kept waiting for long. */
const lookupLimitMs = 60_000;

/**
 * Decides on the tags of a build and shows why. Rejects with a `ProblemsError` that names all mistakes in the rules,
 * or with the `ServiceError` of a key that is refused.
 *
 * @param mayAsk - whether the service may be asked for the tags that there are; pointless with wrong inputs
 */
export async function tagsOfBuild(
  inputs: Pick<BuildInputs, 'name' | 'tags' | 'allowProductionTags' | 'connection'>,
  job: Pick<Job, 'event' | 'output' | 'connect' | 'interrupted'>,
  mayAsk: boolean,
): Promise<readonly string[]> {
  let keyRefused: ServiceError | undefined;
  const { tags, decisions, problems } = await decideTags({
    rules: inputs.tags,
    event: job.event,
    allowProductionTags: inputs.allowProductionTags,
    existingTags: async () => {
      if (inputs.connection.apiKey === '') throw new Error('there is no API key');
      if (!mayAsk) throw new Error('other inputs are wrong');
      return existingTags(inputs, job).catch((error) => {
        if (!(error instanceof ServiceError)) throw error;
        if (isKeyRefused(error)) keyRefused = error;
        // The service's own words may hold what it was sent.
        throw new Error(error.summary);
      });
    },
    now: new Date(),
  });
  if (keyRefused) throw keyRefused;
  if (decisions.length > 0) logTags(job.output, decisions);
  const unknown = decisions.filter(({ reason }) => reason.startsWith(unasked));
  if (unknown.length > 0 && mayAsk && inputs.connection.apiKey !== '') {
    const rules = unknown.map(({ rule }) => rule).join('; ');
    job.output.warning(
      `Tags that move from version to version stay where they are, since ${unknown[0]?.reason}. Nothing was given by ${rules}. Run this again, or write these tags out if this version is the highest.`,
      { title: 'Tags that stay' },
    );
  }
  throwIfAny(problems);
  return tags;
}

/** The tags that the template has; none when there is no such template yet. */
async function existingTags(
  { name, connection }: Pick<BuildInputs, 'name' | 'connection'>,
  job: Pick<Job, 'connect' | 'interrupted'>,
): Promise<string[]> {
  const late = AbortSignal.timeout(lookupLimitMs);
  const signal = AbortSignal.any([job.interrupted, late]);
  try {
    return (await job.connect(connection, signal).tags(name)).map(({ tag }) => tag);
  } catch (error) {
    if (isMissing(error)) return [];
    if (error instanceof ServiceError) throw error;
    throw late.aborted ? new Error('there was no answer within a minute') : error;
  }
}
