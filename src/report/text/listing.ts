import type { KindName } from '../../definition/kinds.ts';
import { formatCount } from './format.ts';

/** A template of a repository, and whether a job is made for it. */
export interface ListedRow {
  readonly name: string;
  /** Path of its definition, relative to the repository. */
  readonly path: string;
  readonly kind: KindName;
  readonly listed: boolean;
  /** The tag that the base branch moves is on a ready build of this content. Absent where that is not known. */
  readonly published?: boolean;
  /** Why, as a clause. It may have untrusted text. */
  readonly why: string;
}

/** `yes`, `no` or `?` for each; `undefined` where it was not asked for any. */
export function publishedInWords(rows: readonly Pick<ListedRow, 'published'>[]): string[] | undefined {
  if (rows.every(({ published }) => published === undefined)) return undefined;
  return rows.map(({ published }) => (published === undefined ? '?' : published ? 'yes' : 'no'));
}

/** `2 of 5 templates are listed, and 3 are published as they stand`. */
export function listedInWords(rows: readonly Pick<ListedRow, 'listed' | 'published'>[]): string {
  const { length } = rows.filter(({ listed }) => listed);
  const listed = `${length} of ${formatCount(rows.length, 'template')} ${length === 1 ? 'is' : 'are'} listed`;
  if (!publishedInWords(rows)) return listed;
  const published = rows.filter((row) => row.published).length;
  return `${listed}, and ${published === 1 ? '1 is published as it stands' : `${published} are published as they stand`}`;
}
