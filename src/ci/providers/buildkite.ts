import { tmpdir } from 'node:os';
import { repositoryOfUrl } from '../../git/remotes.ts';
import type { RunFacts } from '../run-facts.ts';
import { runFacts, sourcePlace } from '../system-run.ts';
import { runAgent } from './buildkite-agent.ts';
import { painter } from './colors.ts';
import { noResults, plainAnnotations, printLine } from './plain-commands.ts';
import type { Provider, RunnerCommands } from './provider.ts';

/** Buildkite, whose agent stands beside the job as the command `buildkite-agent`. */
export function buildkite(env: NodeJS.ProcessEnv): Provider {
  const workspace = env['BUILDKITE_BUILD_CHECKOUT_PATH'];
  return {
    title: 'Buildkite',
    ...(workspace && { workspace }),
    temporaryDirectory: tmpdir(),
    commands: buildkiteCommands(env),
    readFacts: () => buildkiteFacts(env),
  };
}

/**
 * The log of a Buildkite job, in which a group ends where the next one begins. So what stands outside of all groups gets
 * a heading of its own, which is open.
 */
function buildkiteCommands(env: NodeJS.ProcessEnv): RunnerCommands {
  const paint = painter(env, true);
  let afterGroup = false;
  const print = (line: string): void => {
    if (afterGroup) printLine('+++ Template');
    afterGroup = false;
    printLine(breakHeading(line));
  };
  /** One after another: the agent keeps what it gets last. */
  let queue: Promise<void> = Promise.resolve();
  const agent = (parameters: readonly string[], input: string): Promise<void> => {
    const done = queue.then(() => runAgent(parameters, input, env));
    queue = done.catch(() => {});
    return done;
  };
  const prefix = env['BUILDKITE_STEP_KEY'] || 'novita-template';
  let summary = '';
  return {
    ...noResults(false),
    ...plainAnnotations(print, paint),
    info: print,
    startGroup(title) {
      afterGroup = false;
      printLine(`--- ${title}`);
    },
    endGroup() {
      afterGroup = true;
    },
    setOutput: (name, value) => agent(['meta-data', 'set', `${prefix}:${name}`], value),
    setSecret(text) {
      // An old agent cannot do it. What this process prints has no secret anyway.
      agent(['redactor', 'add'], text).catch(() => {});
    },
    addSummary(markdown) {
      summary += markdown;
      return agent(['annotate', '--context', `novita-template-${prefix}`, '--style', 'info'], summary);
    },
    finish: () => queue,
  };
}

/** A heading is a heading at the beginning of a line only. */
function breakHeading(line: string): string {
  return /^\s*(---|\+\+\+|~~~|\^\^\^)/.test(line) ? `│ ${line}` : line;
}

/** Reads the variables of a Buildkite job. */
export function buildkiteFacts(env: NodeJS.ProcessEnv): RunFacts {
  const number = env['BUILDKITE_PULL_REQUEST'] || 'false';
  const ofPullRequest = number !== 'false';
  const { BUILDKITE_REPO: home = '', BUILDKITE_PULL_REQUEST_REPO: head = '' } = env;
  const fork = ofPullRequest && head !== '' && repositoryOfUrl(head) !== repositoryOfUrl(home);
  const source = env['BUILDKITE_SOURCE'];
  const { BUILDKITE_BUILD_URL: build = '', BUILDKITE_JOB_ID: job = '' } = env;
  const tag = env['BUILDKITE_TAG'];
  return runFacts({
    system: 'Buildkite',
    ofPullRequest,
    pullRequest: number,
    // It has the name of the tag in a build of a tag.
    branch: tag ? undefined : env['BUILDKITE_BRANCH'],
    tag,
    sha: env['BUILDKITE_COMMIT'],
    baseRef: env['BUILDKITE_PULL_REQUEST_BASE_BRANCH'],
    headRef: env['BUILDKITE_BRANCH'],
    defaultBranch: env['BUILDKITE_PIPELINE_DEFAULT_BRANCH'],
    fork,
    // An agent has the same secrets for all builds.
    secretsGiven: fork,
    cause: source === 'schedule' ? 'schedule' : source === 'ui' ? 'person' : undefined,
    repository: repositoryOfUrl(home)?.split('/').slice(1).join('/'),
    repositoryUrl: home,
    runUrl: build && job ? `${build}#${job}` : build,
    run: env['BUILDKITE_BUILD_NUMBER'],
    attempt: String(Number(env['BUILDKITE_RETRY_COUNT'] || 0) + 1),
    commits: [env['BUILDKITE_COMMIT']],
    source: sourcePlace(home, env['BUILDKITE_COMMIT'], env['BUILDKITE_BUILD_CHECKOUT_PATH']),
  });
}
