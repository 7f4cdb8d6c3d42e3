import { readFileSync } from 'node:fs';
import { problem } from '../problem.ts';

/** What the runner says about the event that started this run, before anything is made of it. */
export interface EventContext {
  /** Empty outside of GitHub Actions. */
  readonly eventName: string;
  /** The object in the event file, whatever it holds; empty where there is no such file. */
  // biome-ignore lint/suspicious/noExplicitAny: `payloadReader` looks at every field before it is used.
  readonly payload: Readonly<Record<string, any>>;
  readonly sha: string;
  readonly ref: string;
  readonly actor: string;
  readonly serverUrl: string;
  /** 0 where there is none. */
  readonly runId: number;
}

/**
 * Reads the runner's variables and the event file. Whether a run may have secrets, and which tags it may move, hangs
 * on what stands in that file, so nothing is guessed where it cannot be read.
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
  let payload: unknown;
  try {
    payload = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw unreadable(path, 'it is not JSON');
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw unreadable(path, 'it holds no JSON object');
  }
  return payload;
}

function unreadable(path: string, found: string) {
  return problem(
    'The event of this run',
    `GITHUB_EVENT_PATH names ${path}, and ${found}. Expected is the JSON object that the runner writes there, which tells what started this run. Run the job again. If you set the variable yourself, leave it unset or name such a file.`,
  );
}
