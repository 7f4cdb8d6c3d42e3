import type { ServiceClient } from '../api/client.ts';
import { isCandidateTag } from '../api/reserved-tags.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { ServiceError } from '../http/errors.ts';
import { waitsForTest } from './find-build.ts';
import type { ContentRow } from './sweep-content-tags.ts';
import { withdrawBuild } from './withdraw-build.ts';

const dayMs = 24 * 60 * 60_000;

/** The longest time limit of a run is a day. */
const oldestRunMs = 2 * dayMs;

/**
 * Removes the candidate tags of runs that are over: they were killed, or could not remove them. Builds and other tags
 * stay. No other run asks for the same tag, so nothing can put one of them on another build between look and removal.
 * Fills `rows` on the way. Returns an error of the service; rejects with the reason of the client's signal.
 *
 * A build that still waits for its test then has only its candidate tag to say so. Without it, the build would look like
 * one whose tags have moved on, and could be promoted. So it is withdrawn, unless a run of these days holds it as well.
 */
export async function sweepCandidates(
  client: Pick<ServiceClient, 'tags' | 'removeTags' | 'assignTags' | 'clockAheadMs'>,
  name: string,
  { dryRun }: { readonly dryRun: boolean },
  rows: ContentRow[],
): Promise<ServiceError | undefined> {
  let stale: ContentRow[] = [];
  try {
    const assignments = await client.tags(name);
    const now = Date.now() + (client.clockAheadMs() ?? 0);
    stale = staleCandidates(assignments, now).map((tag) => ({ ...tag, name, removed: false }));
    if (stale.length === 0 || dryRun) return undefined;
    const tags = new Map(assignments.map(({ tag, buildID }) => [tag, buildID]));
    const staleTags = new Set(stale.map(({ tag }) => tag));
    const isHeld = (buildId: string) =>
      [...tags].some(([tag, id]) => id === buildId && isCandidateTag(tag) && !staleTags.has(tag));
    const builds = new Set(stale.map(({ buildId }) => buildId));
    const untested = [...builds].filter((id) => waitsForTest({ tags }, id) && !isHeld(id));
    const others = stale.filter(({ buildId }) => !untested.includes(buildId)).map(({ tag }) => tag);
    const removed = (isGone: (row: ContentRow) => boolean) => {
      stale = stale.map((row) => (isGone(row) ? { ...row, removed: true } : row));
    };
    if (others.length > 0) {
      await client.removeTags(name, others);
      removed(({ tag }) => others.includes(tag));
    }
    for (const buildId of untested) {
      await withdrawBuild(client, { name, templateId: name, buildId });
      removed((row) => row.buildId === buildId);
    }
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  } finally {
    rows.push(...stale);
  }
}

/** The candidate tags that are older than any run. */
function staleCandidates(
  assignments: readonly TemplateTag[],
  now: number,
): Pick<ContentRow, 'tag' | 'buildId' | 'assignedAt' | 'days'>[] {
  return assignments.flatMap(({ tag, buildID, createdAt }) => {
    const assignedAt = Date.parse(createdAt);
    if (!isCandidateTag(tag) || !(now - assignedAt > oldestRunMs)) return [];
    return [{ tag, buildId: buildID, assignedAt, days: Math.floor((now - assignedAt) / dayMs) }];
  });
}
