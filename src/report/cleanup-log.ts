import { isContentTag } from '../tags/content.ts';
import type { PreviewRow, TemplateCleanup } from '../templates/remove-previews.ts';
import type { ContentRow } from '../templates/sweep-content.ts';
import { columns } from './columns.ts';
import { formatCount } from './format.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';

/** What was done with each template, and the content tags that a sweep found. */
interface Done {
  readonly cleanups: readonly TemplateCleanup[];
  readonly content: readonly ContentRow[];
}

/**
 * The tables of preview tags and of content tags, and what became of each; a template that is not there is a warning.
 */
export function logCleanup(output: Output, done: Done, dryRun: boolean): void {
  const { cleanups, content } = done;
  const rows = cleanups.flatMap((cleanup) => cleanup.rows);
  const previews = rows.map((row) => [row.name, row.tag, row.buildId, result(row, dryRun)]);
  logTable(output, 'Preview tags', ['template', 'tag', 'build', 'result'], previews);
  const builds = byBuild(content).map((tags) => {
    const [{ name, buildId }] = tags;
    return [name, buildId, tagsInShort(tags), contentResult(tags, dryRun)];
  });
  logTable(output, 'Content tags', ['template', 'build', 'tags', 'result'], builds);
  for (const { name, state } of cleanups) {
    if (state !== 'missing') continue;
    output.warning(
      `There is no template ${JSON.stringify(name)} for this API key, so there is nothing to remove. If it exists, check name, api-key and domain.`,
      { title: 'No such template' },
    );
  }
  output.line(closing(done, dryRun));
}

function logTable(output: Output, title: string, head: string[], rows: readonly string[][]): void {
  if (rows.length === 0) return;
  output.startGroup(title);
  const cells = rows.map((row) => row.map((cell) => singleLine(cell, 300)));
  for (const line of columns([head, ...cells])) output.line(line);
  output.endGroup();
}

function closing({ cleanups, content }: Done, dryRun: boolean): string {
  const previews = cleanups.flatMap(({ rows }) => rows).filter(({ decision }) => decision.remove);
  if (previews.length + content.length === 0) return 'Nothing to remove';
  if (dryRun) return `Dry run: ${tagCount(previews.length, content)} would be removed`;
  const isGone = ({ removed }: { readonly removed: boolean }) => removed;
  const count = tagCount(previews.filter(isGone).length, content.filter(isGone));
  return `${count} removed; builds and templates stay`;
}

/** `2 tags`, `14 content tags of 7 builds`, or both. */
function tagCount(previews: number, content: readonly ContentRow[]): string {
  if (content.length === 0) return formatCount(previews, 'tag');
  const builds = formatCount(byBuild(content).length, 'build');
  const swept = `${formatCount(content.length, 'content tag')} of ${builds}`;
  return previews === 0 ? swept : `${formatCount(previews, 'preview tag')} and ${swept}`;
}

type OfBuild = readonly [ContentRow, ...ContentRow[]];

/** A row of a table is a build: its two tags say the same, and are too long to be read. */
function byBuild(content: readonly ContentRow[]): OfBuild[] {
  const builds = Map.groupBy(content, ({ name, buildId }) => `${name}:${buildId}`);
  return [...builds.values()].flatMap(([first, ...rest]) => (first ? [[first, ...rest] as const] : []));
}

/** `content-0123456789ab… (2 tags)`. */
function tagsInShort(tags: OfBuild): string {
  const short = `${tags[0].tag.slice(0, 'content-'.length + 12)}…`;
  return tags.length === 1 ? short : `${short} (${tags.length} tags)`;
}

function contentResult(tags: OfBuild, dryRun: boolean): string {
  const gone = tags.filter(({ removed }) => removed).length;
  const some = gone === 0 ? 'NOT removed' : `${gone} of ${tags.length} removed`;
  const done = gone === tags.length ? 'removed' : dryRun ? 'would be removed' : some;
  const days = Math.min(...tags.map((tag) => tag.days));
  return `${done}: ${formatCount(days, 'day')} old, and its build has no other tag`;
}

function result({ decision, removed, others }: PreviewRow, dryRun: boolean): string {
  if (!decision.remove) return `kept: ${decision.reason}`;
  const done = removed ? 'removed' : dryRun ? 'would be removed' : 'NOT removed';
  const names = others.filter((tag) => !isContentTag(tag)).slice(0, 5);
  const kept =
    names.length === 0 ? '; its build can still be reused' : `; its build keeps ${names.join(', ')}`;
  const rest = others.length === 0 ? '' : kept;
  return `${done}: ${decision.reason}${rest}`;
}

/** The same as Markdown for the job summary; empty when there is nothing to show. */
export function cleanupSummary(done: Done, dryRun: boolean): string {
  const previews = done.cleanups
    .flatMap(({ rows }) => rows)
    .map((row) => [`${row.name}:${row.tag}`, row.buildId, result(row, dryRun)] as const);
  const builds = byBuild(done.content).map((tags) => {
    const [{ name, buildId }] = tags;
    return [`${name}:${tagsInShort(tags)}`, buildId, contentResult(tags, dryRun)] as const;
  });
  const [first, ...rest] = [...section('Preview tags', previews), ...section('Content tags', builds)];
  if (!first) return '';
  const parts = [
    first.title,
    closing(done, dryRun),
    first.body,
    ...rest.flatMap(({ title, body }) => [title, body]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section(title: string, rows: readonly (readonly [string, string, string])[]) {
  if (rows.length === 0) return [];
  const cells = rows
    .slice(0, summaryRows)
    .map(([tag, build, text]) => [inlineCode(tag), inlineCode(build), escapeMarkdown(text, 300)]);
  const more = rows.length > summaryRows ? `\n\n${rows.length - summaryRows} more are in the log.` : '';
  return [{ title: `## ${title}`, body: `${table(['Tag', 'Build', 'Result'], cells)}${more}` }];
}

const summaryRows = 500;
