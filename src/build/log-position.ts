import type { LogEntry } from '../service/types.ts';
import { entryTime, isClosingLine } from './log-format.ts';

/** How much of a build's log was taken, by count for one route and by time for the other. */
export interface LogPosition {
  /** Entries taken so far, which is where the status route goes on. */
  readonly count: number;
  /** Millisecond of the newest entry taken, from which the route by time goes on; undefined at the beginning. */
  readonly cursor: number | undefined;
  /** Whether the last line of a build has been seen. */
  readonly closed: boolean;
  take(entries: readonly LogEntry[]): void;
  /** The entries of a page by time that were not taken yet. */
  unseen(page: readonly LogEntry[]): LogEntry[];
}

export function createLogPosition(): LogPosition {
  let count = 0;
  let cursor: number | undefined;
  let closed = false;
  // Only what is as new as the cursor can come again, so a long build is not remembered.
  let atCursor = new Map<string, number>();

  return {
    get count() {
      return count;
    },
    get cursor() {
      return cursor;
    },
    get closed() {
      return closed;
    },
    take(entries) {
      for (const entry of entries) {
        count += 1;
        closed ||= isClosingLine(entry);
        const time = entryTime(entry) ?? cursor;
        if (time === undefined || time < (cursor ?? time)) continue;
        if (time !== cursor) atCursor = new Map();
        cursor = time;
        const key = keyOf(entry);
        atCursor.set(key, (atCursor.get(key) ?? 0) + 1);
      }
    },
    unseen(page) {
      const taken = new Map(atCursor);
      return page.filter((entry) => {
        const key = keyOf(entry);
        const copies = taken.get(key) ?? 0;
        if (copies > 0) taken.set(key, copies - 1);
        return copies === 0;
      });
    },
  };
}

function keyOf({ timestamp, message, step }: LogEntry): string {
  return JSON.stringify([timestamp, step, message]);
}
