import type { IdempotentApi } from '../api/client.ts';
import { commitOf } from '../api/content-tag.ts';
import type { ListedBuild, TemplateTag } from '../api/schemas.ts';
import { isMissing } from '../http/errors.ts';
import { listedBuild } from '../templates/find-build.ts';
import {
  readAssignments,
  type TaggedTemplate,
  type TemplateInfo,
  taggedTemplate,
} from '../templates/find-template.ts';
import { type AgeLimit, tooOld } from './age-limit.ts';

/** A build of the same content. Times are milliseconds since the epoch by the service's clock. */
export interface MatchingBuild {
  /** `waiting` and `building`: registered by another run and on its way. */
  readonly state: 'ready' | 'waiting' | 'building';
  readonly template: TemplateInfo;
  readonly buildId: string;
  readonly createdAt: number;
  /** Set when it is ready. */
  readonly finishedAt?: number;
  /** The commit that it was first made from, if its tags say so. */
  readonly commit?: string;
}

export type MatchResult =
  | { readonly ok: true; readonly value: MatchingBuild }
  /** `reason` is a sentence without its full stop. */
  | {
      readonly ok: false;
      readonly reason: string;
      readonly template?: TemplateInfo;
      /** The last build of this content, if that failed or is too old. */
      readonly unfit?: string;
      /** No build of this content was registered, as far as tags tell. */
      readonly isNew?: true;
    };

/** The content to look for. */
export interface WantedContent {
  readonly name: string;
  /** `content-<fingerprint>`. */
  readonly contentTag: string;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** Absent: a build of any age is reused. */
  readonly age?: AgeLimit;
}

/** One transaction writes the rows of a registration; this is for clocks that differ a little. */
const registrationMs = 10_000;

/**
 * Looks for a build of this content: one that is ready, or one that another run is making. Rejects with a
 * `ServiceError`.
 *
 * ## Why a hit is safe
 *
 * A hit puts tags that people rely on on a build that this run did not make. That build must have the same content.
 * These points prove it; if one of them does not hold, there is no hit, and the run builds.
 *
 * 1. *The tag names the content.* `content-<fingerprint>` has a full SHA-256 of everything that decides what a build
 *    makes (`fingerprintOf`). Two recipes with the same tag are the same recipe.
 * 2. *The run that built the content set the tag.* The registration sets it, and nothing sets it later. A build that is
 *    not ready cannot get a tag in any other way, since `POST /templates/tags` finds only ready builds. So a row that is
 *    as old as its build, and older than the end of the build, comes from the registration. A younger row was added by
 *    hand and proves nothing. Neither the input `tags` nor the promote action accepts a tag of this form. (A person who
 *    registers other content under a content tag on purpose has a key that can move `latest` as well.)
 * 3. *The registered recipe is what was built.* The run sends the recipe of the fingerprint. Its base is pinned to a
 *    digest or build identifier, so a moved tag or the service's layer cache cannot replace it. Its files are stored
 *    under the hash of their content, which is checked while they are packed. A build accepts one recipe only; a second
 *    start is refused. If two runs take the same build for theirs (after a lost response), they requested the same tags,
 *    this one included, so they have the same recipe: `findRegistered` accepts no build with a tag that was not
 *    requested.
 * 4. *The build is complete.* The service lists it as `ready`, with the size of the plan. It does not change after that.
 * 5. *The service lists the newest row of a tag, in any state of its build.* If a newer build of the content failed or
 *    runs, the lookup finds that one and not an older, ready one. So the next ordinary run does not undo a rebuild that
 *    was requested (skip-cache). A row without a time counts as the newest, and proves nothing.
 * 6. *The hit cannot change between lookup and tagging.* One request assigns the tags to `name:buildId`, so no name is
 *    resolved twice. If the build was removed meanwhile, the service responds with 404 and no tag has moved. If it lost
 *    only its content tag, it is still the build of point 2. A service that refuses this form gets a tag of the build in
 *    its place (`promote`). Should that tag move within this one request, the run says so and looks up again.
 *
 * The list of builds may be read before the tags. A build that it shows as ready or failed stays so, and one that it
 * does not show yet is looked up again.
 *
 * A hit does not mean that a new build would give the same bytes: `apt-get install` may bring newer packages today. The
 * service's layer cache has the same limit, and `reuse: never` avoids it.
 *
 * ## With an age limit
 *
 * 7. *A build that is too old is no hit* (`tooOld`). The run then builds without the cache, under the same content tag. By
 *    point 5, the new build is the one that everyone finds from then on, also without a limit, and also while it is on its
 *    way: a second run that found the old one too old follows the new one, or is superseded by it and follows then.
 * 8. *A parent of another team is the only base that point 3 does not hold for*, since nobody can pin it. The content tag
 *    then covers the parent's name and tag (`fingerprintOf`), so a hit has this recipe, on whatever build the parent meant
 *    when the service started it. That was after its registration, so at most the limit ago: what is reused is never
 *    further behind its parent than the limit allows. The layer cache does not change this, as its key has the parent's
 *    build. Only runs with a limit know such a tag, and each holds to its own.
 *
 * @param knownId - the template that the name meant a moment ago; its builds are then listed at once
 */
