import type { IdempotentApi } from '../api/client.ts';
import { parentOf } from '../api/names.ts';
import { isKeyRefused, isMissing, ServiceError } from '../http/errors.ts';
import { statusOf } from './find-build.ts';
import { readTags, tagsInWords } from './find-template.ts';

/**
 * The build that a parent (`name`, `team/name`, `name:tag` or `name:buildId`) means at this moment, or, as the end of a
 * sentence, why that cannot be known: the service tells the newest build under a tag and not which one is meant while
 * that one is not ready. `missing` tells a tag that its template does not have, and a template that is not found: of
 * that one nobody knows whether it is the public one of another team. Rejects with the signal's reason, or with the
 * `ServiceError` of a key that is not known.
 */
export async function parentBuild(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags' | 'status'>,
  reference: string,
): Promise<
  | { readonly buildId: string }
  | { readonly unknown: string; readonly missing?: 'tag' | 'template'; readonly hint?: string }
> {
  const { name, tag, buildId: named } = parentOf(reference);
  if (named !== undefined) return { buildId: named };
  let nameless = false;
  try {
    const templateId = await client.templateIdOf(name).catch((error: unknown) => {
      // A parent may be given by its identifier, which is no name.
      if (!isMissing(error)) throw error;
      nameless = true;
      return name;
    });
    const tags = await readTags(client, templateId);
    const buildId = tags.get(tag);
    // A template without any tag is none that the service is known to have.
    if (buildId === undefined)
      return {
        unknown: `template ${name} has no tag ${tag}`,
        ...(tags.size > 0 && { missing: 'tag', hint: tagsInWords({ tags }) }),
      };
    const status = (await statusOf(client, { templateId }, buildId))?.status;
    if (status === 'ready') return { buildId };
    return {
      unknown: `the newest build of template ${name} under the tag ${tag} is not ready, and the service does not tell which older one is meant`,
    };
  } catch (error) {
    if (!(error instanceof ServiceError) || isKeyRefused(error)) throw error;
    const none = { unknown: `there is no template ${name} for this API key`, missing: 'template' } as const;
    // A namespace that is not the team's is a bad request.
    if (isMissing(error) || (nameless && error.status === 400)) return none;
    if (error.status === 403) return { unknown: `template ${name} belongs to another team` };
    return { unknown: `template ${name} could not be looked up (${error.summary})` };
  }
}
