import type { PromotedBuild } from '../../templates/assign-tags.ts';
import { inlineCode, table } from './markdown.ts';

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
