import type { RepeatableCalls, ServiceClient } from '../service/client.ts';
import { isPassing, ServiceError } from '../service/errors.ts';
import { pause } from '../service/pause.ts';
import type { BuildStatus, LogEntry } from '../service/types.ts';
import { createLogPosition, type LogPosition } from './log-position.ts';
import type { BuildTiming } from './timing.ts';

/** Entries that the service gives at most in one answer. */
const pageSize = 100;

/** Failures of the status route in a row after which the log is read from the other route meanwhile. */
const failuresUntilOtherRoute = 5;

/** A build that was just registered may not be found everywhere at once. */
const mostNotFound = 3;

interface FollowOptions {
  readonly timing: Pick<BuildTiming, 'pace' | 'polling' | 'rereads'>;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
}

/**
 * Follows a build to its end: gives its log in order, each entry once, page by page, and returns the final
 * status. An outage is borne as long as the polling budget lasts. A final status says nothing about how much of
 * the log is unread, and an empty page does not either, so the end is where the build's last line is, or where
 * looking again and asking the other route brought nothing. Rejects with a `ServiceError`, or with the signal's
 * reason.
 */
export async function* follow(
  client: ServiceClient,
  build: BuildIds,
  { timing, signal, notice }: FollowOptions,
): AsyncGenerator<readonly LogEntry[], BuildStatus> {
  const { pace, polling, rereads } = timing;
  const patience = client.patience('GET build status', polling);
  const position = createLogPosition();
  let pauseMs = pace.shortestMs;
  let emptyAtEnd = 0;
  let notFound = 0;

  for (;;) {
    signal.throwIfAborted();
    let page: BuildStatus;
    try {
      page = await client.once.status(build.templateId, build.buildId, position.count);
    } catch (error) {
      if (isNotFound(error)) {
        notFound += 1;
        if (notFound >= mostNotFound) throw removed(error, build);
        await pause(pace.longestMs, signal);
        continue;
      }
      if (patience.failures + 1 === failuresUntilOtherRoute) {
        notice('The status of the build cannot be read; its log is read without, as far as that goes.');
      }
      if (patience.failures + 1 >= failuresUntilOtherRoute) yield* readByTime(client.once, build, position);
      await patience.afterFailure(error);
      continue;
    }
    patience.worked();
    notFound = 0;
    const entries = page.logEntries;
    if (entries.length > 0) {
      position.take(entries);
      emptyAtEnd = 0;
      yield entries;
    }
    if (entries.length >= pageSize) continue;
    // A status that nobody knows yet is one of a build that goes on.
    if (page.status !== 'ready' && page.status !== 'error') {
      const moves = entries.length > 0 || position.closed;
      pauseMs = moves ? pace.shortestMs : Math.min(pauseMs * 1.5, pace.longestMs);
      await pause(pauseMs, signal);
      continue;
    }
    if (position.closed) return page;
    const rereadMs = rereads[emptyAtEnd];
    if (rereadMs === undefined) {
      yield* readByTime(client, build, position);
      return page;
    }
    if (entries.length === 0) emptyAtEnd += 1;
    await pause(rereadMs, signal);
  }
}

export interface BuildIds {
  readonly templateId: string;
  readonly buildId: string;
}

/**
 * What the route by time has beyond the position. Stops without a word when that route fails: it is the second
 * source. It cannot get past a millisecond that fills a page of its own.
 */
async function* readByTime(
  client: RepeatableCalls,
  { templateId, buildId }: BuildIds,
  position: LogPosition,
): AsyncGenerator<readonly LogEntry[], void> {
  for (;;) {
    let page: readonly LogEntry[];
    try {
      page = await client.logs(templateId, buildId, position.cursor);
    } catch (error) {
      if (error instanceof ServiceError) return;
      throw error;
    }
    const entries = position.unseen(page);
    if (entries.length === 0) return;
    position.take(entries);
    yield entries;
  }
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
