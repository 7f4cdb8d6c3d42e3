import type { TagMove } from '../build/events.ts';
import type { Promotion } from '../templates/promote.ts';
import { columns } from './columns.ts';
import { formatCount } from './format.ts';
import { inlineCode, table } from './markdown.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';

/** A build and what became of its tags. */
export interface PromotedBuild {
  readonly name: string;
  readonly buildId: string;
  readonly promotion: Promotion;
}

/** The table of what each tag pointed at, then what was changed; a tag that somebody else moved is a warning. */
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

function done(moves: readonly TagMove[], buildId: string): string {
  const moved = moves.filter(({ before, after }) => before !== after && after === buildId);
  return `${formatCount(moved.length, 'tag')} moved to build ${buildId}`;
}

/** The same as Markdown for the job summary. */
export function promotionSummary({ name, buildId, promotion }: PromotedBuild): string {
  const { moves, changed } = promotion;
  const build = (id: string | undefined) => (id === undefined ? '(none)' : inlineCode(id));
  const rows = moves.map(({ tag, before, after }) => [inlineCode(tag), build(before), build(after)]);
  const heading = changed
    ? `## Template ${inlineCode(name)} promoted`
    : `## Template ${inlineCode(name)} stands as it is`;
  const reference = inlineCode(`${name}:${buildId}`, 400);
  return `${heading}\n\nExactly this build: ${reference}\n\n${table(['Tag', 'Before', 'After'], rows)}\n`;
}
