import type { IdempotentApi } from '../api/client.ts';
import { isContentTag } from '../api/content-tag.ts';
import { isPassedTag } from '../api/reserved-tags.ts';
import type { TagChange } from '../api/types.ts';
import { isTransient, ServiceError } from '../http/errors.ts';
import { readTags, type TemplateInfo, tagsOfBuild } from './find-template.ts';

/** A build and its tag changes. */
export interface PromotedBuild {
  readonly name: string;
  readonly buildId: string;
  readonly promotion: TagPromotion;
}

export interface TagPromotion {
  readonly moves: readonly TagChange[];
  /** Whether a request was needed. */
  readonly changed: boolean;
  /** Tags that are on another build now: another run moved them meanwhile. */
  readonly contested: readonly string[];
}

/** The service takes no build's identifier as a target, and a tag in its place did not lead to the build. */
export class TargetError extends ServiceError {
  /** The build that has the tags now; absent if no tag has moved. */
  readonly on: string | undefined;

  constructor({ request, host, status, said }: ServiceError, message: string, on?: string) {
    super({ kind: 'refused', request, host, status, said, message });
    this.on = on;
  }
}

/**
 * Puts the tags on a ready build, all in one request, so all or none; sends nothing if they are there already. Gives the
 * build of each tag before and after, as the service lists it. Rejects with a `ServiceError`.
 *
 * ## Where the service takes no build's identifier
 *
 * The target is `name:buildId`, which no registration and no other run can move. If the service refuses that form (400 or
 * 404) while the build is there, a tag of the action on the build takes its place: a passed tag, which stays with its
 * build, else a content tag. The tags are read anew for that. Such a tag may move between that look and the request. The
 * response says which build has the tags now; without it, the next list says where the target is. If that is another
 * build, this rejects with a {@link TargetError}, and the caller looks up again. That build has the same content, unless
 * somebody moved the content tag by hand.
 *
 * @param target - a tag of the build in place of its identifier: the request fails if the build has lost it
 */
export async function promote(
  client: Pick<IdempotentApi, 'assignTags' | 'tags'>,
  template: TemplateInfo,
  buildId: string,
  tags: readonly string[],
  target?: string,
): Promise<TagPromotion> {
  const changed = tags.some((tag) => template.tags.get(tag) !== buildId);
  const assigned = changed ? await assign(client, template, buildId, tags, target) : undefined;
  const confirmed = assigned?.on === buildId;
  const listed = changed ? await readAgain(client, template, confirmed) : template.tags;
  if (assigned?.refusal) {
    const on = assigned.on ?? listed.get(assigned.target);
    if (on !== undefined && on !== buildId) throw movedTarget(assigned.refusal, buildId, assigned.target, on);
  }
  // If the response confirms the change and the list shows the old build, the list is behind.
  const buildOf = (tag: string) => {
    const seen = listed.get(tag);
    return confirmed && seen === template.tags.get(tag) ? buildId : seen;
  };
  return {
    moves: tags.map((tag) => tagMove(tag, template.tags.get(tag), buildOf(tag))),
    changed,
    contested: tags.filter((tag) => buildOf(tag) !== buildId),
  };
}

interface Assigned {
  readonly target: string;
  /** The build that has the tags, if the response says so. */
  readonly on: string | undefined;
  /** Why the target is a tag of the build and not its identifier. */
  readonly refusal?: ServiceError;
}

async function assign(
  client: Pick<IdempotentApi, 'assignTags' | 'tags'>,
  { name, templateId }: TemplateInfo,
  buildId: string,
  tags: readonly string[],
  target = buildId,
): Promise<Assigned> {
  const put = async (chosen: string): Promise<Assigned> => {
    const { buildID: on } = await client.assignTags(`${name}:${chosen}`, tags);
    return { target: chosen, on };
  };
  const assigned = await put(target).catch(async (error: unknown): Promise<Assigned> => {
    if (target !== buildId || !refusesForm(error)) throw error;
    return { ...(await put(await ownTag(client, templateId, buildId, error))), refusal: error };
  });
  const { on, refusal } = assigned;
  if (!refusal && on !== undefined && on !== buildId) throw onAnother(buildId, on);
  return assigned;
}

/** Whether an error may be about the form of the target. The build was ready a moment ago. */
function refusesForm(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError && !isTransient(error) && (error.status === 400 || error.status === 404)
  );
}

/** The tag that takes the place of the build's identifier. Rejects with the refusal if the build is gone. */
async function ownTag(
  client: Pick<IdempotentApi, 'tags'>,
  templateId: string,
  buildId: string,
  refusal: ServiceError,
): Promise<string> {
  const own = tagsOfBuild({ tags: await readTags(client, templateId) }, buildId);
  // A build without any tag cannot be found.
  if (own.length === 0) throw refusal;
  const tag = own.find(isPassedTag) ?? own.find(isContentTag);
  if (tag !== undefined) return tag;
  const reason = `${refusal.message}. The service takes no build as the target of tags, and build ${buildId} has no content tag that could take its place`;
  throw new TargetError(refusal, reason);
}

function movedTarget(refusal: ServiceError, buildId: string, target: string, on: string): TargetError {
  const reason = `The service takes no build as the target of tags, so the tags for build ${buildId} were put on what ${target} names. It moved to build ${on} just before, and they are there now`;
  return new TargetError(refusal, reason, on);
}

/** The tags after the change. One that the response confirms is made, also if they cannot be read any more. */
async function readAgain(
  client: Pick<IdempotentApi, 'tags'>,
  { templateId, tags }: TemplateInfo,
  confirmed: boolean,
): Promise<ReadonlyMap<string, string>> {
  try {
    return await readTags(client, templateId);
  } catch (error) {
    if (confirmed && error instanceof ServiceError) return tags;
    throw error;
  }
}

function onAnother(wanted: string, found: string): ServiceError {
  return new ServiceError({
    kind: 'unintelligible',
    request: 'POST tags',
    message: `The tags were for build ${wanted}, and the service says that it put them on ${found}`,
  });
}

function tagMove(tag: string, before: string | undefined, after: string | undefined): TagChange {
  return { tag, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}
