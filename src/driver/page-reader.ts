import type { BuildStatus } from '../api/schemas.ts';

/** Entries that the service gives at most in one response. */
export const pageSize = 100;

/** More requests at a time bring a log over a slow network hardly faster, and weigh on the service. */
const mostRequests = 8;

/**
 * Reads a log by offset, a page per call. A full page means that the log is behind: then the pages that follow are
 * requested ahead, one at first, twice as many after each further full page, at most eight requests at a time. A page
 * is given out only at the offset that it was requested with, so what is read is the same as without, in the same
 * order. After a page that is not full, a failure, or an offset that does not follow the last page, what was requested
 * ahead is dropped, and the next page is requested alone.
 *
 * @param request - is not retried here; a failure is thrown when its page is read, and ignored if it never is
 */
export function createPageReader(
  request: (offset: number) => Promise<BuildStatus>,
): (offset: number) => Promise<BuildStatus> {
  /** What was requested ahead, in order: the first of it follows the last page. */
  let ahead: Promise<BuildStatus>[] = [];
  let width = 1;
  let stride = pageSize;
  let following: number | undefined;

  return async (offset) => {
    if (offset !== following) {
      ahead = [];
      width = 1;
    }
    const response = ahead.shift() ?? request(offset);
    while (ahead.length + 1 < width) {
      const next = request(offset + (ahead.length + 1) * stride);
      // A page that is dropped may fail.
      next.catch(() => {});
      ahead.push(next);
    }
    following = undefined;
    const page = await response;
    const { length } = page.logEntries;
    if (length >= pageSize) {
      following = offset + length;
      if (length !== stride) ahead = [];
      stride = length;
      width = Math.min(2 * width, mostRequests);
    }
    return page;
  };
}
