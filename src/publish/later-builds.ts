import type { IdempotentApi } from '../api/client.ts';
import { listedBuilds } from '../templates/find-build.ts';

/** What was before this run. */
export interface BeginningOfRun {
  /** Milliseconds since the epoch by the service's clock. */
  readonly at: number;
  /** The builds that the tags of this run named then; none where they were not read at once. */
  readonly tagged: ReadonlySet<string>;
}

/** The build of this run. */
export interface TestedBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** Whether this run registered it. */
  readonly isOwn: boolean;
}

/** The service's clock is known from the `Date` of its responses, which has whole seconds. */
export const clockStepMs = 1000;

/**
 * The tags that stay where they are, since their builds were registered after ours. For a build that this run did not
 * register, the beginning of this run counts: a build that a tag named then is older, whatever the clocks say. One that
 * the service does not list, or lists without a time, counts as older too. Of two builds of one moment, that with the
 * greater identifier is the later one, so that both runs see it alike. Rejects with a `ServiceError`.
 *
 * @param current - the build of each tag of the template
 */
export async function tagsOfLaterBuilds(
  client: Pick<IdempotentApi, 'template'>,
  tags: readonly string[],
  current: ReadonlyMap<string, string>,
  { templateId, buildId, isOwn }: TestedBuild,
  begun: BeginningOfRun,
): Promise<string[]> {
  const contested = tags.flatMap((tag) => {
    const other = current.get(tag);
    return other === undefined || other === buildId ? [] : [{ tag, other }];
  });
  if (contested.length === 0) return [];
  const builds = await listedBuilds(
    client,
    templateId,
    new Set([buildId, ...contested.map(({ other }) => other)]),
  );
  const registeredAt = (id: string) => Date.parse(builds.get(id)?.createdAt ?? '');
  const registered = isOwn ? registeredAt(buildId) : Number.NaN;
  const isLater = (other: string): boolean => {
    const theirs = registeredAt(other);
    if (Number.isNaN(registered)) return !begun.tagged.has(other) && theirs > begun.at + clockStepMs;
    return theirs > registered || (theirs === registered && other > buildId);
  };
  return contested.filter(({ other }) => isLater(other)).map(({ tag }) => tag);
}
