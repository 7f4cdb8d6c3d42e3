import { byBuild, type CleanupResult, closing, contentResult, result, tagsInShort } from '../text/cleanup.ts';
import { singleLine } from '../text/sanitize.ts';
import { columns } from './columns.ts';
import type { Output } from './output.ts';

/** The tables of preview tags and content tags, with what was done to each. A missing template is a warning. */
export function logCleanup(output: Output, cleanup: CleanupResult, dryRun: boolean): void {
  const { templates, content } = cleanup;
  const rows = templates.flatMap(({ rows }) => rows);
  const previews = rows.map((row) => [row.name, row.tag, row.buildId, result(row, dryRun)]);
  logTable(output, 'Preview tags', ['template', 'tag', 'build', 'result'], previews);
  const builds = byBuild(content).map((tags) => {
    const [{ name, buildId }] = tags;
    return [name, buildId, tagsInShort(tags), contentResult(tags, dryRun)];
  });
  logTable(output, 'Content tags', ['template', 'build', 'tags', 'result'], builds);
  for (const { name, state } of templates) {
    if (state !== 'missing') continue;
    output.warning(
      `There is no template ${JSON.stringify(name)} for this API key, so there is nothing to remove. If it exists, check name, api-key and domain.`,
      { title: 'No such template' },
    );
  }
  output.line(closing(cleanup, dryRun));
}

function logTable(output: Output, title: string, head: string[], rows: readonly string[][]): void {
  if (rows.length === 0) return;
  output.startGroup(title);
  const cells = rows.map((row) => row.map((cell) => singleLine(cell, 300)));
  for (const line of columns([head, ...cells])) output.line(line);
  output.endGroup();
}
