import type { IdempotentApi } from '../api/client.ts';
import type { TagChange } from '../api/types.ts';
import { ServiceError } from '../http/errors.ts';
import { readTags, type TemplateInfo } from './find-template.ts';

/** A build and its tag changes. */
export interface PromotedBuild {
  readonly name: string;
  readonly buildId: string;
  readonly promotion: TagPromotion;
}

export interface TagPromotion {
  readonly moves: readonly TagChange[];
  /** Whether a request was needed. */
  readonly changed: boolean;
  /** Tags that are on another build now: another run moved them meanwhile. */
  readonly contested: readonly string[];
}

/**
 * Puts the tags on a ready build, all in one request, so all or none; sends nothing if they are there already. Gives the
 * build of each tag before and after, as the service lists it. Rejects with a `ServiceError`.
 *
 * @param target - a tag of the build in place of its identifier: the request fails if the build has lost it
 */
export async function promote(
  client: Pick<IdempotentApi, 'assignTags' | 'tags'>,
  template: TemplateInfo,
  buildId: string,
  tags: readonly string[],
  target = buildId,
): Promise<TagPromotion> {
  const changed = tags.some((tag) => template.tags.get(tag) !== buildId);
  let confirmed = false;
  if (changed) {
    const { buildID: on } = await client.assignTags(`${template.name}:${target}`, tags);
    if (on !== undefined && on !== buildId) throw onAnother(buildId, on);
    confirmed = on === buildId;
  }
  const listed = changed ? await readTags(client, template.templateId) : template.tags;
  // If the response confirms the change and the list shows the old build, the list is behind.
  const buildOf = (tag: string) => {
    const seen = listed.get(tag);
    return confirmed && seen === template.tags.get(tag) ? buildId : seen;
  };
  return {
    moves: tags.map((tag) => tagMove(tag, template.tags.get(tag), buildOf(tag))),
    changed,
    contested: tags.filter((tag) => buildOf(tag) !== buildId),
  };
}

function onAnother(wanted: string, found: string): ServiceError {
  return new ServiceError({
    kind: 'unintelligible',
    request: 'POST tags',
    message: `The tags were for build ${wanted}, and the service says that it put them on ${found}`,
  });
}

function tagMove(tag: string, before: string | undefined, after: string | undefined): TagChange {
  return { tag, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}
