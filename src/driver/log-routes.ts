import type { IdempotentApi } from '../api/client.ts';
import type { BuildStatus, LogEntry } from '../api/schemas.ts';
import type { BuildRef } from '../api/types.ts';
import { isTransient, ServiceError } from '../http/errors.ts';
import type { LogCursor } from './log-cursor.ts';
import { createPageReader } from './page-reader.ts';

/** A page that goes back is asked for so often in all. Who still gives the same has a log that is not in order. */
const mostLooks = 5;

/** More entries than any log has, and later than any entry. */
const beyondCount = 1_000_000_000;
const beyondTime = Date.UTC(2200, 0, 1);

/** The two ways to the log of a build. What they give is new, and taken into the position. */
export interface LogRoutes {
  /**
   * The state of the build with the entries that follow the position; nothing when the answer is an earlier one that
   * came again, as a cache in between gives it: the caller asks once more.
   */
  byCount(): Promise<{ page: BuildStatus; entries: readonly LogEntry[] } | undefined>;
  /**
   * What the route by time has beyond the position. Stops without a word when that route fails: it is the second
   * source. It cannot get past a millisecond that fills a page of its own.
   */
  byTime(logs?: IdempotentApi['logs']): AsyncGenerator<readonly LogEntry[], void>;
}

export function createLogRoutes(
  client: Pick<IdempotentApi, 'status' | 'logs'>,
  { templateId, buildId }: BuildRef,
  position: LogCursor,
): LogRoutes {
  const readPage = createPageReader((offset) => client.status(templateId, buildId, offset));
  const countFilter = createFilter(position);
  const timeFilter = createFilter(position);
  let looks = 0;

  return {
    async byCount() {
      const page = await readPage(position.count);
      const repeated = await countFilter(page.logEntries, async () => {
        return (await client.status(templateId, buildId, position.count + beyondCount)).logEntries;
      });
      looks = !repeated && position.goesBack(page.logEntries) ? looks + 1 : mostLooks;
      if (looks < mostLooks) return undefined;
      looks = 0;
      const entries = repeated ?? page.logEntries;
      position.take(entries);
      return { page, entries };
    },
    async *byTime(logs = client.logs) {
      for (;;) {
        let entries: readonly LogEntry[];
        try {
          const page = await logs(templateId, buildId, position.cursor);
          const repeated = await timeFilter(page, () => logs(templateId, buildId, beyondTime));
          entries = repeated ?? position.unseen(page);
        } catch (error) {
          if (error instanceof ServiceError) return;
          throw error;
        }
        if (entries.length === 0) return;
        position.take(entries);
        yield entries;
      }
    },
  };
}

/**
 * Finds out whether a route ignores from where it is asked to go on, and gives what is new of its pages in that case;
 * `undefined` where it does what it should. A page that looks like an earlier one proves nothing, since a build may
 * print the same lines for ever: then the route is asked for what comes after everything. It ignores the place when it
 * has something there, and again when it is asked once more: one answer may be an earlier one that came again.
 */
function createFilter(position: LogCursor) {
  let ignores: boolean | undefined;
  return async (
    page: readonly LogEntry[],
    askBeyond: () => Promise<readonly LogEntry[]>,
  ): Promise<readonly LogEntry[] | undefined> => {
    if (ignores === undefined && position.seemsToRepeat(page)) {
      ignores = (await givesAnything(askBeyond)) && (await givesAnything(askBeyond));
    }
    return ignores ? position.rest(page) : undefined;
  };
}

async function givesAnything(ask: () => Promise<readonly LogEntry[]>): Promise<boolean> {
  try {
    return (await ask()).length > 0;
  } catch (error) {
    // Who refuses such a place has read it.
    if (error instanceof ServiceError && !isTransient(error)) return false;
    throw error;
  }
}
