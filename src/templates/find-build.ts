import type { IdempotentApi } from '../api/client.ts';
import { isBuildIdentifier } from '../api/names.ts';
import { failedTag, isCandidateTag, isPassedTag, isReservedTag } from '../api/reserved-tags.ts';
import type { BuildStatus, ListedBuild, TemplatePage } from '../api/schemas.ts';
import type { AwaitedBuild } from '../api/types.ts';
import { isNotFound, ServiceError } from '../http/errors.ts';
import type { PlanHeader } from '../plan/plan.ts';
import type { Result } from '../result.ts';
import {
  findTemplate,
  noSuchTemplate,
  readTags,
  type TemplateInfo,
  tagsInWords,
  tagsOfBuild,
} from './find-template.ts';

/** A build that another job registered, and what the service knows about it beside its log. */
export interface FoundBuild {
  readonly build: AwaitedBuild;
  readonly plan: PlanHeader;
}

/**
 * Finds a build by name and identifier, in any state; otherwise the reason is one or two sentences. Rejects with a
 * `ServiceError`.
 *
 * @param templateId - saves the lookup of the template by its name; may be empty
 */
export async function findBuild(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags' | 'status' | 'template'>,
  {
    name,
    buildId,
    templateId,
  }: { readonly name: string; readonly buildId: string; readonly templateId: string },
): Promise<Result<FoundBuild>> {
  const template =
    templateId === ''
      ? await findTemplate(client, name)
      : { name, templateId, tags: await readTags(client, templateId) };
  if (!template) return { ok: false, reason: noSuchTemplate(name) };
  if (!(await statusOf(client, template, buildId))) {
    return {
      ok: false,
      reason: `There is no build ${buildId} of ${name}, or it has no tag any more. A build is found as long as it has a tag; its last one may have been removed, for example when a pull request was closed. Otherwise check name, build-id and region.`,
    };
  }
  const size = await sizeOf(client, template.templateId, buildId);
  const tags = tagsOfBuild(template, buildId).filter((tag) => !isReservedTag(tag));
  return {
    ok: true,
    value: {
      build: { templateId: template.templateId, buildId, ...size.build },
      plan: { name, tags, ...size.plan },
    },
  };
}

/** When the build was registered, and its size; nothing if it is not listed. */
async function sizeOf(client: Pick<IdempotentApi, 'template'>, templateId: string, buildId: string) {
  try {
    const listed = await listedBuild(client, templateId, buildId);
    if (!listed) return {};
    const createdAt = Date.parse(listed.createdAt);
    const { cpuCount, memoryMB: memoryMb } = listed;
    return {
      build: { ...(Number.isFinite(createdAt) && { createdAt }) },
      plan: { ...(cpuCount !== undefined && { cpuCount }), ...(memoryMb !== undefined && { memoryMb }) },
    };
  } catch (error) {
    if (error instanceof ServiceError) return {};
    throw error;
  }
}

/**
 * The identifier of the ready build that `from`, a tag or the identifier of a build, means; otherwise the reason is one
 * or two sentences. A build that only waits for its test (`publishTested`), or did not pass it, does not count as ready.
 * If the newest build of a tag is not ready, the tag still means an older build, but the service does not give its
 * identifier: then there is no result.
 */
export async function findReadyBuild(
  client: Pick<IdempotentApi, 'status'>,
  template: TemplateInfo,
  from: string,
): Promise<Result<string>> {
  const { name, tags } = template;
  const byTag = !isBuildIdentifier(from);
  const buildId = byTag ? tags.get(from) : from;
  if (buildId === undefined)
    return { ok: false, reason: `${name} has no tag ${from}. ${tagsInWords(template)}` };

  const found = await statusOf(client, template, buildId);
  const meant = byTag ? `The newest build under the tag ${from}, ${buildId},` : `Build ${buildId}`;
  if (found?.status === 'ready') {
    if (isWithdrawn(template, buildId)) {
      return {
        ok: false,
        reason: `${meant} did not pass the test of a run that had one. Fix the template or its test, and build it again.`,
      };
    }
    if (!waitsForTest(template, buildId)) return { ok: true, value: buildId };
    return {
      ok: false,
      reason: `${meant} has not passed its test: a run is testing it now, or ended before the test did. Wait for that run, or run it again.`,
    };
  }
  if (!found) {
    return {
      ok: false,
      reason: `${meant} is not a build of ${name} that has a tag. ${tagsInWords(template)}`,
    };
  }
  const older = byTag ? ` ${name}:${from} still means an older build; give that one by its identifier.` : '';
  if (found.status !== 'error')
    return { ok: false, reason: `${meant} is not ready yet (${found.status}).${older}` };
  const reason = found.reason?.message || 'The service gave no reason';
  return { ok: false, reason: `${meant} failed: ${reason.replace(/\.?$/, '.')}${older}` };
}

/** Whether a build did not pass its test, as `withdrawBuild` leaves it. */
export function isWithdrawn({ tags }: Pick<TemplateInfo, 'tags'>, buildId: string): boolean {
  return tags.get(failedTag(buildId)) === buildId;
}

/** Whether a build is held for a test that it has not passed, and has no tag that people use. */
export function waitsForTest(template: Pick<TemplateInfo, 'tags'>, buildId: string): boolean {
  const own = tagsOfBuild(template, buildId);
  return own.some(isCandidateTag) && !own.some(isPassedTag) && own.every(isReservedTag);
}

/** The state of a build, or `undefined` if there is no such build, or only one without a tag. */
export async function statusOf(
  client: Pick<IdempotentApi, 'status'>,
  { templateId }: Pick<TemplateInfo, 'templateId'>,
  buildId: string,
): Promise<BuildStatus | undefined> {
  try {
    return await client.status(templateId, buildId, 0);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Builds are listed by hundreds; older ones are not needed. */
const mostPages = 10;

/**
 * A build as its template lists it, or `undefined` if it is not among the newest thousand. A build without a tag is not
 * listed. Rejects with a `ServiceError`.
 *
 * @param first - the first page, if it was requested before
 */
export async function listedBuild(
  client: Pick<IdempotentApi, 'template'>,
  templateId: string,
  buildId: string,
  first?: Promise<TemplatePage>,
): Promise<ListedBuild | undefined> {
  const known = (await first)?.builds.find(({ buildID }) => buildID === buildId);
  // A page from before the list of tags may lack a newer build.
  return known ?? (await listedBuilds(client, templateId, new Set([buildId]))).get(buildId);
}

/** Several builds at once, by their identifiers. Those that {@link listedBuild} does not find are missing. */
export async function listedBuilds(
  client: Pick<IdempotentApi, 'template'>,
  templateId: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ListedBuild>> {
  const found = new Map<string, ListedBuild>();
  let next: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { builds, nextPage } = await client.template(templateId, next);
    for (const build of builds) if (wanted.has(build.buildID)) found.set(build.buildID, build);
    if (found.size === wanted.size || nextPage === undefined || builds.length === 0) break;
    next = nextPage;
  }
  return found;
}
