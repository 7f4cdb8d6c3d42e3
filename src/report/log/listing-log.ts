import { type ListedRow, listedInWords } from '../text/listing.ts';
import { singleLine } from '../text/sanitize.ts';
import type { Output } from './output.ts';
import { logTable } from './table.ts';

/** The table of all templates, then how many are listed. */
export function logListing(output: Output, rows: readonly ListedRow[]): void {
  const cells = rows.map(({ name, path, listed, why }) => [
    singleLine(path),
    singleLine(name),
    listed ? 'yes' : 'no',
    singleLine(why, 400),
  ]);
  logTable(output, 'Templates', [['template', 'name', 'listed', 'why'], ...cells], [60, 40]);
  output.line(listedInWords(rows));
}
