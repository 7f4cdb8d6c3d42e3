import type { ServiceClient } from '../api/client.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { ServiceError } from '../http/errors.ts';

/** A tag that names the content of a build, with the build it was put on last. */
export interface ContentTag {
  readonly tag: string;
  readonly buildId: string;
  /** Milliseconds since the epoch by the service's clock. */
  readonly assignedAt: number;
}

/** A content tag that is no longer needed, and whether it was removed. */
export interface ContentRow extends ContentTag {
  readonly name: string;
  /** Whole days since it was assigned. */
  readonly days: number;
  readonly removed: boolean;
}

/**
 * Exactly the two forms of `contentTags`, and that of `passedTag`; `isContentTag` accepts more, since it is used to
 * refuse tags. A passed tag means nothing without the content tag of its build.
 */
const contentForm = /^(?:content-[0-9a-f]{64}(?:\.[0-9a-f]{7,40})?|passed-[0-9a-f]{64})$/;

/**
 * The content tags of builds that have no other tag, and whose content tags were all assigned before that time; oldest
 * first. An invalid time, or a tag that is not a content tag, keeps all tags of its build.
 *
 * @param before - milliseconds since the epoch by the service's clock; a day ago or longer, so that all these builds are
 * in their final state: the service ends a build that waits for 40 minutes or runs for an hour
 */
export function staleContentTags(assignments: readonly TemplateTag[], before: number): ContentTag[] {
  const isStale = ({ tag, createdAt }: TemplateTag) =>
    contentForm.test(tag) && Date.parse(createdAt) < before;
  const builds = [...Map.groupBy(assignments, ({ buildID }) => buildID).values()];
  // A tag is listed once, with its newest build. If it were listed with others as well, it would be removed from all.
  const needed = new Set(builds.filter((rows) => !rows.every(isStale)).flatMap((rows) => rows.map(tagOf)));
  return builds
    .filter((rows) => rows.every(({ tag }) => !needed.has(tag)))
    .flat()
    .map(({ tag, buildID, createdAt }) => ({ tag, buildId: buildID, assignedAt: Date.parse(createdAt) }))
    .sort((one, other) => one.assignedAt - other.assignedAt);
}

const tagOf = ({ tag }: { readonly tag: string }) => tag;

export const dayMs = 24 * 60 * 60_000;

/** A tag that a sweep has found and not removed yet. `now` is milliseconds since the epoch by the service's clock. */
export function sweptRow(tag: ContentTag, name: string, now: number): ContentRow {
  return { ...tag, name, days: Math.floor((now - tag.assignedAt) / dayMs), removed: false };
}

/** The service accepts 16 MiB, a hundred times this; smaller requests keep its transactions short. */
const tagsPerRequest = 500;

/**
 * Removes the content tags of one template that {@link staleContentTags} finds, at most 500 in a request; builds and
 * the template stay. Fills `rows` on the way, so that removed tags can be reported after a failure. Returns an error of
 * the service; rejects with the reason of the client's signal.
 *
 * ## The race with a run that needs the content
 *
 * The service cannot remove a tag on the condition that it has not moved, and removes it with all its rows. Each request,
 * also a retry, therefore uses a list that was read just before it, which leaves one round trip. A race in that time may
 * cost one more build, and never causes a wrong one:
 *
 * - *A rebuild of the content is registered*, and loses its content tags. It also has the tags of its run, so it is
 *   followed to its end and found. The next run of this content finds no build and builds.
 * - *A run has found the build, and its tags are not on it yet.* The service no longer finds the build and responds with
 *   404, no tag has moved, and the run builds; with `reuse: require` it fails as it does without such a build.
 * - *That run has just put its tags on the build.* They stay, and the build is found by them.
 *
 * A missing tag never makes a run reuse a wrong build: `findMatch` only has fewer hits. The rows of the tag are removed
 * as well, so an older build of the content does not appear under it.
 */
export async function sweepContent(
  client: Pick<ServiceClient, 'tags' | 'noRetry' | 'retrier' | 'clockAheadMs'>,
  name: string,
  { olderThanDays, spared, dryRun }: ContentPlan,
  rows: ContentRow[],
): Promise<ServiceError | undefined> {
  const removedTags = new Set<string>();
  let stale: ContentRow[] = [];
  let unconfirmed: ContentRow[] = [];
  const recordRemoved = (removed: readonly ContentRow[]) => {
    for (const row of removed) {
      removedTags.add(row.tag);
      rows.push({ ...row, removed: true });
    }
  };
  const retrier = client.retrier('DELETE tags');
  try {
    for (;;) {
      // Invalid rows stay in the list: they keep the tags of their build.
      const assignments = await client.tags(name);
      const listed = new Set(assignments.map(tagOf));
      recordRemoved(unconfirmed.filter(({ tag }) => !listed.has(tag)));
      unconfirmed = [];
      const now = Date.now() + (client.clockAheadMs() ?? 0);
      stale = staleContentTags(assignments, now - olderThanDays * dayMs)
        // A list may be behind; a tag is removed only once.
        .filter(({ tag, buildId }) => !removedTags.has(tag) && !spared.has(buildId))
        .map((tag) => sweptRow(tag, name, now));
      if (dryRun || stale.length === 0) {
        rows.push(...stale);
        return undefined;
      }
      const batch = stale.slice(0, tagsPerRequest);
      try {
        await client.noRetry.removeTags(name, batch.map(tagOf));
      } catch (error) {
        unconfirmed = batch;
        await retrier.backoff(error);
        continue;
      }
      retrier.reset();
      recordRemoved(batch);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    rows.push(...stale.filter(({ tag }) => !removedTags.has(tag)));
    return error;
  }
}

export interface ContentPlan {
  /** At least 1, for the reason that {@link staleContentTags} has. */
  readonly olderThanDays: number;
  /** Builds that had another tag when this run began. They are stale for the next run. */
  readonly spared: ReadonlySet<string>;
  /** Report what would be removed, and remove nothing. */
  readonly dryRun: boolean;
}
