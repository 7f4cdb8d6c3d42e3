import type { ServiceClient } from '../api/client.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { ServiceError } from '../http/errors.ts';

/** A tag that says what a build holds, on the build that it was put on last. */
export interface ContentTag {
  readonly tag: string;
  readonly buildId: string;
  /** Milliseconds since the epoch by the service's clock. */
  readonly assignedAt: number;
}

/** What became of a content tag that nobody needs any more. */
export interface ContentRow extends ContentTag {
  readonly name: string;
  /** Whole days since it was put on. */
  readonly days: number;
  readonly removed: boolean;
}

/** The two forms of `contentTags`, exactly; `isContentTag` takes more, since it is there to refuse. */
const contentForm = /^content-[0-9a-f]{64}(?:\.[0-9a-f]{7,40})?$/;

/**
 * The content tags of builds that have no other tag, and whose content tags were all put on before that time; oldest
 * first. What cannot be read, as a time or as a content tag, keeps all tags of its build.
 *
 * @param before - milliseconds since the epoch by the service's clock; a day ago or longer, so that no build is among
 * them that is not in its final state: the service ends what waits for 40 minutes or runs for an hour
 */
export function staleContentTags(assignments: readonly TemplateTag[], before: number): ContentTag[] {
  const isStale = ({ tag, createdAt }: TemplateTag) =>
    contentForm.test(tag) && Date.parse(createdAt) < before;
  const builds = [...Map.groupBy(assignments, ({ buildID }) => buildID).values()];
  // A tag is listed once, with its newest build. Were it listed with others as well, it would be taken from all.
  const needed = new Set(builds.filter((rows) => !rows.every(isStale)).flatMap((rows) => rows.map(tagOf)));
  return builds
    .filter((rows) => rows.every(({ tag }) => !needed.has(tag)))
    .flat()
    .map(({ tag, buildID, createdAt }) => ({ tag, buildId: buildID, assignedAt: Date.parse(createdAt) }))
    .sort((one, other) => one.assignedAt - other.assignedAt);
}

const tagOf = ({ tag }: { readonly tag: string }) => tag;

const dayMs = 24 * 60 * 60_000;

/** The service reads 16 MiB, which is a hundred times this; it need not hold so many rows in one transaction. */
const mostInRequest = 500;

/**
 * Removes the content tags of one template that {@link staleContentTags} finds, at most 500 in a request; builds and
 * the template stay. Fills `rows` as it goes, so that what is gone can be told whatever comes after. Gives the error
 * with which the service refused; rejects with the reason of the client's signal.
 *
 * ## The race with a run that needs the content
 *
 * The service cannot remove a tag only if it still stands where it was seen, and removes it with all its rows. Each
 * request, a repeated one too, is therefore made from a list that was read just before it, which leaves one way there
 * and back. What can happen within it costs one more build at some time, and never makes a wrong one:
 *
 * - *A rebuild of the content is registered*, and loses its content tags. It was registered with the tags that its
 *   run wants as well, so it is followed to its end and found. The next run of this content finds nothing and builds.
 * - *A run has found the build, and not put its tags on it yet.* The service no longer knows the build and refuses
 *   with a 404, no tag has moved, and the run builds; with `reuse: require` it fails as it does without such a build.
 * - *That run has just put its tags on.* They stay, and the build is found by them.
 *
 * A tag that is missing makes nobody take a build for what it is not: `findSameContent` has only fewer hits. As its
 * rows go with it, no older build of the content comes to light under it either.
 */
export async function sweepContent(
  client: Pick<ServiceClient, 'tags' | 'noRetry' | 'retrier' | 'clockAheadMs'>,
  name: string,
  { olderThanDays, spared, dryRun }: ContentPlan,
  rows: ContentRow[],
): Promise<ServiceError | undefined> {
  const gone = new Set<string>();
  let left: ContentRow[] = [];
  let unanswered: ContentRow[] = [];
  const told = (removed: readonly ContentRow[]) => {
    for (const row of removed) {
      gone.add(row.tag);
      rows.push({ ...row, removed: true });
    }
  };
  const patience = client.retrier('DELETE tags');
  try {
    for (;;) {
      // A row that cannot be read stays among them: it keeps the tags of its build.
      const assignments = await client.tags(name);
      const listed = new Set(assignments.map(tagOf));
      told(unanswered.filter(({ tag }) => !listed.has(tag)));
      unanswered = [];
      const now = Date.now() + (client.clockAheadMs() ?? 0);
      left = staleContentTags(assignments, now - olderThanDays * dayMs)
        // A list may lag behind; what was removed once is not asked for again.
        .filter(({ tag, buildId }) => !gone.has(tag) && !spared.has(buildId))
        .map((tag) => ({ ...tag, name, days: Math.floor((now - tag.assignedAt) / dayMs), removed: false }));
      if (dryRun || left.length === 0) {
        rows.push(...left);
        return undefined;
      }
      const batch = left.slice(0, mostInRequest);
      try {
        await client.noRetry.removeTags(name, batch.map(tagOf));
      } catch (error) {
        unanswered = batch;
        await patience.backoff(error);
        continue;
      }
      patience.reset();
      told(batch);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    rows.push(...left.filter(({ tag }) => !gone.has(tag)));
    return error;
  }
}

export interface ContentPlan {
  /** At least 1, for the reason that {@link staleContentTags} has. */
  readonly olderThanDays: number;
  /** Builds that had another tag when this run began. They are left until the next, which sees what became of them. */
  readonly spared: ReadonlySet<string>;
  /** Tell what would be removed, and remove nothing. */
  readonly dryRun: boolean;
}
