import type { IdempotentApi } from '../api/client.ts';
import { isContentTag } from '../api/content-tag.ts';
import type { TemplateTag } from '../api/schemas.ts';
import { isMissing } from '../http/errors.ts';

/** A template as it stands at the service. */
export interface TemplateInfo {
  readonly name: string;
  readonly templateId: string;
  /** Tag → build that it was put on last, whatever became of that build; newest first. */
  readonly tags: ReadonlyMap<string, string>;
}

/** The template of this name with its tags, or `undefined` when the service has none. Rejects with a `ServiceError`. */
export async function findTemplate(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags'>,
  name: string,
): Promise<TemplateInfo | undefined> {
  try {
    const templateId = await client.templateIdOf(name);
    return { name, templateId, tags: await readTags(client, templateId) };
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
 * The newest assignment of each tag, newest first. One that does not tell when it was made counts as the newest, so
 * that nothing older is believed in its stead; what is no assignment is left out.
 */
export async function readAssignments(
  client: Pick<IdempotentApi, 'tags'>,
  templateId: string,
): Promise<readonly TemplateTag[]> {
  const rows = await client.tags(templateId);
  const byTag = new Map<string, TemplateTag>();
  for (const row of rows.filter(isAssignment).toSorted((one, other) => compare(madeAt(other), madeAt(one)))) {
    if (!byTag.has(row.tag)) byTag.set(row.tag, row);
  }
  return [...byTag.values()];
}

export function buildsByTag(assignments: readonly TemplateTag[]): ReadonlyMap<string, string> {
  return new Map(assignments.map(({ tag, buildID }) => [tag, buildID]));
}

function isAssignment({ tag, buildID }: TemplateTag): boolean {
  return tag !== '' && buildID !== '';
}

function madeAt({ createdAt }: TemplateTag): number {
  const time = Date.parse(createdAt);
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** That there is no such template, and what to check. */
export function noSuchTemplate(name: string): string {
  return `There is no template ${JSON.stringify(name)} for this API key. Check the input name, that the key is that of its team, and that domain or api-url names the region it was built in.`;
}

const shownTags = 20;

/** What there is instead of a tag or build that was not found: `It has the tags latest, v1 and 3 more.` */
export function tagsInWords({ tags }: Pick<TemplateInfo, 'tags'>): string {
  const names = [...tags.keys()].filter((tag) => !isContentTag(tag));
  if (names.length === 0) return 'It has no tags.';
  const more = names.length > shownTags ? ` and ${names.length - shownTags} more` : '';
  return `It has the ${names.length === 1 ? 'tag' : 'tags'} ${names.slice(0, shownTags).join(', ')}${more}.`;
}
