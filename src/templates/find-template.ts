import type { IdempotentApi } from '../api/client.ts';
import { commitOf, isContentTag } from '../api/content-tag.ts';
import { isBuildIdentifier } from '../api/names.ts';
import { isReservedTag } from '../api/reserved-tags.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { isMissing } from '../http/errors.ts';
import { shortSha } from '../tags/event-values.ts';

/** A template at the service. */
export interface TemplateInfo {
  readonly name: string;
  readonly templateId: string;
  /** Tag → the build it was put on last, in any state; newest first. */
  readonly tags: ReadonlyMap<string, string>;
}

/** A template with the newest assignment of each tag. */
export interface TaggedTemplate {
  readonly template: TemplateInfo;
  readonly assignments: readonly TemplateTag[];
}

/** The template of this name with its tags, or `undefined` if there is none. Rejects with a `ServiceError`. */
export async function findTemplate(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags'>,
  name: string,
): Promise<TemplateInfo | undefined> {
  return (await findTagged(client, name))?.template;
}

/** The same with all that is known of its tags. */
export async function findTagged(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags'>,
  name: string,
): Promise<TaggedTemplate | undefined> {
  return taggedTemplate(name, client.templateIdOf(name), readAssignments(client, name));
}

/** The same from two requests: the list of tags accepts a name as well, so it need not wait for the identifier. */
export async function taggedTemplate(
  name: string,
  identifier: Promise<string>,
  list: Promise<readonly TemplateTag[]>,
): Promise<TaggedTemplate | undefined> {
  // A fault of the name is reported first.
  list.catch(() => {});
  try {
    const templateId = await identifier;
    const assignments = await list;
    return { template: { name, templateId, tags: buildsByTag(assignments) }, assignments };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The tags of a template, as {@link TemplateInfo.tags} has them. */
export async function readTags(
  client: Pick<IdempotentApi, 'tags'>,
  templateId: string,
): Promise<ReadonlyMap<string, string>> {
  return buildsByTag(await readAssignments(client, templateId));
}

/**
 * The newest assignment of each tag, newest first. One without a time counts as the newest, so that no older one is used
 * in its place. Rows without a tag or a build are left out.
 */
export async function readAssignments(
  client: Pick<IdempotentApi, 'tags'>,
  templateId: string,
): Promise<readonly TemplateTag[]> {
  const rows = await client.tags(templateId);
  const byTag = new Map<string, TemplateTag>();
  for (const row of rows
    .filter(isAssignment)
    .toSorted((one, other) => compare(assignedAt(other), assignedAt(one)))) {
    if (!byTag.has(row.tag)) byTag.set(row.tag, row);
  }
  return [...byTag.values()];
}

function buildsByTag(assignments: readonly TemplateTag[]): ReadonlyMap<string, string> {
  return new Map(assignments.map(({ tag, buildID }) => [tag, buildID]));
}

function isAssignment({ tag, buildID }: TemplateTag): boolean {
  return tag !== '' && buildID !== '';
}

function assignedAt({ createdAt }: TemplateTag): number {
  const time = Date.parse(createdAt);
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** The tags that name a build, newest first. */
export function tagsOfBuild({ tags }: Pick<TemplateInfo, 'tags'>, buildId: string): string[] {
  return [...tags].filter(([, id]) => id === buildId).map(([tag]) => tag);
}

/** The message that there is no such template, with what to check. */
export function noSuchTemplate(name: string): string {
  return `There is no template ${JSON.stringify(name)} for this API key. Check the input name, that the key is that of its team, and that domain or api-url names the region it was built in.`;
}

const listedTags = 20;

/** The tags of a template, for a message that a tag or build was not found: `It has the tags latest, v1 and 3 more.` */
export function tagsInWords({ tags }: Pick<TemplateInfo, 'tags'>): string {
  const names = [...tags.keys()].filter((tag) => !isReservedTag(tag));
  if (names.length === 0) return 'It has no tags.';
  const more = names.length > listedTags ? ` and ${names.length - listedTags} more` : '';
  return `It has the ${names.length === 1 ? 'tag' : 'tags'} ${names.slice(0, listedTags).join(', ')}${more}.`;
}

/**
 * Whether a tag that names a commit, a branch or a schedule fits the build that `from`, a tag or identifier, means: the build has it already,
 * or its other tags say that it was made from the commit `sha`.
 */
export function belongsTo(
  template: Pick<TemplateInfo, 'tags'>,
  { from, tag, sha }: { from: string; tag: string; sha: string | undefined },
): boolean {
  const buildId = isBuildIdentifier(from) ? from : template.tags.get(from);
  if (buildId === undefined) return false;
  const own = tagsOfBuild(template, buildId);
  if (own.includes(tag)) return true;
  if (sha === undefined) return false;
  if (own.includes(`sha-${shortSha(sha)}`) || own.includes(`sha-${sha}`)) return true;
  return own.some((name) => isContentTag(name) && commitOf(name.split('.', 1)[0] ?? '', [name]) === sha);
}
