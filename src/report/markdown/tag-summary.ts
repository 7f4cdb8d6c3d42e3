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
import { escapeMarkdown, inlineCode, table } from './markdown.ts';

/** What was done to preview tags, content tags and candidate tags, for the job summary; empty when nothing was. */
export function cleanupSummary(cleanup: CleanupResult, dryRun: boolean): string {
  const previews = cleanup.templates
    .flatMap(({ rows }) => rows)
    .map((row) => [`${row.name}:${row.tag}`, row.buildId, result(row, dryRun)] as const);
  const builds = byBuild(cleanup.content).map((tags) => {
    const [{ name, buildId }] = tags;
    return [`${name}:${tagsInShort(tags)}`, buildId, contentResult(tags, dryRun)] as const;
  });
  const candidates = cleanup.candidates.map(
    (row) => [`${row.name}:${row.tag}`, row.buildId, candidateResult(row, dryRun)] as const,
  );
  const [first, ...rest] = [
    ...section('Preview tags', previews),
    ...section('Content tags', builds),
    ...section('Candidate tags', candidates),
  ];
  if (!first) return '';
  const parts = [
    first.title,
    closing(cleanup, dryRun),
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

/** Where each tag was before a promotion and is after it, for the job summary. */
export function promotionSummary({ name, buildId, promotion }: PromotedBuild): string {
  const { moves, changed } = promotion;
  const build = (id: string | undefined) => (id === undefined ? '(none)' : inlineCode(id));
  const rows = moves.map(({ tag, before, after }) => [inlineCode(tag), build(before), build(after)]);
  const heading = changed
    ? `## Template ${inlineCode(name)} promoted`
    : `## Template ${inlineCode(name)} is unchanged`;
  const reference = inlineCode(`${name}:${buildId}`, 400);
  return `${heading}\n\nExactly this build: ${reference}\n\n${table(['Tag', 'Before', 'After'], rows)}\n`;
}
