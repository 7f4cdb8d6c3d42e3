import type { TagChange } from '../../api/types.ts';
import type { TagDecision } from '../../tags/decide.ts';
import type { PromotedBuild } from '../../templates/assign-tags.ts';
import {
  byBuild,
  type CleanupResult,
  candidateResult,
  closing,
  contentResult,
  result,
  tagsInShort,
} from '../text/cleanup.ts';
import { formatCount } from '../text/format.ts';
import { singleLine } from '../text/sanitize.ts';
import type { Output } from './output.ts';
import { logTable } from './table.ts';

/** The `Tags` group: one row per rule with its tag, or none, and why. */
export function logTags(output: Output, decisions: readonly TagDecision[]): void {
  const rows = decisions.map(({ rule, tag, reason }) => [
    singleLine(rule, 120),
    tag ?? '-',
    singleLine(reason, 400),
  ]);
  logTable(output, 'Tags', [['rule', 'tag', 'why'], ...rows], [60, 40]);
}

/** The table of where each tag was, then what was changed. A tag that another run moved is a warning. */
export function logPromotion(output: Output, { name, buildId, promotion }: PromotedBuild): void {
  const { moves, changed, contested } = promotion;
  const rows = moves.map(({ tag, before, after }) => [
    singleLine(tag),
    singleLine(before ?? '(none)'),
    singleLine(after ?? '(none)') + (before === after ? ' (as before)' : ''),
  ]);
  logTable(output, `Tags of ${name}`, [['tag', 'before', 'after'], ...rows]);
  for (const tag of contested) {
    output.warning(
      `${name}:${tag} was put on build ${buildId} and is on another one already: another run moved it at the same time.`,
      { title: `Tag ${tag} moved again` },
    );
  }
  output.line(
    changed ? movedInWords(moves, buildId) : `Nothing to change: all tags are on build ${buildId} already.`,
  );
}

function movedInWords(moves: readonly TagChange[], buildId: string): string {
  const moved = moves.filter(({ before, after }) => before !== after && after === buildId);
  return `${formatCount(moved.length, 'tag')} moved to build ${buildId}`;
}

/** The tables of preview tags, content tags and candidate tags, with what was done to each. A missing template is a warning. */
export function logCleanup(output: Output, cleanup: CleanupResult, dryRun: boolean): void {
  const { templates, content, candidates } = cleanup;
  const cell = (text: string): string => singleLine(text, 300);
  const rows = templates.flatMap(({ rows }) => rows);
  const previews = rows.map((row) => [row.name, row.tag, row.buildId, result(row, dryRun)].map(cell));
  if (previews.length > 0)
    logTable(output, 'Preview tags', [['template', 'tag', 'build', 'result'], ...previews]);
  const builds = byBuild(content).map((tags) => {
    const [{ name, buildId }] = tags;
    return [name, buildId, tagsInShort(tags), contentResult(tags, dryRun)].map(cell);
  });
  if (builds.length > 0)
    logTable(output, 'Content tags', [['template', 'build', 'tags', 'result'], ...builds]);
  const held = candidates.map((row) =>
    [row.name, row.tag, row.buildId, candidateResult(row, dryRun)].map(cell),
  );
  if (held.length > 0) logTable(output, 'Candidate tags', [['template', 'tag', 'build', 'result'], ...held]);
  for (const { name, state } of templates) {
    if (state !== 'missing') continue;
    output.warning(
      `There is no template ${JSON.stringify(name)} for this API key, so there is nothing to remove. If it exists, check name, api-key and domain.`,
      { title: 'No such template' },
    );
  }
  output.line(closing(cleanup, dryRun));
}
