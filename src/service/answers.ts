import type { BuildStatus, LogEntry, Registration } from './types.ts';

const levels = new Set<unknown>(['debug', 'info', 'warn', 'error'] satisfies LogEntry['level'][]);

/** What an identifier may hold: it becomes a part of paths, outputs and file names. */
const identifier = /^[\w-]{1,100}$/;

/**
 * A registration with its identifiers made sure of; `undefined` when one of them is missing or no identifier.
 * Tags that are none are left out.
 */
export function readRegistration(answer: Registration): Registration | undefined {
  const { templateID, buildID, tags } = answer;
  if (![templateID, buildID].every((id) => typeof id === 'string' && identifier.test(id))) return undefined;
  const list: unknown[] = Array.isArray(tags) ? tags : [];
  return {
    ...answer,
    tags: list.filter((tag) => typeof tag === 'string' && /^[\w.-]+$/.test(tag)) as string[],
  };
}

/**
 * Log entries as they are to be counted on: one for each that was sent, since the service counts them too,
 * with every field there. `null` for the list is an empty one.
 */
export function readLogEntries(entries: readonly Partial<LogEntry>[] | null | undefined): LogEntry[] {
  if (!Array.isArray(entries)) return [];
  return entries.map((entry: Partial<LogEntry> | null) => ({
    timestamp: String(entry?.timestamp ?? ''),
    level: levels.has(entry?.level) ? (entry?.level as LogEntry['level']) : 'info',
    message: String(entry?.message ?? ''),
    ...(typeof entry?.step === 'string' && { step: entry.step }),
  }));
}

/** A status answer with its entries made sure of; `undefined` when it holds no status. */
export function readBuildStatus(answer: BuildStatus): BuildStatus | undefined {
  if (typeof answer.status !== 'string') return undefined;
  return { ...answer, logEntries: readLogEntries(answer.logEntries) };
}

/** The `message` of an error body on one line, or the body's text where it is something else, such as a page. */
export function serviceWords(body: unknown): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  const text = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message);
  const plain = /^\s*</.test(text) ? text.replace(/<[^>]*>/g, ' ') : text;
  const line = plain.replace(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}
