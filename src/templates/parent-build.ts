import { parentOf } from '../plan/base.ts';
import type { RepeatableCalls } from '../service/client.ts';
import { isKeyRefused, isMissing, ServiceError } from '../service/errors.ts';
import { statusOf } from './find-build.ts';
import { readTags } from './find-template.ts';

/**
 * The build that a parent (`name`, `team/name`, `name:tag` or `name:buildId`) means at this moment, or, as the end of a
 * sentence, why that cannot be known: the service tells the newest build under a tag and not which one is meant while
 * that one is not ready. Rejects with the signal's reason, or with the `ServiceError` of a key that is not known.
 */
export async function parentBuild(
  client: Pick<RepeatableCalls, 'templateIdOf' | 'tags' | 'status'>,
  reference: string,
): Promise<{ readonly buildId: string } | { readonly unknown: string }> {
  const { name, tag, buildId: named } = parentOf(reference);
  if (named !== undefined) return { buildId: named };
  try {
    const templateId = await client.templateIdOf(name).catch((error: unknown) => {
      // A parent may be given by its identifier, which is no name.
      if (isMissing(error)) return name;
      throw error;
    });
    const buildId = (await readTags(client, templateId)).get(tag);
    if (buildId === undefined) return { unknown: `template ${name} has no tag ${tag}` };
    const status = (await statusOf(client, { templateId }, buildId))?.status;
    if (status === 'ready') return { buildId };
    return {
      unknown: `the newest build of template ${name} under the tag ${tag} is not ready, and the service does not tell which older one is meant`,
    };
  } catch (error) {
    if (!(error instanceof ServiceError) || isKeyRefused(error)) throw error;
    if (isMissing(error)) return { unknown: `there is no template ${name} for this API key` };
    if (error.status === 403) return { unknown: `template ${name} belongs to another team` };
    return { unknown: `template ${name} could not be looked up (${error.inShort})` };
  }
}
