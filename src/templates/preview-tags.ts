import { isProductionTag } from '../tags/production.ts';
import { type TemplateInfo, tagsOfBuild } from './find-template.ts';

/** The prefix of the number in the default tags of pull requests. */
export const pullRequestPrefix = 'pr-';

/** The prefix of the pull request's number in the default tags of merge groups. */
export const mergeGroupPrefix = 'queue-';

/** A tag that a pull request's builds put on a template. */
export interface PreviewTag {
  readonly tag: string;
  readonly pullRequest: number;
  readonly buildId: string;
  /** Other tags of the same build; without one, the build cannot be found once this tag is removed. */
  readonly others: readonly string[];
}

/**
 * The tags of a template that are `<prefix><number>` or `<prefix><number>-…` with one of the prefixes, by their
 * number. Never `latest`, `default` or a version, with any prefix.
 */
export function previewTags({ tags }: Pick<TemplateInfo, 'tags'>, prefixes: readonly string[]): PreviewTag[] {
  const previews = [...tags].flatMap(([tag, buildId]): PreviewTag[] => {
    const [pullRequest] = prefixes.flatMap((prefix) => previewNumber(tag, prefix) ?? []);
    if (pullRequest === undefined) return [];
    const others = tagsOfBuild({ tags }, buildId).filter((other) => other !== tag);
    return [{ tag, pullRequest, buildId, others }];
  });
  return previews.sort((one, other) => one.pullRequest - other.pullRequest || (one.tag < other.tag ? -1 : 1));
}

/** Number of the pull request that a tag belongs to; `pr-12-arm` belongs to 12, and `pr-012`, `pr-12a` to none. */
export function previewNumber(tag: string, prefix: string): number | undefined {
  if (isProductionTag(tag) || !tag.startsWith(prefix)) return undefined;
  const [, number] = /^([1-9]\d{0,9})(?:-.*)?$/.exec(tag.slice(prefix.length)) ?? [];
  return number === undefined ? undefined : Number(number);
}
