import type { IdempotentApi } from '../api/client.ts';
import type { BuildStatus, LogEntry } from '../api/schemas.ts';
import type { BuildRef } from '../api/types.ts';
import { isTransient, ServiceError } from '../http/errors.ts';
import type { LogCursor } from './log-cursor.ts';
import { createPageReader } from './page-reader.ts';

/** Requests for a page that goes back. If all give the same, the log itself is not in order. */
const mostAttempts = 5;

/** More entries than any log has, and later than any entry. */
const beyondCount = 1_000_000_000;
const beyondTime = Date.UTC(2200, 0, 1);

/** The two routes to the log of a build. Their entries are new, and added to the cursor. */
export interface LogRoutes {
  /**
   * The state of the build with the entries after the cursor; nothing if a cache in between repeated an earlier
   * response: then the caller requests the page again.
   */
  byCount(): Promise<{ page: BuildStatus; entries: readonly LogEntry[] } | undefined>;
  /**
   * The entries of the route by time after the cursor. Stops without an error when that route fails, since it is the
   * second source. It cannot get past a millisecond whose entries fill a whole page.
   */
  byTime(logs?: IdempotentApi['logs']): AsyncGenerator<readonly LogEntry[], void>;
}

export function createLogRoutes(
  client: Pick<IdempotentApi, 'status' | 'logs'>,
  { templateId, buildId }: BuildRef,
  cursor: LogCursor,
): LogRoutes {
  const readPage = createPageReader((offset) => client.status(templateId, buildId, offset));
  const countFilter = createFilter(cursor);
  const timeFilter = createFilter(cursor);
  let attempts = 0;

  return {
    async byCount() {
      const page = await readPage(cursor.count);
      const repeated = await countFilter(page.logEntries, async () => {
        return (await client.status(templateId, buildId, cursor.count + beyondCount)).logEntries;
      });
      if (!repeated && cursor.goesBack(page.logEntries)) {
        attempts += 1;
        if (attempts < mostAttempts) return undefined;
      }
      const entries = repeated ?? page.logEntries;
      // Empty pages in between do not count.
      if (entries.length > 0) attempts = 0;
      cursor.take(entries);
      return { page, entries };
    },
    async *byTime(logs = client.logs) {
      for (;;) {
        let entries: readonly LogEntry[];
        try {
          const page = await logs(templateId, buildId, cursor.newestAt);
          const repeated = await timeFilter(page, () => logs(templateId, buildId, beyondTime));
          entries = repeated ?? cursor.unseen(page);
        } catch (error) {
          if (error instanceof ServiceError) return;
          throw error;
        }
        if (entries.length === 0) return;
        cursor.take(entries);
        yield entries;
      }
    },
  };
}

/**
 * Finds out whether a route ignores the requested offset, and then gives only the new entries of its pages;
 * `undefined` for a route that works as it should. A page that looks like an earlier one proves nothing, since a build
 * may print the same lines over and over. So the route is requested for entries beyond the end of any log. It ignores
 * the offset if it gives some, twice in a row: one response may be repeated by a cache.
 */
function createFilter(cursor: LogCursor) {
  let ignores: boolean | undefined;
  return async (
    page: readonly LogEntry[],
    requestBeyond: () => Promise<readonly LogEntry[]>,
  ): Promise<readonly LogEntry[] | undefined> => {
    if (ignores === undefined && cursor.seemsToRepeat(page)) {
      ignores = (await givesAnything(requestBeyond)) && (await givesAnything(requestBeyond));
    }
    return ignores ? cursor.rest(page) : undefined;
  };
}

async function givesAnything(request: () => Promise<readonly LogEntry[]>): Promise<boolean> {
  try {
    return (await request()).length > 0;
  } catch (error) {
    // A route that refuses such an offset does not ignore it.
    if (error instanceof ServiceError && !isTransient(error)) return false;
    throw error;
  }
}
