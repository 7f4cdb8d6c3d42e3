import { isContentTag } from '../tags/content.ts';
import type { PreviewRow, TemplateCleanup } from '../templates/remove-previews.ts';
import { columns } from './columns.ts';
import { formatCount } from './format.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';

/** The table of preview tags and what became of each; a template that is not there is a warning. */
export function logCleanup(output: Output, cleanups: readonly TemplateCleanup[], dryRun: boolean): void {
  const rows = cleanups.flatMap((cleanup) => cleanup.rows);
  if (rows.length > 0) {
    output.startGroup('Preview tags');
    const cells = rows.map((row) =>
      [row.name, row.tag, row.buildId, result(row, dryRun)].map((cell) => singleLine(cell, 300)),
    );
    for (const line of columns([['template', 'tag', 'build', 'result'], ...cells])) output.line(line);
    output.endGroup();
  }
  for (const { name, state } of cleanups) {
    if (state !== 'missing') continue;
    output.warning(
      `There is no template ${JSON.stringify(name)} for this API key, so there is nothing to remove. If it exists, check name, api-key and domain.`,
      { title: 'No such template' },
    );
  }
  output.line(closing(rows, dryRun));
}

function closing(rows: readonly PreviewRow[], dryRun: boolean): string {
  const unwanted = rows.filter(({ decision }) => decision.remove);
  if (unwanted.length === 0) return 'Nothing to remove';
  if (dryRun) return `Dry run: ${formatCount(unwanted.length, 'tag')} would be removed`;
  const removed = unwanted.filter((row) => row.removed);
  return `${formatCount(removed.length, 'tag')} removed; builds and templates stay`;
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
export function cleanupSummary(cleanups: readonly TemplateCleanup[], dryRun: boolean): string {
  const rows = cleanups.flatMap((cleanup) => cleanup.rows);
  if (rows.length === 0) return '';
  const cells = rows
    .slice(0, summaryRows)
    .map((row) => [
      inlineCode(`${row.name}:${row.tag}`),
      inlineCode(row.buildId),
      escapeMarkdown(result(row, dryRun), 300),
    ]);
  const more = rows.length > summaryRows ? `\n\n${rows.length - summaryRows} more are in the log.` : '';
  return `## Preview tags\n\n${closing(rows, dryRun)}\n\n${table(['Tag', 'Build', 'Result'], cells)}${more}\n`;
}

const summaryRows = 500;
