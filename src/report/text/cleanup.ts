import { isReservedTag } from '../../api/reserved-tags.ts';
import type { PreviewRow, TemplateCleanup } from '../../templates/remove-previews.ts';
import type { ContentRow } from '../../templates/sweep-content-tags.ts';
import { formatCount } from './format.ts';

/** What was done with each template, and the content tags and candidate tags that a sweep found. */
export interface CleanupResult {
  readonly templates: readonly TemplateCleanup[];
  readonly content: readonly ContentRow[];
  readonly candidates: readonly ContentRow[];
}

export function closing({ templates, content, candidates }: CleanupResult, dryRun: boolean): string {
  const previews = templates.flatMap(({ rows }) => rows).filter(({ decision }) => decision.remove);
  if (previews.length + content.length + candidates.length === 0) return 'Nothing to remove';
  if (dryRun) return `Dry run: ${tagCount(previews.length, content, candidates.length)} would be removed`;
  const isGone = ({ removed }: { readonly removed: boolean }) => removed;
  const count = tagCount(
    previews.filter(isGone).length,
    content.filter(isGone),
    candidates.filter(isGone).length,
  );
  return `${count} removed; builds and templates stay`;
}

/** `2 tags`, `14 content tags of 7 builds`, `1 candidate tag`, or several of them. */
function tagCount(previews: number, content: readonly ContentRow[], candidates: number): string {
  const parts = [
    ...(content.length === 0
      ? []
      : [
          `${formatCount(content.length, 'content tag')} of ${formatCount(byBuild(content).length, 'build')}`,
        ]),
    ...(candidates === 0 ? [] : [formatCount(candidates, 'candidate tag')]),
  ];
  if (parts.length === 0) return formatCount(previews, 'tag');
  if (previews > 0) parts.unshift(formatCount(previews, 'preview tag'));
  return parts.length < 3 ? parts.join(' and ') : `${parts[0]}, ${parts[1]} and ${parts[2]}`;
}

type OfBuild = readonly [ContentRow, ...ContentRow[]];

/** One row per build: its two tags mean the same, and are too long to read. */
export function byBuild(content: readonly ContentRow[]): OfBuild[] {
  const builds = Map.groupBy(content, ({ name, buildId }) => `${name}:${buildId}`);
  return [...builds.values()].flatMap(([first, ...rest]) => (first ? [[first, ...rest] as const] : []));
}

/** `content-0123456789ab… (2 tags)`. */
export function tagsInShort(tags: OfBuild): string {
  const short = `${tags[0].tag.slice(0, 'content-'.length + 12)}…`;
  return tags.length === 1 ? short : `${short} (${tags.length} tags)`;
}

export function contentResult(tags: OfBuild, dryRun: boolean): string {
  const gone = tags.filter(({ removed }) => removed).length;
  const some = gone === 0 ? 'NOT removed' : `${gone} of ${tags.length} removed`;
  const done = gone === tags.length ? 'removed' : dryRun ? 'would be removed' : some;
  const days = Math.min(...tags.map((tag) => tag.days));
  return `${done}: ${formatCount(days, 'day')} old, and its build has no other tag`;
}

export function result({ decision, removed, others }: PreviewRow, dryRun: boolean): string {
  if (!decision.remove) return `kept: ${decision.reason}`;
  const done = removed ? 'removed' : dryRun ? 'would be removed' : 'NOT removed';
  const names = others.filter((tag) => !isReservedTag(tag)).slice(0, 5);
  const kept =
    names.length === 0 ? '; its build can still be reused' : `; its build keeps ${names.join(', ')}`;
  const rest = others.length === 0 ? '' : kept;
  return `${done}: ${decision.reason}${rest}`;
}

export function candidateResult({ removed, days }: ContentRow, dryRun: boolean): string {
  const done = removed ? 'removed' : dryRun ? 'would be removed' : 'NOT removed';
  return `${done}: ${formatCount(days, 'day')} old, so the run that tested its build is over`;
}
