import { tmpdir } from 'node:os';
import type { RunFacts } from '../run-facts.ts';
import { runFacts, sourcePlace, wholeNumber } from '../system-run.ts';
import { painter } from './colors.ts';
import { noResults, plainAnnotations, printLine } from './plain-commands.ts';
import type { Provider, RunnerCommands } from './provider.ts';

/** GitLab CI/CD. Later jobs get files by the artifacts that a job declares, so there is nothing to hand them here. */
export function gitlab(env: NodeJS.ProcessEnv): Provider {
  const workspace = env['CI_PROJECT_DIR'];
  return {
    title: 'GitLab CI/CD',
    ...(workspace && { workspace }),
    temporaryDirectory: tmpdir(),
    commands: gitlabCommands(env),
    ...placeOf(env),
    readFacts: () => gitlabFacts(env),
  };
}

/**
 * The log of a GitLab job. A section begins and ends with a mark that the log view reads: a time, an identifier, a
 * carriage return and the code that clears a line. The lines of others have neither of the last two; their marks are
 * broken all the same.
 */
function gitlabCommands(env: NodeJS.ProcessEnv): RunnerCommands {
  const paint = painter(env, true);
  const print = (line: string): void => printLine(breakSections(line));
  const mark = (what: 'start' | 'end', options = ''): string =>
    `\u001b[0Ksection_${what}:${Math.floor(Date.now() / 1000)}:novita_template_${sections}${options}\r\u001b[0K`;
  let sections = 0;
  return {
    ...noResults(env['CI_DEBUG_TRACE'] === 'true'),
    ...plainAnnotations(print, paint),
    info: print,
    startGroup(title) {
      sections += 1;
      printLine(`${mark('start', '[collapsed=true]')}${paint('bold', breakSections(title))}`);
    },
    endGroup: () => printLine(mark('end')),
  };
}

function breakSections(line: string): string {
  return line.replace(/section_(?=(start|end):)/gi, 'section\\_');
}

/** The merge request that is built, which may be in another project than the pipeline. */
function placeOf(env: NodeJS.ProcessEnv): Pick<Provider, 'gitlab'> {
  const { CI_API_V4_URL: apiUrl, CI_MERGE_REQUEST_PROJECT_ID: project } = env;
  const mergeRequest = wholeNumber(env['CI_MERGE_REQUEST_IID']);
  if (!apiUrl || !project || mergeRequest === undefined) return {};
  const home = env['CI_MERGE_REQUEST_PROJECT_URL'] || env['CI_PROJECT_URL'] || '';
  return { gitlab: { apiUrl, project, mergeRequest, url: `${home}/-/merge_requests/${mergeRequest}` } };
}

/** Reads GitLab's predefined variables. */
export function gitlabFacts(env: NodeJS.ProcessEnv): RunFacts {
  const number = env['CI_MERGE_REQUEST_IID'] || env['CI_EXTERNAL_PULL_REQUEST_IID'];
  const target = env['CI_MERGE_REQUEST_PROJECT_PATH'];
  const fork = Boolean(env['CI_MERGE_REQUEST_IID']) && env['CI_MERGE_REQUEST_SOURCE_PROJECT_PATH'] !== target;
  const cause = env['CI_PIPELINE_SOURCE'] ?? '';
  const commit = env['CI_COMMIT_SHA'];
  return runFacts({
    system: 'GitLab CI/CD',
    ofPullRequest: number !== undefined && number !== '',
    pullRequest: number,
    // The job that ends the environment of a merge request, also when that is closed or merged.
    closed: Boolean(env['CI_MERGE_REQUEST_IID']) && env['CI_ENVIRONMENT_ACTION'] === 'stop',
    branch: env['CI_COMMIT_BRANCH'],
    tag: env['CI_COMMIT_TAG'],
    // A pipeline of the merged result has another commit.
    sha: env['CI_MERGE_REQUEST_SOURCE_BRANCH_SHA'] || commit,
    commitDate: env['CI_COMMIT_TIMESTAMP'],
    baseRef: env['CI_MERGE_REQUEST_TARGET_BRANCH_NAME'] || env['CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME'],
    headRef: env['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME'] || env['CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME'],
    baseSha: env['CI_MERGE_REQUEST_TARGET_BRANCH_SHA'] || env['CI_MERGE_REQUEST_DIFF_BASE_SHA'],
    defaultBranch: env['CI_DEFAULT_BRANCH'],
    fork,
    // A fork's pipeline runs in the fork, with the fork's variables. A member can run it in this project.
    secretsGiven: fork && env['CI_PROJECT_PATH'] === target,
    cause: cause === 'schedule' ? 'schedule' : ['web', 'chat'].includes(cause) ? 'person' : undefined,
    repository: env['CI_PROJECT_PATH'],
    repositoryUrl: env['CI_PROJECT_URL'],
    runUrl: env['CI_JOB_URL'] || env['CI_PIPELINE_URL'],
    run: env['CI_PIPELINE_ID'],
    commits: [commit],
    source: sourcePlace(env['CI_PROJECT_URL'], commit, env['CI_PROJECT_DIR'], '-/blob'),
  });
}
