import { quote } from '../problem.ts';
import { type Connection, readConnection } from './connection.ts';
import { type InputReader, inputReader, type ReadInputs } from './reader.ts';
import { readEnvironment } from './shared.ts';

/** The inputs of the cleanup action, parsed. */
export interface CleanupInputs {
  /** Names of templates, at least one. */
  readonly names: readonly string[];
  /** The text before the number of the pull request. */
  readonly tagPrefix: string;
  /** The pull request of the event, or all closed pull requests. */
  readonly mode: 'event' | 'sweep';
  /** Days after which a sweep removes content tags of builds without another tag. Absent: never. */
  readonly contentDays?: number;
  /** Only list what would be removed. */
  readonly dryRun: boolean;
  readonly summary: boolean;
  /** Empty without a token. */
  readonly githubToken: string;
  /** Empty without a token. */
  readonly gitlabToken: string;
  /** Environment whose deployments are set inactive. Empty for none. */
  readonly environment: string;
  readonly connection: Connection;
}

/**
 * Reads all inputs of the cleanup action. It never throws: what is wrong is in `problems`.
 *
 * @param keyOptional - whether a missing key is no mistake
 */
export function readCleanupInputs(
  env: NodeJS.ProcessEnv,
  { keyOptional = false } = {},
): ReadInputs<CleanupInputs> {
  const reader = inputReader(env);
  const mode = reader.choice('mode', ['event', 'sweep'], 'event');
  const githubToken = reader.text('github-token');
  if (mode === 'sweep' && githubToken === '') {
    reader.reject('github-token', 'is empty; mode: sweep asks GitHub which pull requests are closed.');
  }
  const contentDays = readContentDays(reader, mode);
  const inputs: CleanupInputs = {
    names: readNames(reader),
    tagPrefix: readPrefix(reader),
    mode,
    ...(contentDays !== undefined && { contentDays }),
    dryRun: reader.flag('dry-run', false),
    summary: reader.flag('summary', true),
    githubToken,
    gitlabToken: reader.text('gitlab-token', 'GITLAB_TOKEN'),
    environment: readEnvironment(reader),
    connection: readConnection(env, reader, { keyOptional }),
  };
  return reader.done(inputs);
}

/** Names separated by lines or commas. */
function readNames(reader: InputReader): string[] {
  const names = reader.text('name').split(/[\n,]/);
  return [...new Set(names.map((name) => name.trim()))].filter((name) => name !== '');
}

/** At least a day, since every build ends within a day. See `staleContentTags`. */
function readContentDays(reader: InputReader, mode: CleanupInputs['mode']): number | undefined {
  const found = reader.text('content-days');
  if (found === '') return undefined;
  // An unknown mode was reported above and counts as event.
  if (mode === 'event' && !reader.problems.some(({ title }) => title === 'Input mode')) {
    reader.reject(
      'content-days',
      `found ${quote(found)}, expected nothing with mode: event, which removes no content tags. Remove it, or use it in a job with mode: sweep.`,
    );
    return undefined;
  }
  const rule = {
    accepts: (days: number) => Number.isInteger(days) && days >= 1 && days <= 3650,
    expected: 'a whole number of days from 1 to 3650, or nothing to keep content tags for ever',
  };
  return reader.number('content-days', 1, rule);
}

/** With an empty prefix, or one that ends in a digit, other tags would look like those of a pull request. */
function readPrefix(reader: InputReader): string {
  const prefix = reader.text('tag-prefix') || 'pr-';
  if (/^[a-z][a-z0-9_.-]*[-_]$/.test(prefix)) return prefix;
  reader.reject(
    'tag-prefix',
    `found ${quote(prefix)}, expected the text before the number in preview tags: lower-case letters, digits, -, _ and ., a letter first and - or _ last, such as pr-.`,
  );
  return 'pr-';
}
