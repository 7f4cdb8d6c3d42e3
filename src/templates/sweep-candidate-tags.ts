import type { ServiceClient } from '../api/client.ts';
import { isCandidateTag } from '../api/reserved-tags.ts';
import { ServiceError } from '../http/errors.ts';
import type { ContentRow } from './sweep-content-tags.ts';

const dayMs = 24 * 60 * 60_000;

/** The longest time limit of a run is a day. */
const oldestRunMs = 2 * dayMs;

/**
 * Removes the candidate tags of runs that are over: they were killed, or could not remove them. Builds and other tags
 * stay. No other run asks for the same tag, so nothing can put one of them on another build between look and removal.
 * Fills `rows` on the way. Returns an error of the service; rejects with the reason of the client's signal.
 */
export async function sweepCandidates(
  client: Pick<ServiceClient, 'tags' | 'removeTags' | 'clockAheadMs'>,
  name: string,
  { dryRun }: { readonly dryRun: boolean },
  rows: ContentRow[],
): Promise<ServiceError | undefined> {
  let stale: ContentRow[] = [];
  try {
    const assignments = await client.tags(name);
    const now = Date.now() + (client.clockAheadMs() ?? 0);
    stale = assignments.flatMap(({ tag, buildID, createdAt }) => {
      const assignedAt = Date.parse(createdAt);
      if (!isCandidateTag(tag) || !(now - assignedAt > oldestRunMs)) return [];
      const days = Math.floor((now - assignedAt) / dayMs);
      return [{ tag, buildId: buildID, assignedAt, name, days, removed: false }];
    });
    if (stale.length > 0 && !dryRun) {
      const tags = stale.map(({ tag }) => tag);
      await client.removeTags(name, tags);
      stale = stale.map((row) => ({ ...row, removed: true }));
    }
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  } finally {
    rows.push(...stale);
  }
}
