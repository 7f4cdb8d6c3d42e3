import { defaultMemoryMb } from '../api/sandbox-size.ts';
import { type Connection, readConnection } from './connection.ts';
import { type InputReader, inputReader, type ReadInputs } from './reader.ts';
import { type FollowingInputs, readCommentKey, readEnvironment, readFollowing } from './shared.ts';

/** The inputs of the build action, parsed. Keys are the inputs' names in camel case. */
export interface BuildInputs extends FollowingInputs {
  /** Path as given; empty when the definition is to be discovered. */
  readonly template: string;
  /** Empty when the export is to be found. */
  readonly export: string;
  readonly name: string;
  /** Tags and rules as written; empty when the event decides. */
  readonly tags: string;
  /** Lets pull requests and merge groups move `latest`, `default` and versions. */
  readonly allowProductionTags: boolean;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly skipCache: boolean;
  /** What is done with a build of the same content: `auto` takes it, `require` never builds. */
  readonly reuse: 'auto' | 'never' | 'require';
  /** Build on exactly what the base is found to mean. */
  readonly pinBase: boolean;
  readonly wait: boolean;
  readonly retryWithoutCache: boolean;
  readonly workingDirectory: string;
  /** Whether the pull request gets a comment; `auto` where the token can write one. */
  readonly comment: 'auto' | 'always' | 'never';
  /** Tells comments about builds of one name apart. */
  readonly commentKey: string;
  /** Empty when there is none. */
  readonly githubToken: string;
  /** Environment of the deployments that previews are shown as; empty for none. */
  readonly environment: string;
  /** What a build without a key is: `auto` skips it where GitHub withholds secrets, and fails elsewhere. */
  readonly onMissingCredentials: 'auto' | 'fail' | 'skip';
  readonly connection: Connection;
}

/**
 * Reads all inputs of the build action. Never throws: what is wrong is in `problems`, and the value stands as
 * its default, so that the definition can still be checked and every mistake named in one run.
 *
 * @param secretsWithheld - whether a missing key is nobody's mistake
 */
export function readBuildInputs(
  env: NodeJS.ProcessEnv,
  { secretsWithheld = false } = {},
): ReadInputs<BuildInputs> {
  const reader = inputReader(env);
  const onMissingCredentials = reader.choice('on-missing-credentials', ['auto', 'fail', 'skip'], 'auto');
  const keyOptional = onMissingCredentials === 'skip' || (onMissingCredentials === 'auto' && secretsWithheld);
  const skipCache = reader.flag('skip-cache', false);
  // Rules of the service, which would answer 400 after the name was claimed; `judgeSize` knows the others.
  const cpuCount = reader.number('cpu-count', 2, {
    accepts: (value) =>
      value === 1 || (Number.isInteger(value) && value >= 2 && value <= 32 && value % 2 === 0),
    expected: '1 or an even number up to 32',
  });
  const inputs: BuildInputs = {
    template: reader.text('template'),
    export: reader.text('export'),
    name: reader.text('name'),
    tags: reader.text('tags'),
    allowProductionTags: reader.flag('allow-production-tags', false),
    cpuCount,
    memoryMb: reader.number('memory-mb', defaultMemoryMb(cpuCount), {
      accepts: (value) => Number.isInteger(value) && value >= 128 && value % 2 === 0,
      expected: 'an even number of MiB, at least 128',
    }),
    skipCache,
    reuse: readReuse(reader, skipCache),
    pinBase: reader.flag('pin-base', true),
    wait: reader.flag('wait', true),
    retryWithoutCache: reader.flag('retry-without-cache', false),
    ...readFollowing(reader),
    workingDirectory: reader.text('working-directory') || '.',
    comment: reader.choice('comment', ['auto', 'always', 'never'], 'auto'),
    commentKey: readCommentKey(reader),
    githubToken: reader.text('github-token'),
    environment: readEnvironment(reader),
    onMissingCredentials,
    connection: readConnection(env, reader, { keyOptional }),
  };
  return reader.done(inputs);
}

/** Who builds everything anew wants no build that is there already. */
function readReuse(reader: InputReader, skipCache: boolean): BuildInputs['reuse'] {
  const reuse = reader.choice('reuse', ['auto', 'never', 'require'], 'auto');
  if (!skipCache) return reuse;
  if (reuse === 'require') {
    reader.reject(
      'reuse',
      'found "require", which never builds, together with skip-cache: true, which always does. Take one of them out.',
    );
  }
  return 'never';
}
