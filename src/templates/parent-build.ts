import type { IdempotentApi } from '../api/client.ts';
import { parentOf } from '../api/names.ts';
import { isKeyRefused, isMissing, ServiceError } from '../http/errors.ts';
import { statusOf } from './find-build.ts';
import { readTags, tagsInWords } from './find-template.ts';

/** A build, or as the end of a sentence why it cannot be known. */
export type ParentBuild =
  | { readonly ok: true; readonly value: string }
  | {
      readonly ok: false;
      readonly reason: string;
      /** The template does not have the tag; or there is no such template, unless it is a public one of another team. */
      readonly missing?: 'tag' | 'template';
      /** The template is another team's, so its builds can never be looked up. */
      readonly foreign?: true;
      readonly hint?: string;
    };

/**
 * The build that a parent (`name`, `team/name`, `name:tag` or `name:buildId`) means at this moment. It cannot be known
 * while the newest build under the tag is not ready: the service does not say which older one is meant. Rejects with the signal's reason, or with the
 * `ServiceError` of a key that is not known.
 */
export async function parentBuild(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags' | 'status'>,
  reference: string,
): Promise<ParentBuild> {
  const { name, tag, buildId: givenBuild } = parentOf(reference);
  if (givenBuild !== undefined) return { ok: true, value: givenBuild };
  let isIdentifier = false;
  // The list accepts a name as well as an identifier, so it need not wait. A fault of the name is reported first.
  const list = readTags(client, name);
  list.catch(() => {});
  try {
    const templateId = await client.templateIdOf(name).catch((error: unknown) => {
      // A parent may be given by its identifier instead of a name.
      if (!isMissing(error)) throw error;
      isIdentifier = true;
      return name;
    });
    const tags = await list;
    const buildId = tags.get(tag);
    // A template without any tag may not exist.
    if (buildId === undefined)
      return {
        ok: false,
        reason: `template ${name} has no tag ${tag}`,
        ...(tags.size > 0 && { missing: 'tag', hint: tagsInWords({ tags }) }),
      };
    const status = (await statusOf(client, { templateId }, buildId))?.status;
    if (status === 'ready') return { ok: true, value: buildId };
    return {
      ok: false,
      reason: `the newest build of template ${name} under the tag ${tag} is not ready, and the service does not say which older one is meant`,
    };
  } catch (error) {
    if (!(error instanceof ServiceError) || isKeyRefused(error)) throw error;
    // A namespace that is not the team's is a bad request.
    if (isMissing(error) || (isIdentifier && error.status === 400)) {
      return { ok: false, reason: `there is no template ${name} for this API key`, missing: 'template' };
    }
    if (error.status === 403)
      return { ok: false, reason: `template ${name} belongs to another team`, foreign: true };
    return { ok: false, reason: `template ${name} could not be looked up (${error.summary})` };
  }
}
