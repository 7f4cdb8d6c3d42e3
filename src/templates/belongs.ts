import { commitOf, isContentTag } from '../api/content-tag.ts';
import { isBuildIdentifier } from '../api/names.ts';
import { shortSha } from '../tags/event-values.ts';
import type { TemplateInfo } from './find-template.ts';

/** A tag to put on a build. */
export interface WantedTag {
  /** A tag, or the identifier of a build. */
  readonly from: string;
  readonly tag: string;
  /** Commit of this run. */
  readonly sha: string | undefined;
}

/**
 * Whether a tag that names a commit, a branch or a schedule fits the build that `from` means: the build has it already,
 * or its other tags say that it was made from this commit.
 */
export function belongsTo({ tags }: Pick<TemplateInfo, 'tags'>, { from, tag, sha }: WantedTag): boolean {
  const buildId = isBuildIdentifier(from) ? from : tags.get(from);
  if (buildId === undefined) return false;
  const own = [...tags].filter(([, id]) => id === buildId).map(([name]) => name);
  if (own.includes(tag)) return true;
  if (sha === undefined) return false;
  if (own.includes(`sha-${shortSha(sha)}`) || own.includes(`sha-${sha}`)) return true;
  return own.some((name) => isContentTag(name) && commitOf(name.split('.', 1)[0] ?? '', [name]) === sha);
}
