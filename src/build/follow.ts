import type { ServiceClient } from '../service/client.ts';
import { isPassing, ServiceError } from '../service/errors.ts';
import { repeat } from '../service/patience.ts';
import { pause } from '../service/pause.ts';
import type { BuildStatus, LogEntry } from '../service/schemas.ts';
import { createLogPosition } from './log-position.ts';
import { createLogRoutes, pageSize } from './log-routes.ts';
import type { BuildTiming } from './timing.ts';

/** Failures of the status route in a row after which the log is read from the other route meanwhile. */
const failuresUntilOtherRoute = 5;

/** A build that was just registered may not be found everywhere at once. */
const mostNotFound = 3;

interface FollowOptions {
  readonly timing: Pick<BuildTiming, 'pace' | 'polling' | 'refusals' | 'rereads'>;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
}

/**
 * Follows a build to its end: gives its log in order, each entry once, page by page, and returns the final
 * status. An outage is borne as long as the polling budget lasts, and the API's own refusal of a build that was there
 * a moment ago for a little while. Rejects with a `ServiceError`, or with the signal's reason.
 *
 * A final status says nothing about how much of the log is unread, and an empty page does not either, so the end is
 * where the build's last line is, or where looking again and asking the other route brought nothing. Tags and outputs
 * hang on the final status, and whoever answers may be ahead of the others or plainly wrong. It is therefore believed
 * when a second look finds it again, or when that look fails and the last line of the log says the same.
 */
export async function* follow(
  client: ServiceClient,
  build: BuildIds,
  { timing, signal, notice }: FollowOptions,
): AsyncGenerator<readonly LogEntry[], BuildStatus> {
  const { pace, polling, refusals, rereads } = timing;
  const patience = client.patience('GET build status', polling);
  const refusal = client.patience('GET build status', refusals, () => true);
  const position = createLogPosition();
  const { byCount, byTime } = createLogRoutes(build, position);
  let pauseMs = pace.shortestMs;
  let emptyAtEnd = 0;
  let notFound = 0;
  /** The last answer, where it was a final one. */
  let end: BuildStatus | undefined;

  for (;;) {
    signal.throwIfAborted();
    let page: BuildStatus;
    let entries: readonly LogEntry[];
    try {
      ({ page, entries } = await byCount(client.once));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (end && position.ended === end.status) return end;
      if (isNotFound(error)) {
        notFound += 1;
        if (notFound >= mostNotFound) throw removed(error, build);
        await pause(pace.longestMs, signal);
        continue;
      }
      if (!isPassing(error)) {
        await refusal.afterFailure(error);
        continue;
      }
      if (patience.failures + 1 === failuresUntilOtherRoute) {
        notice('The status of the build cannot be read; its log is read without, as far as that goes.');
      }
      if (patience.failures + 1 >= failuresUntilOtherRoute) yield* byTime(client.once);
      await patience.afterFailure(error);
      continue;
    }
    patience.worked();
    refusal.worked();
    notFound = 0;
    if (entries.length > 0) {
      emptyAtEnd = 0;
      yield entries;
    }
    if (entries.length >= pageSize) continue;
    // The same full page again: what comes after it is found on the other route alone.
    if (entries.length === 0 && page.logEntries.length >= pageSize) yield* byTime(client.once);
    // A status that nobody knows yet is one of a build that goes on.
    if (page.status !== 'ready' && page.status !== 'error') {
      end = undefined;
      emptyAtEnd = 0;
      const moves = entries.length > 0 || position.ended !== undefined;
      pauseMs = moves ? pace.shortestMs : Math.min(pauseMs * 1.5, pace.longestMs);
      await pause(pauseMs, signal);
      continue;
    }
    const seenBefore = end?.status === page.status;
    if (!seenBefore) emptyAtEnd = 0;
    end = page;
    if (seenBefore && position.ended === page.status) return page;
    const rereadMs = rereads[emptyAtEnd];
    if (seenBefore && rereadMs === undefined) {
      yield* byTime({ logs: patientLogs(client) });
      return page;
    }
    if (entries.length === 0) emptyAtEnd += 1;
    await pause(rereadMs ?? pace.longestMs, signal);
  }
}

export interface BuildIds {
  readonly templateId: string;
  readonly buildId: string;
}

/** A service may do without this route, and who stands in front of it says so. */
function patientLogs({ once, patience }: ServiceClient): ServiceClient['logs'] {
  const repeats = (error: ServiceError) => isPassing(error) && error.status !== 404;
  return (...args) => repeat(patience('GET build log', undefined, repeats), () => once.logs(...args));
}

/** The service does not find a build whose last tag is gone, and says so with a 400. */
export function isNotFound(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError &&
    !isPassing(error) &&
    (error.status === 400 || error.status === 404) &&
    /build .*not found/i.test(error.said ?? '')
  );
}

function removed(error: ServiceError, { buildId }: BuildIds): ServiceError {
  const { kind, request, host, status, said } = error;
  return new ServiceError({
    ...{ kind, request, host, status, said, cause: error },
    message: `The service no longer finds build ${buildId}: its last tag was removed meanwhile, or moved with its template. It goes on where it runs, but nobody can look at it.`,
  });
}