export async function findMatch(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags' | 'template'>,
  wanted: WantedContent,
  knownId?: string,
): Promise<MatchResult> {
  const { name } = wanted;
  const first = knownId === undefined ? undefined : client.template(knownId);
  // It does not matter unless the content has a build.
  first?.catch(() => {});
  const found = await taggedTemplate(name, client.templateIdOf(name), readAssignments(client, name));
  return matchIn(found, wanted, ({ templateId }, buildId) =>
    orMissing(listedBuild(client, templateId, buildId, templateId === knownId ? first : undefined)),
  );
}

/**
 * The build of a content among the tags of a template, by the points of {@link findMatch}.
 *
 * @param list - the build as the template lists it, or `undefined` if it does not
 */
export async function matchIn(
  found: TaggedTemplate | undefined,
  { name, contentTag, cpuCount, memoryMb, age }: WantedContent,
  list: (template: TemplateInfo, buildId: string) => Promise<ListedBuild | undefined>,
): Promise<MatchResult> {
  if (!found) return { ok: false, reason: `There is no template ${name} yet`, isNew: true };
  const { template, assignments } = found;
  const none = (reason: string) => ({ ok: false as const, reason, template });
  const row = assignments.find(({ tag }) => tag === contentTag);
  if (!row) return { ...none('No build has this content'), isNew: true };

  const { buildID: buildId } = row;
  const listed = await list(template, buildId);
  if (!listed) return none(`Build ${buildId} of this content is no longer listed`);
  if (listed.cpuCount !== cpuCount || listed.memoryMB !== memoryMb) {
    return none(`Build ${buildId} has the tag of this content, but is of another size`);
  }
  const { status } = listed;
  if (status === 'error') {
    return { ...none(`The last build of this content, ${buildId}, failed`), unfit: buildId };
  }
  const commit = commitOf(contentTag, tagsOf(buildId, assignments));
  const build = { template, buildId, createdAt: Date.parse(listed.createdAt), ...(commit && { commit }) };
  if (status === 'waiting' || status === 'building') return { ok: true, value: { ...build, state: status } };
  if (status !== 'ready') return none(`Build ${buildId} of this content is in an unknown state`);
  const [assignedAt, finishedAt] = [row.createdAt, listed.finishedAt ?? ''].map((time) => Date.parse(time));
  // A missing or invalid time proves nothing.
  if (![assignedAt, build.createdAt, finishedAt].every(Number.isFinite)) {
    return none(`It is unknown when build ${buildId} of this content was made and got its tag`);
  }
  if (!isFromRegistration(Number(assignedAt), build.createdAt, Number(finishedAt))) {
    return none(`The tag of this content was put on build ${buildId} by hand, after it was built`);
  }
  const old = age && tooOld(build, age);
  if (old !== undefined) return { ...none(old), unfit: buildId };
  return { ok: true, value: { ...build, state: status, finishedAt: Number(finishedAt) } };
}

/** Point 2 of the argument. */
function isFromRegistration(assignedAt: number, createdAt: number, finishedAt: number): boolean {
  return Math.abs(assignedAt - createdAt) <= registrationMs && assignedAt < finishedAt;
}

function tagsOf(buildId: string, assignments: readonly TemplateTag[]): string[] {
  return assignments.filter(({ buildID }) => buildID === buildId).map(({ tag }) => tag);
}

async function orMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
