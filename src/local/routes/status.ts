import type { BuildStatus, BuildStatusReason, LogLevel } from '../../api/types.ts';
import { atLeast, type Build, logEntry, type StampedLine } from '../build.ts';
import { ApiError, json } from '../http.ts';
import { isUuid } from '../names.ts';
import type { Call, Route } from '../router.ts';
import { queryInteger, queryWord } from '../schema.ts';
import type { TemplateStore } from '../store.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const MAX_LIMIT = 100;
const LOG_WINDOW_MS = 7 * 24 * 3_600_000;

/** State of a build with at most one page of its log. The offset counts the lines that pass the level. */
export const buildStatus: Route = {
  method: 'GET',
  path: '/templates/{templateID}/builds/{buildID}/status',
  handle(call, { store, pageSize }) {
    const offset = queryInteger(call.query, 'logsOffset', { minimum: 0 }) ?? 0;
    const limit = pageLimit(call, pageSize);
    const level = queryWord(call.query, 'level', LEVELS);
    const build = findBuild(call, store);
    const page = atLeast(build.lines, level).slice(offset, offset + limit);
    const status: BuildStatus = {
      templateID: build.templateId,
      buildID: build.id,
      status: build.status,
      logEntries: page.map(logEntry),
      logs: [],
      ...(build.reason && { reason: withLogEntries(build.reason, page) }),
    };
    return json(200, status);
  },
};

/** The log by time. The cursor is inclusive, so lines of its millisecond are repeated. */
export const buildLogs: Route = {
  method: 'GET',
  path: '/templates/{templateID}/builds/{buildID}/logs',
  handle(call, { store, pageSize }) {
    const cursor = queryInteger(call.query, 'cursor', { minimum: 0 });
    const limit = pageLimit(call, pageSize);
    const direction = queryWord(call.query, 'direction', ['forward', 'backward']) ?? 'forward';
    const level = queryWord(call.query, 'level', LEVELS);
    queryWord(call.query, 'source', ['temporary', 'persistent']);
    const lines = atLeast(findBuild(call, store).lines, level);
    const from = cursor ?? Date.now() - LOG_WINDOW_MS;
    const until = cursor ?? Number.POSITIVE_INFINITY;
    const page =
      direction === 'forward'
        ? lines.filter((line) => line.at >= from).slice(0, limit)
        : lines
            .filter((line) => line.at <= until)
            .slice(-limit || lines.length)
            .toReversed();
    return json(200, { logs: page.map(logEntry) });
  },
};

function pageLimit(call: Call, pageSize: number): number {
  const limit = queryInteger(call.query, 'limit', { minimum: 0, maximum: MAX_LIMIT });
  return Math.min(limit ?? pageSize, pageSize);
}

function findBuild(call: Call, store: TemplateStore): Build {
  const buildId = call.param('buildID');
  if (!isUuid(buildId)) throw new ApiError(400, 'Invalid build id');
  const build = store.build(call.param('templateID'), buildId);
  if (!build) throw new ApiError(400, `Build '${buildId}' not found`);
  return build;
}

function withLogEntries(
  reason: Pick<BuildStatusReason, 'message' | 'step'>,
  page: readonly StampedLine[],
): BuildStatusReason {
  if (reason.step === undefined) return reason;
  const ofStep = atLeast(page, 'warn').filter((line) => line.step === reason.step);
  return ofStep.length === 0 ? reason : { ...reason, logEntries: ofStep.map(logEntry) };
}
