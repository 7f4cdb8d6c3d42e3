import { cpuRule, memoryRule } from '../api/sandbox-size.ts';
import type { LogLevel } from '../api/types.ts';
import { isRecord, parseJson } from '../json.ts';
import { quote } from '../problem.ts';
import { parseTest } from '../smoke-test/parse-test.ts';
import { parseServedUrl } from '../smoke-test/parse-url.ts';
import { readBuildArguments } from './build-arguments.ts';
import { type Connection, readConnection } from './connection.ts';
import { readMaxAge } from './max-age.ts';
import { type InputReader, inputReader, type ReadInputs } from './reader.ts';
import {
  type FollowingInputs,
  minutesRule,
  readCommentKey,
  readEnvironment,
  readFollowing,
  readLogLevel,
} from './shared.ts';

/** The inputs of the build action, parsed. Keys are the inputs' names in camel case. */
export interface BuildInputs extends FollowingInputs {
  /** Path as given. Empty: the definition is discovered. */
  readonly template: string;
  /** Empty: the export is chosen by rule. */
  readonly export: string;
  /** The Python interpreter that reads a Python file, a path or a command. Empty: found by rule. */
  readonly python: string;
  /** Handed to a definition that is a function. Undefined where the input is empty. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  /** Empty: the definition names the template. */
  readonly name: string;
  /** Empty: the definition has the start command, if there is one. So with the next two. */
  readonly startCmd: string;
  readonly readyCmd: string;
  /** Folder that COPY sources are relative to, as given. */
  readonly context: string;
  /** Values for `ARG` of a Dockerfile. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Tags and rules as written. Empty: the event decides. */
  readonly tags: string;
  /** Lets pull requests and merge groups move `latest`, `default` and versions. */
  readonly allowProductionTags: boolean;
  /** This and the next three are undefined where the input is empty. Then the definition may decide. */
  readonly cpuCount: number | undefined;
  /** MiB. */
  readonly memoryMb: number | undefined;
  readonly skipCache: boolean | undefined;
  readonly logLevel: LogLevel | undefined;
  /** What the findings of recipe checks are: warnings, mistakes or nothing. */
  readonly check: 'warn' | 'error' | 'off';
  /** How a build of the same content is used: `auto` reuses it, `require` never builds. */
  readonly reuse: 'auto' | 'never' | 'require';
  /** An older build is not reused, but made anew without the cache. Milliseconds; undefined for no limit. */
  readonly maxAgeMs: number | undefined;
  /** Pin the base to the digest or build that was looked up. */
  readonly pinBase: boolean;
  readonly wait: boolean;
  /** Plan, and change nothing. */
  readonly dryRun: boolean;
  readonly retryWithoutCache: boolean;
  readonly workingDirectory: string;
  /** Whether the pull request gets a comment. `auto`: where the token can write one. */
  readonly comment: 'auto' | 'always' | 'never';
  /** Separates the comments of several builds with one name. */
  readonly commentKey: string;
  /** Empty without a token. */
  readonly githubToken: string;
  /** Empty without a token. */
  readonly gitlabToken: string;
  /** Environment of the deployments that show previews. Empty for none. */
  readonly environment: string;
  /** What to do without a key: `auto` skips the build where GitHub withholds secrets, and fails elsewhere. */
  readonly onMissingCredentials: 'auto' | 'fail' | 'skip';
  /**
   * Where the recipe runs. `auto`: at the service with a key; where GitHub withholds it, in containers of a runner that
   * GitHub hosts.
   */
  readonly buildOn: 'auto' | 'service' | 'local';
  /** Commands for the finished template, as written. Empty for none. */
  readonly test: string;
  /** `8080/health`: what the finished template must serve, as written. Empty for nothing. */
  readonly testUrl: string;
  /** For all of them together. */
  readonly testTimeoutMinutes: number;
  readonly connection: Connection;
}

/** The inputs, with what the definition or a default says where an input is silent. */
export interface SettledInputs extends BuildInputs {
  readonly cpuCount: number;
  readonly memoryMb: number;
  readonly skipCache: boolean;
  readonly logLevel: LogLevel;
}

/**
 * Reads all inputs of the build action. It never throws: a wrong value goes into `problems` and is replaced by its
 * default, so that the definition is checked too and one run names every mistake.
 *
 * @param secretsWithheld - whether GitHub withholds secrets, so that a missing key is no mistake
 */
