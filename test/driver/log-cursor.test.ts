import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/api/schemas.ts';
import { createLogCursor } from '../../src/driver/log-cursor.ts';

const pageSize = 5;

function entry(at: number, message: string): LogEntry {
  return { timestamp: new Date(at).toISOString(), level: 'info', message };
}

/** The service's two routes over one log: by count, and by time with the entries of the cursor's millisecond again. */
const byCount = (log: readonly LogEntry[], offset: number) => log.slice(offset, offset + pageSize);
const byTime = (log: readonly LogEntry[], cursor = 0) =>
  log.filter(({ timestamp }) => Date.parse(timestamp) >= cursor).slice(0, pageSize);

test('a log read by two routes in any turn comes whole, once and in order', () => {
  // At most as many entries of one millisecond as fit on a page: more cannot be paged through by time.
  const gaps = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.array(fc.constantFrom('a', 'b'), { maxLength: 4 })),
  );
  fc.assert(
    fc.property(gaps, fc.array(fc.boolean()), (groups, turns) => {
      let now = 1_760_000_000_000;
      const log = groups.flatMap(([gap, messages]) => {
        now += gap;
        return messages.map((message) => entry(now, message));
      });
      const position = createLogCursor();
      const taken: LogEntry[] = [];
      const read = (entries: readonly LogEntry[]) => {
        position.take(entries);
        taken.push(...entries);
      };
      for (const time of turns) {
        if (time) read(position.unseen(byTime(log, position.newestAt)));
        else read(byCount(log, position.count));
        expect(taken).toEqual(log.slice(0, taken.length));
      }
      for (let left = log.length; left > 0; left--) read(position.unseen(byTime(log, position.newestAt)));
      expect(taken).toEqual(log);
      expect(position.count).toBe(log.length);
    }),
  );
});

describe('a position', () => {
  test('never goes back in time, nor forgets for an entry that does', () => {
    const position = createLogCursor();
    position.take([entry(2000, 'a'), entry(1000, 'late'), { ...entry(0, 'b'), timestamp: 'yesterday' }]);
    expect(position.newestAt).toBe(2000);
    expect(position.count).toBe(3);
    expect(position.unseen([entry(2000, 'a'), entry(2000, 'c')])).toEqual([entry(2000, 'c')]);
  });

  test.each([
    ['Build finished, took 1m13s', undefined, 'ready'],
    ['Build failed: exit status 1', undefined, 'error'],
    ['Building template a/b', undefined, undefined],
    ['Build finished, took 1s', '3', undefined],
    ['[builder 1/2] [stdout]: Build finished, took 1s', '1', undefined],
  ])('has seen the last line after %j of step %j: %j', (message, step, ended) => {
    const position = createLogCursor();
    position.take([{ ...entry(1, message), ...(step && { step }) }]);
    expect(position.finalState).toBe(ended);
  });
});
