import type { IdempotentApi } from '../api/client.ts';
import { commitOf } from '../api/content-tag.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { isMissing } from '../http/errors.ts';
import { listedBuild } from '../templates/find-build.ts';
import { buildsByTag, readAssignments, type TemplateInfo } from '../templates/find-template.ts';

/** A build of the same content. Times are milliseconds since the epoch by the service's clock. */
export interface MatchingBuild {
  /** `waiting` and `building`: registered by another run and on its way. */
  readonly state: 'ready' | 'waiting' | 'building';
  readonly template: TemplateInfo;
  readonly buildId: string;
  readonly createdAt: number;
  /** Set when it is ready. */
  readonly finishedAt?: number;
  /** The commit that it was made from first, where its tags tell. */
  readonly commit?: string;
}

export type MatchResult =
  | { readonly ok: true; readonly value: MatchingBuild }
  /** `reason` is a sentence without its full stop; `failed` is the last build of this content, where that failed. */
  | {
      readonly ok: false;
      readonly reason: string;
      readonly template?: TemplateInfo;
      readonly failed?: string;
    };

/** What a look-up is for. */
export interface WantedContent {
  readonly name: string;
  /** `content-<fingerprint>`. */
  readonly contentTag: string;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
}

/** Rows of one registration are written in one transaction; this is for clocks that are not quite the same. */
const registrationMs = 10_000;

/**
 * Looks for a build of this content: one that is ready, or one that another run is making. Rejects with a
 * `ServiceError`.
 *
 * ## Why a hit is safe
 *
 * A hit means: tags that people rely on are put on a build that this run did not make. It must have been made of the
 * content at hand. That rests on these points; whatever breaks one of them is no hit, and a build is made.
 *
 * 1. *The tag names the content.* `content-<fingerprint>` holds a whole SHA-256 over everything that decides what a
 *    build makes (`fingerprintOf`). Two recipes with one tag are one recipe.
 * 2. *The tag was put on by the run that built that content.* It goes in with the registration of a build and never
 *    later. A build that is not ready cannot be given a tag in any other way, since `POST /templates/tags` resolves
 *    ready builds only. So a row that is older than its build's end, and as old as the build, is the registration's;
 *    a younger one was put there by hand and counts for nothing. Neither the input `tags` nor the promote action
 *    takes a tag of this form. (Who registers a build of something else under a content tag on purpose holds a key
 *    that may move `latest` as well.)
 * 3. *What was registered is what was built.* The run that registers sends the recipe of the fingerprint: the base
 *    pinned to its digest or build identifier, so that neither a moved tag nor the service's layer cache can put
 *    another in its place, and files under the hash of their content, which are compared with it while they are
 *    packed. A build takes one recipe only; a second start is refused. Should two runs ever take one build for their
 *    own (a registration whose answer was lost), they asked for the same tags, this one among them, and so have the
 *    same recipe: `findRegistered` takes no build with a tag that was not asked for.
 * 4. *The build is whole.* The service itself lists it as `ready`, with the size of the plan. Builds do not change
 *    after that.
 * 5. *The service lists the newest row of a tag, whatever its build's state.* So when a newer build of the content
 *    failed, or is on its way, the look-up sees that one and not an older, ready one: a rebuild that was asked for
 *    (skip-cache) is not undone by the next ordinary run. A row that does not tell when it was made counts as the
 *    newest, and is no proof.
 * 6. *Nothing happens to the hit between look-up and tagging.* Tags are assigned to `name:buildId` in one request,
 *    so no name is resolved a second time. When the build has gone meanwhile, the service refuses with a 404 and no
 *    tag has moved; when it has lost its content tag only, it is still the build of point 2.
 *
 * What it does not promise is that building anew would give the same bytes: `apt-get install` of today may bring
 * newer packages. That is what the service's layer cache assumes as well, and what `reuse: never` is for.
 */
export async function findMatch(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags' | 'template'>,
  { name, contentTag, cpuCount, memoryMb }: WantedContent,
): Promise<MatchResult> {
  const found = await templateWithTags(client, name);
  if (!found) return { ok: false, reason: `There is no template ${name} yet` };
  const { template, assignments } = found;
  const none = (reason: string) => ({ ok: false as const, reason, template });
  const row = assignments.find(({ tag }) => tag === contentTag);
  if (!row) return none('No build has this content');

  const { buildID: buildId } = row;
  const listed = await orGone(listedBuild(client, template.templateId, buildId));
  if (!listed) return none(`Build ${buildId} of this content is no longer listed`);
  if (listed.cpuCount !== cpuCount || listed.memoryMB !== memoryMb) {
    return none(`Build ${buildId} bears the tag of this content, but is of another size`);
  }
  const { status } = listed;
  if (status === 'error') {
    return { ...none(`The last build of this content, ${buildId}, failed`), failed: buildId };
  }
  const commit = commitOf(contentTag, tagsOf(buildId, assignments));
  const build = { template, buildId, createdAt: Date.parse(listed.createdAt), ...(commit && { commit }) };
  if (status === 'waiting' || status === 'building') return { ok: true, value: { ...build, state: status } };
  if (status !== 'ready')
    return none(`Build ${buildId} of this content is in a state that is not known here`);
  const [assignedAt, finishedAt] = [row.createdAt, listed.finishedAt ?? ''].map((time) => Date.parse(time));
  // A time that is missing or no time proves nothing.
  if (![assignedAt, build.createdAt, finishedAt].every(Number.isFinite)) {
    return none(`When build ${buildId} of this content was made and got its tag cannot be known`);
  }
  if (!isFromRegistration(Number(assignedAt), build.createdAt, Number(finishedAt))) {
    return none(`The tag of this content was put on build ${buildId} by hand, after it was built`);
  }
  return { ok: true, value: { ...build, state: status, finishedAt: Number(finishedAt) } };
}

/** Point 2 of the argument. */
function isFromRegistration(assignedAt: number, createdAt: number, finishedAt: number): boolean {
  return Math.abs(assignedAt - createdAt) <= registrationMs && assignedAt < finishedAt;
}

function tagsOf(buildId: string, assignments: readonly TemplateTag[]): string[] {
  return assignments.filter(({ buildID }) => buildID === buildId).map(({ tag }) => tag);
}

async function templateWithTags(client: Pick<IdempotentApi, 'templateIdOf' | 'tags'>, name: string) {
  // The list of tags takes a name as well, which spares a way there and back.
  const found = await orGone(Promise.all([client.templateIdOf(name), readAssignments(client, name)]));
  if (!found) return undefined;
  const [templateId, assignments] = found;
  return { template: { name, templateId, tags: buildsByTag(assignments) }, assignments };
}

async function orGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
