import type { TagMove } from '../build/events.ts';
import type { ServiceClient } from '../service/client.ts';
import { ServiceError } from '../service/errors.ts';
import { type Promotion, promote } from '../templates/promote.ts';
import type { SameBuild } from './same-content.ts';

/** What became of the tags of this run. */
export type Taken =
  | { readonly taken: true; readonly moves: readonly TagMove[]; readonly left: readonly string[] }
  /** The build has gone between look-up and tagging; no tag was moved. */
  | { readonly taken: false };

/**
 * Puts the tags of this run on a build that is there, all in one request.
 *
 * A run that has waited for the build of another comes later than it began: a tag that was put on something else
 * meanwhile belongs to a newer run, and stays there. That is the order that the service itself keeps for builds,
 * where the newest registration has the tag, however long an older build takes.
 *
 * @param before - where the tags stood when this run began
 * @param ours - the build that this run registered itself, if it did; its rows are no one else's
 */
export async function takeBuild(
  client: Pick<ServiceClient, 'assignTags' | 'tags'>,
  { template, buildId }: Pick<SameBuild, 'template' | 'buildId'>,
  tags: readonly string[],
  before: ReadonlyMap<string, string>,
  ours: string | undefined,
): Promise<Taken> {
  const expected = [buildId, ours];
  const left = tags.filter((tag) => {
    const now = template.tags.get(tag);
    return now !== before.get(tag) && !expected.includes(now);
  });
  const wanted = tags.filter((tag) => !left.includes(tag));
  if (wanted.length === 0) return { taken: true, moves: [], left };
  let promotion: Promotion;
  try {
    promotion = await promote(client, template, buildId, wanted);
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return { taken: false };
    throw error;
  }
  return { taken: true, moves: promotion.moves, left: [...left, ...promotion.contested] };
}
