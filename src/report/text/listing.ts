import { formatCount } from './format.ts';

/** A template of a repository, and whether a job is made for it. */
export interface ListedRow {
  readonly name: string;
  /** Path of its definition, relative to the repository. */
  readonly path: string;
  readonly listed: boolean;
  /** Why, as a clause. It may have untrusted text. */
  readonly why: string;
}

/** `2 of 5 templates are listed`. */
export function listedInWords(rows: readonly Pick<ListedRow, 'listed'>[]): string {
  const { length } = rows.filter(({ listed }) => listed);
  return `${length} of ${formatCount(rows.length, 'template')} ${length === 1 ? 'is' : 'are'} listed`;
}
