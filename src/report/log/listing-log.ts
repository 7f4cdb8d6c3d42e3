import { type ListedRow, listedInWords, publishedInWords } from '../text/listing.ts';
import { singleLine } from '../text/sanitize.ts';
import type { Output } from './output.ts';
import { logTable } from './table.ts';

/** The table of all templates, then how many are listed. */
export function logListing(output: Output, rows: readonly ListedRow[]): void {
  const published = publishedInWords(rows);
  const head = ['template', 'name', 'kind', ...(published ? ['published'] : []), 'listed', 'why'];
  const cells = rows.map(({ name, path, kind, listed, why }, index) => [
    singleLine(path),
    singleLine(name),
    kind,
    ...(published?.slice(index, index + 1) ?? []),
    listed ? 'yes' : 'no',
    singleLine(why, 400),
  ]);
  logTable(output, 'Templates', [head, ...cells], [60, 40]);
  output.line(listedInWords(rows));
}