export function readBuildInputs(
  env: NodeJS.ProcessEnv,
  { secretsWithheld = false } = {},
): ReadInputs<BuildInputs> {
  const reader = inputReader(env);
  const onMissingCredentials = reader.choice('on-missing-credentials', ['auto', 'fail', 'skip'], 'auto');
  const buildOn = reader.choice('build-on', ['auto', 'service', 'local'], 'auto');
  const keyOptional =
    buildOn === 'local' ||
    onMissingCredentials === 'skip' ||
    (onMissingCredentials === 'auto' && secretsWithheld);
  const skipCache = reader.flag('skip-cache', undefined);
  const wait = reader.flag('wait', true);
  const dryRun = reader.flag('dry-run', false);
  const inputs: BuildInputs = {
    template: reader.text('template'),
    export: reader.text('export'),
    python: reader.text('python'),
    args: readArguments(reader),
    name: reader.text('name'),
    startCmd: reader.text('start-cmd'),
    readyCmd: reader.text('ready-cmd'),
    context: reader.text('context'),
    buildArgs: readBuildArguments(reader),
    tags: reader.text('tags'),
    allowProductionTags: reader.flag('allow-production-tags', false),
    cpuCount: reader.number('cpu-count', undefined, cpuRule),
    memoryMb: reader.number('memory-mb', undefined, memoryRule),
    skipCache,
    check: reader.choice('check', ['warn', 'error', 'off'], 'warn'),
    reuse: readReuse(reader, skipCache),
    maxAgeMs: readMaxAge(reader),
    pinBase: reader.flag('pin-base', true),
    wait,
    dryRun,
    retryWithoutCache: reader.flag('retry-without-cache', false),
    ...readFollowing(reader),
    logLevel: readLogLevel(reader, undefined),
    workingDirectory: reader.text('working-directory') || '.',
    comment: reader.choice('comment', ['auto', 'always', 'never'], 'auto'),
    commentKey: readCommentKey(reader),
    githubToken: reader.text('github-token'),
    gitlabToken: reader.text('gitlab-token', 'GITLAB_TOKEN'),
    environment: readEnvironment(reader),
    onMissingCredentials,
    buildOn,
    ...readTest(reader, env, { wait, dryRun }),
    testTimeoutMinutes: reader.number('test-timeout', 10, minutesRule),
    connection: readConnection(env, reader, { keyOptional: keyOptional || dryRun }),
  };
  return reader.done(inputs);
}

/** The names of all inputs of the build action. */
export function buildInputNames(): readonly string[] {
  return readBuildInputs({}).names;
}

function readArguments(reader: InputReader): BuildInputs['args'] {
  const text = reader.text('args');
  if (text === '') return undefined;
  const value = parseJson(text);
  if (isRecord(value)) return value;
  const found = value === undefined ? 'which is not JSON' : 'which is no JSON object';
  reader.reject('args', `found ${quote(text)}, ${found}; expected one such as {"dev": true}.`);
  return undefined;
}

/** Reads the test of the finished template. A mistake of it is found before anything is built. */
function readTest(
  reader: InputReader,
  env: NodeJS.ProcessEnv,
  { wait, dryRun }: Pick<BuildInputs, 'wait' | 'dryRun'>,
): Pick<BuildInputs, 'test' | 'testUrl'> {
  const test = reader.text('test');
  const testUrl = reader.text('test-url');
  if (test !== '' && parseTest(test).length === 0)
    reader.reject(
      'test',
      `found ${quote(test)}, which has comments and no command. Write a command on a line of its own, such as python --version, or leave it empty.`,
    );
  const url = testUrl === '' ? undefined : parseServedUrl(testUrl);
  if (typeof url === 'string') reader.reject('test-url', `found ${quote(testUrl)}, ${url}`);
  if (test === '' && testUrl === '') return { test, testUrl };
  if (!wait && !dryRun)
    reader.reject(
      'wait',
      `found false together with ${test === '' ? 'test-url' : 'test'}, which needs the finished build. Remove wait: false, or the test.`,
    );
  const sandboxUrl = (env['NOVITA_SANDBOX_URL'] ?? '').trim();
  if (sandboxUrl !== '' && !isHttpUrl(sandboxUrl))
    reader.reject(
      'domain',
      `the variable NOVITA_SANDBOX_URL is ${quote(sandboxUrl)}, expected an http or https address such as https://sandboxes.example.com. Remove it to reach each sandbox at its own address.`,
    );
  return { test, testUrl };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** A build that skips the cache does not reuse a build either. */
function readReuse(reader: InputReader, skipCache: boolean | undefined): BuildInputs['reuse'] {
  const reuse = reader.choice('reuse', ['auto', 'never', 'require'], 'auto');
  if (!skipCache) return reuse;
  if (reuse === 'require') {
    reader.reject(
      'reuse',
      'found "require", which never builds, together with skip-cache: true, which always does. Remove one of them.',
    );
  }
  return 'never';
}
