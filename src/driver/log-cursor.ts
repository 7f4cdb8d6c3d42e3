import type { LogEntry } from '../api/schemas.ts';
import { closingState, entryTime } from './log-parser.ts';

/** How much of a build's log was taken, by count for one route and by time for the other. */
export interface LogCursor {
  /** Entries taken so far, which is where the status route goes on. */
  readonly count: number;
  /** Millisecond of the newest entry taken, from which the route by time goes on; undefined at the beginning. */
  readonly cursor: number | undefined;
  /** The state that the last line of the build tells; undefined as long as it has not been seen. */
  readonly ended: 'ready' | 'error' | undefined;
  take(entries: readonly LogEntry[]): void;
  /** The entries of a page by time that were not taken yet. */
  unseen(page: readonly LogEntry[]): LogEntry[];
  /** Whether a page that should go on from here looks as if it did not. */
  seemsToRepeat(page: readonly LogEntry[]): boolean;
  /** Whether a page that should go on from here begins with what was taken before, by its time or word for word. */
  goesBack(page: readonly LogEntry[]): boolean;
  /** The entries that were not taken yet of a page that begins where it likes. */
  rest(page: readonly LogEntry[]): readonly LogEntry[];
}

export function createLogCursor(): LogCursor {
  let count = 0;
  let cursor: number | undefined;
  let ended: LogCursor['ended'];
  let first: string | undefined;
  // Only what is as new as the cursor can come again, so a long build is not remembered.
  let atCursor = new Map<string, number>();

  const beginsLog = ([entry]: readonly LogEntry[]) => entry !== undefined && textOf(entry) === first;
  const isOlder = (entry: LogEntry) => (entryTime(entry) ?? cursor ?? 0) < (cursor ?? 0);

  function unseen(page: readonly LogEntry[]): LogEntry[] {
    const taken = new Map(atCursor);
    return page.filter((entry) => {
      if (isOlder(entry)) return false;
      const key = keyOf(entry);
      const copies = taken.get(key) ?? 0;
      if (copies > 0) taken.set(key, copies - 1);
      return copies === 0;
    });
  }

  return {
    get count() {
      return count;
    },
    get cursor() {
      return cursor;
    },
    get ended() {
      return ended;
    },
    take(entries) {
      for (const entry of entries) {
        count += 1;
        first ??= textOf(entry);
        ended = closingState(entry) ?? ended;
        if (isOlder(entry)) continue;
        const time = entryTime(entry) ?? cursor;
        if (time !== cursor) atCursor = new Map();
        cursor = time;
        const key = keyOf(entry);
        atCursor.set(key, (atCursor.get(key) ?? 0) + 1);
      }
    },
    unseen,
    seemsToRepeat: (page) => beginsLog(page) || (page[0] !== undefined && isOlder(page[0])),
    goesBack: ([entry]) =>
      entry !== undefined && entryTime(entry) !== undefined && (isOlder(entry) || atCursor.has(keyOf(entry))),
    rest: (page) => (beginsLog(page) ? page.slice(count) : unseen(page)),
  };
}

function keyOf({ timestamp, message, step }: LogEntry): string {
  return JSON.stringify([timestamp, step, message]);
}

/** Without its time: who makes the log up anew for each answer may give it another. */
function textOf({ message, step }: LogEntry): string {
  return JSON.stringify([step, message]);
}
