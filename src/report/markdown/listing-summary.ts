import { type ListedRow, listedInWords, publishedInWords } from '../text/listing.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';

/** Which templates of a repository are listed and why, for the job summary. */
export function listingSummary(rows: readonly ListedRow[]): string {
  const published = publishedInWords(rows);
  const head = ['Template', 'Name', 'Kind', ...(published ? ['Published'] : []), 'Listed', 'Why'];
  const cells = rows
    .slice(0, summaryRows)
    .map(({ name, path, kind, listed, why }, index) => [
      inlineCode(path),
      inlineCode(name),
      kind,
      ...(published?.slice(index, index + 1) ?? []),
      listed ? 'yes' : 'no',
      escapeMarkdown(why, 400),
    ]);
  const more = rows.length > summaryRows ? `\n\n${rows.length - summaryRows} more are in the log.` : '';
  return `## ${listedInWords(rows)}\n\n${table(head, cells)}${more}\n`;
}

const summaryRows = 500;
