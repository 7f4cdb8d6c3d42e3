import { isNotFound } from '../build/follow.ts';
import type { RepeatableCalls } from '../service/client.ts';
import type { BuildStatus } from '../service/schemas.ts';
import { isBuildIdentifier } from '../tags/names.ts';
import { type FoundTemplate, tagsInWords } from './find-template.ts';

/** Why there is nothing to go on with, in one or two sentences. */
export interface Refusal {
  readonly refused: string;
}

/**
 * The ready build that `from`, a tag or the identifier of a build, means. Where the newest build under a tag is not
 * ready, the tag still resolves to an older one whose identifier the service does not tell; that is refused.
 */
export async function findReadyBuild(
  client: Pick<RepeatableCalls, 'status'>,
  template: FoundTemplate,
  from: string,
): Promise<{ readonly buildId: string } | Refusal> {
  const { name, tags } = template;
  const byTag = !isBuildIdentifier(from);
  const buildId = byTag ? tags.get(from) : from;
  if (buildId === undefined) return { refused: `${name} has no tag ${from}. ${tagsInWords(template)}` };

  const found = await statusOf(client, template, buildId);
  if (found?.status === 'ready') return { buildId };
  const meant = byTag ? `The newest build under the tag ${from}, ${buildId},` : `Build ${buildId}`;
  if (!found) {
    return { refused: `${meant} is none of ${name} that still has a tag. ${tagsInWords(template)}` };
  }
  const older = byTag
    ? ` An older build that ${name}:${from} still means can be given by its identifier.`
    : '';
  if (found.status !== 'error') return { refused: `${meant} is not ready yet (${found.status}).${older}` };
  const reason = found.reason?.message || 'The service gave no reason';
  return { refused: `${meant} failed: ${reason.replace(/\.?$/, '.')}${older}` };
}

/** The state of a build, or `undefined` when the service has none of this identifier, or only one without a tag. */
export async function statusOf(
  client: Pick<RepeatableCalls, 'status'>,
  { templateId }: Pick<FoundTemplate, 'templateId'>,
  buildId: string,
): Promise<BuildStatus | undefined> {
  try {
    return await client.status(templateId, buildId, 0);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
