import type { ListedRow } from '../text/listing.ts';
import { singleLine } from '../text/sanitize.ts';

/**
 * The JSON object that `novita-template list` gives. New fields may be added at any time; a change of meaning raises
 * `schemaVersion`. Texts from outside carry no control characters. Paths are relative to the repository, with forward
 * slashes.
 */
export interface ListDocument {
  readonly schemaVersion: 1;
  /** All templates in their order, with those that are not listed. */
  readonly templates: readonly ListedRow[];
  /** The value of `strategy.matrix`: those that are listed. Its entries have inputs of the build action and nothing else. */
  readonly matrix: unknown;
  readonly count: number;
}

/** @param matrix - as JSON */
export function listDocument(rows: readonly ListedRow[], matrix: string): ListDocument {
  return {
    schemaVersion: 1,
    templates: rows.map((row) => ({
      ...row,
      ...{ name: singleLine(row.name), path: singleLine(row.path), why: singleLine(row.why, 400) },
    })),
    matrix: JSON.parse(matrix),
    count: rows.filter(({ listed }) => listed).length,
  };
}
