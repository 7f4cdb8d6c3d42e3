import type { ServiceClient } from '../api/client.ts';
import { isCandidateTag } from '../api/reserved-tags.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { ServiceError } from '../http/errors.ts';
import { waitsForTest } from './find-build.ts';
import { type ContentRow, dayMs, sweptRow } from './sweep-content-tags.ts';
import { type WithdrawClient, withdrawBuild } from './withdraw-build.ts';

/** The longest time limit of a run is a day. */
const oldestRunMs = 2 * dayMs;

/** What a sweep finds. */
export interface SweptRows {
  readonly candidates: ContentRow[];
  /** The content tags of builds that nobody tested. */
  readonly content: ContentRow[];
}

/**
 * Removes the candidate tags of runs that are over: they were killed, or could not remove them. Builds and tags of people
 * stay. No other run asks for the same tag, so nothing can put one of them on another build between look and removal.
 * Fills `rows` on the way. Returns an error of the service; rejects with the reason of the client's signal.
 *
 * A build that still waits for its test has only its candidate tag to say so. Without that it would look like a build
 * whose tags have moved on, and could be promoted. So it is withdrawn with its content tags, unless a run of these days
 * holds it as well.
 */
export async function sweepCandidates(
  client: WithdrawClient & Pick<ServiceClient, 'templateIdOf' | 'clockAheadMs'>,
  name: string,
  { dryRun }: { readonly dryRun: boolean },
  rows: SweptRows,
): Promise<ServiceError | undefined> {
  const removed = new Set<string>();
  let stale: ContentRow[] = [];
  try {
    const assignments = await client.tags(name);
    const now = Date.now() + (client.clockAheadMs() ?? 0);
    const rowOf = ({ tag, buildID: buildId, createdAt }: TemplateTag): ContentRow =>
      sweptRow({ tag, buildId, assignedAt: Date.parse(createdAt) }, name, now);
    const isStale = ({ tag, createdAt }: TemplateTag) =>
      isCandidateTag(tag) && now - Date.parse(createdAt) > oldestRunMs;
    const old = assignments.filter(isStale);
    const untested = untestedBuilds(assignments, old);
    stale = assignments.filter((row) => isStale(row) || untested.has(row.buildID)).map(rowOf);
    if (dryRun) return undefined;
    const others = old.filter(({ buildID }) => !untested.has(buildID)).map(({ tag }) => tag);
    if (others.length > 0) await client.removeTags(name, others);
    for (const tag of others) removed.add(tag);
    const templateId = untested.size === 0 ? '' : await client.templateIdOf(name);
    for (const buildId of untested) {
      const withdrawal = await withdrawBuild(client, { name, templateId, buildId });
      for (const tag of withdrawal.removed) removed.add(tag);
    }
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  } finally {
    for (const row of stale) {
      const list = isCandidateTag(row.tag) ? rows.candidates : rows.content;
      list.push({ ...row, removed: removed.has(row.tag) });
    }
  }
}

/** The builds of old candidate tags that wait for their test, and that no other run holds. */
function untestedBuilds(assignments: readonly TemplateTag[], old: readonly TemplateTag[]): Set<string> {
  const tags = new Map(assignments.map(({ tag, buildID }) => [tag, buildID]));
  const held = new Set(
    assignments.filter((row) => isCandidateTag(row.tag) && !old.includes(row)).map(({ buildID }) => buildID),
  );
  return new Set(
    old.map(({ buildID }) => buildID).filter((id) => waitsForTest({ tags }, id) && !held.has(id)),
  );
}
