import type { TagChange } from '../../api/types.ts';
import type { PromotedBuild } from '../../templates/assign-tags.ts';
import { formatCount } from '../text/format.ts';
import { singleLine } from '../text/sanitize.ts';
import { columns } from './columns.ts';
import type { Output } from './output.ts';

/** The table of where each tag was, then what was changed. A tag that another run moved is a warning. */
export function logPromotion(output: Output, { name, buildId, promotion }: PromotedBuild): void {
  const { moves, changed, contested } = promotion;
  output.startGroup(`Tags of ${name}`);
  const rows = moves.map(({ tag, before, after }) => [
    singleLine(tag),
    singleLine(before ?? '(none)'),
    singleLine(after ?? '(none)') + (before === after ? ' (as before)' : ''),
  ]);
  for (const line of columns([['tag', 'before', 'after'], ...rows])) output.line(line);
  output.endGroup();
  for (const tag of contested) {
    output.warning(
      `${name}:${tag} was put on build ${buildId} and stands on another already: somebody else moved it at the same time.`,
      { title: `Tag ${tag} moved again` },
    );
  }
  output.line(
    changed ? done(moves, buildId) : `Nothing to change: all tags stand on build ${buildId} already.`,
  );
}

function done(moves: readonly TagChange[], buildId: string): string {
  const moved = moves.filter(({ before, after }) => before !== after && after === buildId);
  return `${formatCount(moved.length, 'tag')} moved to build ${buildId}`;
}
