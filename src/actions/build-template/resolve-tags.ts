import type { CiEvent } from '../../ci/event.ts';
import { isKeyRefused, isMissing, ServiceError } from '../../http/errors.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import type { Connect } from '../../job/job.ts';
import type { Output } from '../../report/log/output.ts';
import { logTags } from '../../report/log/tag-tables.ts';
import { decideTags, type TagDecisions } from '../../tags/decide.ts';
import { tagsUnreadable } from '../../tags/latest.ts';

/** Only `latest` depends on this look-up, so it must not take long. */
const lookupLimitMs = 60_000;

/** How to find the tags that the template already has. */
interface TagLookup {
  /** Absent where there is no API key. */
  readonly connect: Connect | undefined;
  /** Whether the service may be asked. With wrong inputs, a request is pointless. */
  readonly mayLookUp: boolean;
}

type TagInputs = Pick<BuildInputs, 'name' | 'tags' | 'allowProductionTags'>;

/** Whether the tags can be decided before the definition is read, which may have tags and a name. */
export function decidesAlone({ name, tags }: TagInputs, event: CiEvent): boolean {
  return name !== '' && (tags !== '' || event.kind !== 'none' || event.developer !== undefined);
}

/** Decides the tags of a build. Rejects with a `ServiceError` when the key is refused. */
export async function tagsOfBuild(
  inputs: TagInputs,
  event: CiEvent,
  { connect, mayLookUp }: TagLookup,
): Promise<TagDecisions> {
  let keyRefused: ServiceError | undefined;
  const decided = await decideTags({
    rules: inputs.tags,
    event,
    allowProductionTags: inputs.allowProductionTags,
    existingTags: async () => {
      if (!connect) throw new Error('there is no API key');
      if (!mayLookUp) throw new Error('other inputs are wrong');
      return existingTags(inputs.name, connect).catch((error) => {
        if (!(error instanceof ServiceError)) throw error;
        if (isKeyRefused(error)) keyRefused = error;
        // The service's message may repeat what it was sent.
        throw new Error(error.summary);
      });
    },
    now: new Date(),
  });
  if (keyRefused) throw keyRefused;
  return decided;
}

/**
 * Shows why a build gets its tags.
 *
 * @param hasAsked - whether the service was asked where it had to be
 */
export function showTags({ decisions }: TagDecisions, hasAsked: boolean, output: Output): void {
  if (decisions.length > 0) logTags(output, decisions);
  const unknown = decisions.filter(({ reason }) => reason.startsWith(tagsUnreadable));
  if (unknown.length === 0 || !hasAsked) return;
  const rules = unknown.map(({ rule }) => rule).join('; ');
  output.warning(
    `Tags that move from version to version stay where they are, since ${unknown[0]?.reason}. No tag came from ${rules}. Run this again, or write these tags explicitly if this version is the highest.`,
    { title: 'Tags that stay' },
  );
}

/** The tags that the template has; none when there is no such template yet. */
async function existingTags(name: string, connect: Connect): Promise<string[]> {
  const limit = AbortSignal.timeout(lookupLimitMs);
  try {
    return (await connect(limit).tags(name)).map(({ tag }) => tag);
  } catch (error) {
    if (isMissing(error)) return [];
    if (error instanceof ServiceError) throw error;
    throw limit.aborted ? new Error('there was no answer within a minute') : error;
  }
}
