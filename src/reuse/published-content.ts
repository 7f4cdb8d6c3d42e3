import type { Result } from '../result.ts';
import { listedBuild } from '../templates/find-build.ts';
import {
  readAssignments,
  type TaggedTemplate,
  type TemplateInfo,
  taggedTemplate,
} from '../templates/find-template.ts';
import { matchIn, type WantedContent } from './find-match.ts';
import type { LookupClient } from './lookup-client.ts';

/** A ready build that a tag names. */
export interface PublishedContent {
  readonly tag: string;
  readonly buildId: string;
}

/** A template, and the first of some tags that it has. */
interface FirstTagged {
  readonly found: TaggedTemplate;
  readonly tag: string;
  /** What the tag names; its build may have any state. */
  readonly buildId: string;
}

/** The first of these tags that the template has. Rejects with a `ServiceError`; otherwise says why not, as a clause. */
export async function firstTagged(
  client: Pick<LookupClient, 'templateIdOf' | 'tags'>,
  name: string,
  tags: readonly string[],
): Promise<Result<FirstTagged>> {
  const found = await taggedTemplate(name, client.templateIdOf(name), readAssignments(client, name));
  if (!found) return { ok: false, reason: `there is no template ${name} yet` };
  for (const tag of tags) {
    const buildId = found.template.tags.get(tag);
    if (buildId !== undefined) return { ok: true, value: { found, tag, buildId } };
  }
  return { ok: false, reason: `${name} has no tag ${tags.join(' or ') || 'of its base branch'}` };
}

/**
 * Whether the first of these tags that the template has names a ready build of this content. A content tag alone is no
 * proof: after a change and its revert, an older build has the content, while the tag is on the newer one. The points
 * of `findMatch` hold for the build. Rejects with a `ServiceError`.
 *
 * @returns otherwise why not, as a clause
 */
export async function findPublished(
  client: Pick<LookupClient, 'templateIdOf' | 'tags' | 'template'>,
  wanted: WantedContent,
  tags: readonly string[],
): Promise<Result<PublishedContent>> {
  const { name } = wanted;
  const none = (reason: string) => ({ ok: false as const, reason });
  const tagged = await firstTagged(client, name, tags);
  if (!tagged.ok) return tagged;
  const { found, tag, buildId: published } = tagged.value;
  const list = ({ templateId }: TemplateInfo, id: string) => listedBuild(client, templateId, id);
  const match = await matchIn(found, wanted, list);
  if (!match.ok) return none(match.reason.charAt(0).toLowerCase() + match.reason.slice(1));
  const { state, buildId } = match.value;
  if (published !== buildId) return none(`${tag} is on build ${published}, which has another content`);
  if (state !== 'ready') return none(`build ${buildId}, which ${tag} is on, is not ready yet`);
  return { ok: true, value: { tag, buildId } };
}
