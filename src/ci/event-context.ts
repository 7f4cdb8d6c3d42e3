import { readFileSync } from 'node:fs';
import { isRecord, parseJson } from '../json.ts';
import { problem } from '../problem.ts';

/** The raw data of the event that started this run, as the runner gives it. */
export interface EventContext {
  /** Empty outside of GitHub Actions. */
  readonly eventName: string;
  /** The object in the event file, unchecked. Empty without such a file. */
  // biome-ignore lint/suspicious/noExplicitAny: `payloadReader` checks every field before it is used.
  readonly payload: Readonly<Record<string, any>>;
  readonly sha: string;
  readonly ref: string;
  readonly actor: string;
  readonly serverUrl: string;
  /** 0 outside of GitHub Actions. */
  readonly runId: number;
}

/**
 * Reads the runner's variables and the event file. That file decides which secrets a run gets and which tags it may
 * move, so a file that cannot be read is an error.
 *
 * @throws ProblemsError
 */
export function readEventContext(env: NodeJS.ProcessEnv): EventContext {
  return {
    eventName: env['GITHUB_EVENT_NAME'] ?? '',
    payload: readEventFile(env['GITHUB_EVENT_PATH'] ?? ''),
    sha: env['GITHUB_SHA'] ?? '',
    ref: env['GITHUB_REF'] ?? '',
    actor: env['GITHUB_ACTOR'] ?? '',
    serverUrl: env['GITHUB_SERVER_URL'] || 'https://github.com',
    runId: Number.parseInt(env['GITHUB_RUN_ID'] ?? '', 10) || 0,
  };
}

function readEventFile(path: string): EventContext['payload'] {
  if (path === '') return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw unreadable(path, `it cannot be read (${code})`);
  }
  const payload = parseJson(text.replace(/^\uFEFF/, ''));
  if (payload === undefined) throw unreadable(path, 'it is not JSON');
  if (!isRecord(payload)) throw unreadable(path, 'it is not a JSON object');
  return payload;
}

function unreadable(path: string, found: string) {
  return problem(
    'The event of this run',
    `GITHUB_EVENT_PATH names ${path}, and ${found}. It must be the JSON object that the runner writes there about the event of this run. Run the job again. If you set the variable yourself, leave it unset or name such a file.`,
  );
}
