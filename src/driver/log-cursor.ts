import type { LogEntry } from '../api/schemas.ts';
import { closingState, entryTime } from './log-parser.ts';

/** How much of a build's log was taken, by count for one route and by time for the other. */
export interface LogCursor {
  /** Entries taken so far: the offset for the status route. */
  readonly count: number;
  /** Millisecond of the newest entry taken: where the route by time continues. Undefined at the beginning. */
  readonly newestAt: number | undefined;
  /** The state in the last line of the build; undefined until that line is taken. */
  readonly finalState: 'ready' | 'error' | undefined;
  take(entries: readonly LogEntry[]): void;
  /** The new entries of a page by time. */
  unseen(page: readonly LogEntry[]): LogEntry[];
  /** Whether a page that should continue from here looks like an earlier one. */
  seemsToRepeat(page: readonly LogEntry[]): boolean;
  /** Whether a page that should continue from here begins with an entry that was taken, by its time or its text. */
  goesBack(page: readonly LogEntry[]): boolean;
  /** The new entries of a page that ignores the requested offset. */
  rest(page: readonly LogEntry[]): readonly LogEntry[];
}

export function createLogCursor(): LogCursor {
  let count = 0;
  let newestAt: number | undefined;
  let finalState: LogCursor['finalState'];
  let first: string | undefined;
  // Only entries as new as the newest can come again, so older ones need no memory.
  let atNewest = new Map<string, number>();

  const beginsLog = ([entry]: readonly LogEntry[]) => entry !== undefined && textOf(entry) === first;
  const isOlder = (entry: LogEntry) => (entryTime(entry) ?? newestAt ?? 0) < (newestAt ?? 0);

  function unseen(page: readonly LogEntry[]): LogEntry[] {
    const taken = new Map(atNewest);
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
    get newestAt() {
      return newestAt;
    },
    get finalState() {
      return finalState;
    },
    take(entries) {
      for (const entry of entries) {
        count += 1;
        first ??= textOf(entry);
        finalState = closingState(entry) ?? finalState;
        if (isOlder(entry)) continue;
        const time = entryTime(entry) ?? newestAt;
        if (time !== newestAt) atNewest = new Map();
        newestAt = time;
        const key = keyOf(entry);
        atNewest.set(key, (atNewest.get(key) ?? 0) + 1);
      }
    },
    unseen,
    seemsToRepeat: (page) => beginsLog(page) || (page[0] !== undefined && isOlder(page[0])),
    goesBack: ([entry]) =>
      entry !== undefined && entryTime(entry) !== undefined && (isOlder(entry) || atNewest.has(keyOf(entry))),
    rest: (page) => (beginsLog(page) ? page.slice(count) : unseen(page)),
  };
}

function keyOf({ timestamp, message, step }: LogEntry): string {
  return JSON.stringify([timestamp, step, message]);
}

/** Without its time, which a server may set anew in each response. */
function textOf({ message, step }: LogEntry): string {
  return JSON.stringify([step, message]);
}
