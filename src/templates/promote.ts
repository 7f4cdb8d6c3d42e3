import type { TagMove } from '../build/events.ts';
import type { RepeatableCalls } from '../service/client.ts';
import { ServiceError } from '../service/errors.ts';
import { type FoundTemplate, readTags } from './find-template.ts';

export interface Promotion {
  readonly moves: readonly TagMove[];
  /** Whether anything had to be changed. */
  readonly changed: boolean;
  /** Tags that stand on another build now: somebody else moved them meanwhile. */
  readonly contested: readonly string[];
}

/**
 * Puts the tags on a ready build, all in one request and so all or none; sends nothing when they stand there
 * already. Tells where each tag was and where it is now, as the service says it. Rejects with a `ServiceError`.
 */
export async function promote(
  client: Pick<RepeatableCalls, 'assignTags' | 'tags'>,
  template: FoundTemplate,
  buildId: string,
  tags: readonly string[],
): Promise<Promotion> {
  const changed = tags.some((tag) => template.tags.get(tag) !== buildId);
  let confirmed = false;
  if (changed) {
    const { buildID: on } = await client.assignTags(`${template.name}:${buildId}`, tags);
    if (on !== undefined && on !== buildId) throw onAnother(buildId, on);
    confirmed = on === buildId;
  }
  const listed = changed ? await readTags(client, template.templateId) : template.tags;
  // A list that shows a tag where it was before is behind an answer that says otherwise: nobody has moved it since.
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
    message: `The tags were meant for build ${wanted}, and the service says that it put them on ${found}`,
  });
}

function tagMove(tag: string, before: string | undefined, after: string | undefined): TagMove {
  return { tag, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}
