import { type ListedRow, listedInWords } from '../text/listing.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';

/** Which templates of a repository are listed and why, for the job summary. */
export function listingSummary(rows: readonly ListedRow[]): string {
  const cells = rows
    .slice(0, summaryRows)
    .map(({ name, path, listed, why }) => [
      inlineCode(path),
      inlineCode(name),
      listed ? 'yes' : 'no',
      escapeMarkdown(why, 400),
    ]);
  const more = rows.length > summaryRows ? `\n\n${rows.length - summaryRows} more are in the log.` : '';
  return `## ${listedInWords(rows)}\n\n${table(['Template', 'Name', 'Listed', 'Why'], cells)}${more}\n`;
}

const summaryRows = 500;
