import { repositoryOfUrl } from '../../git/remotes.ts';
import type { SystemRun } from '../system-run.ts';
import { hasServiceKey } from './service-key.ts';

/** What the variables of a system say, and the folder that its jobs work in. */
type Reading = Partial<SystemRun> & { readonly workspace?: string | undefined };

/** By the name that `ci-info` has for the system. */
export const systems: Readonly<Record<string, (env: NodeJS.ProcessEnv) => Reading>> = {
  CIRCLE(env) {
    // The address of a pull request of the branch, any of them if there are several.
    const [number] = /\d+$/.exec(env['CIRCLE_PULL_REQUEST'] ?? '') ?? [];
    // Set for forks only.
    const fork = Boolean(env['CIRCLE_PR_NUMBER']);
    return {
      ofPullRequest: number !== undefined || fork,
      pullRequest: env['CIRCLE_PR_NUMBER'] || number,
      branch: env['CIRCLE_BRANCH'],
      tag: env['CIRCLE_TAG'],
      sha: env['CIRCLE_SHA1'],
      headRef: env['CIRCLE_BRANCH'],
      fork,
      // A setting of the project gives forks the secrets. Then this one is here.
      secretsGiven: fork && hasServiceKey(env),
      repository: [env['CIRCLE_PROJECT_USERNAME'], env['CIRCLE_PROJECT_REPONAME']].filter(Boolean).join('/'),
      repositoryUrl: env['CIRCLE_REPOSITORY_URL'],
      runUrl: env['CIRCLE_BUILD_URL'],
      run: env['CIRCLE_BUILD_NUM'],
      workspace: env['CIRCLE_WORKING_DIRECTORY']?.replace(/^~(?=$|\/)/, env['HOME'] ?? '~'),
    };
  },
  BITBUCKET(env) {
    const { BITBUCKET_GIT_HTTP_ORIGIN: origin, BITBUCKET_BUILD_NUMBER: run } = env;
    return {
      ofPullRequest: Boolean(env['BITBUCKET_PR_ID']),
      pullRequest: env['BITBUCKET_PR_ID'],
      branch: env['BITBUCKET_BRANCH'],
      tag: env['BITBUCKET_TAG'],
      sha: env['BITBUCKET_COMMIT'],
      baseRef: env['BITBUCKET_PR_DESTINATION_BRANCH'],
      baseSha: env['BITBUCKET_PR_DESTINATION_COMMIT'],
      headRef: env['BITBUCKET_BRANCH'],
      repository: env['BITBUCKET_REPO_FULL_NAME'],
      repositoryUrl: origin,
      runUrl: origin && run ? `${origin.replace(/^http:/, 'https:')}/pipelines/results/${run}` : undefined,
      run,
      workspace: env['BITBUCKET_CLONE_DIR'],
    };
  },
  JENKINS(env) {
    const ofPullRequest = Boolean(env['CHANGE_ID']);
    const branch = env['BRANCH_NAME'] || env['GIT_BRANCH']?.replace(/^origin\//, '');
    const fork = ofPullRequest && Boolean(env['CHANGE_FORK']);
    return {
      ofPullRequest,
      pullRequest: env['CHANGE_ID'],
      // It is `PR-12` for a pull request, and the tag's name for a tag.
      branch: env['TAG_NAME'] ? undefined : branch,
      tag: env['TAG_NAME'],
      sha: env['GIT_COMMIT'],
      baseRef: env['CHANGE_TARGET'],
      headRef: env['CHANGE_BRANCH'],
      defaultBranch: env['BRANCH_IS_PRIMARY'] === 'true' ? branch : undefined,
      fork,
      // A pipeline's credentials do not depend on who proposed the change.
      secretsGiven: fork,
      repository: env['GIT_URL'] && repositoryOfUrl(env['GIT_URL'])?.split('/').slice(1).join('/'),
      repositoryUrl: env['GIT_URL'],
      runUrl: env['BUILD_URL'],
      run: env['BUILD_NUMBER'],
      workspace: env['WORKSPACE'],
    };
  },
  TRAVIS(env) {
    const number = env['TRAVIS_PULL_REQUEST'] || 'false';
    const ofPullRequest = number !== 'false';
    const fork = ofPullRequest && env['TRAVIS_PULL_REQUEST_SLUG'] !== env['TRAVIS_REPO_SLUG'];
    return {
      ofPullRequest,
      pullRequest: number,
      // The target branch of a pull request, and the tag's name for a tag.
      branch: env['TRAVIS_TAG'] ? undefined : env['TRAVIS_BRANCH'],
      tag: env['TRAVIS_TAG'],
      sha: env['TRAVIS_PULL_REQUEST_SHA'] || env['TRAVIS_COMMIT'],
      baseRef: env['TRAVIS_BRANCH'],
      headRef: env['TRAVIS_PULL_REQUEST_BRANCH'],
      fork,
      secretsGiven: fork && env['TRAVIS_SECURE_ENV_VARS'] === 'true',
      cause: env['TRAVIS_EVENT_TYPE'] === 'cron' ? 'schedule' : undefined,
      repository: env['TRAVIS_REPO_SLUG'],
      repositoryUrl: env['TRAVIS_REPO_SLUG'] && `https://github.com/${env['TRAVIS_REPO_SLUG']}`,
      runUrl: env['TRAVIS_JOB_WEB_URL'],
      run: env['TRAVIS_BUILD_NUMBER'],
      commits: [env['TRAVIS_COMMIT']],
      workspace: env['TRAVIS_BUILD_DIR'],
    };
  },
  DRONE(env) {
    return {
      ofPullRequest: Boolean(env['DRONE_PULL_REQUEST']),
      pullRequest: env['DRONE_PULL_REQUEST'],
      branch: env['DRONE_TAG'] ? undefined : env['DRONE_BRANCH'],
      tag: env['DRONE_TAG'],
      sha: env['DRONE_COMMIT_SHA'],
      baseRef: env['DRONE_TARGET_BRANCH'],
      headRef: env['DRONE_SOURCE_BRANCH'],
      defaultBranch: env['DRONE_REPO_BRANCH'],
      cause: env['DRONE_BUILD_EVENT'] === 'cron' ? 'schedule' : undefined,
      repository: env['DRONE_REPO'],
      repositoryUrl: env['DRONE_REPO_LINK'],
      runUrl: env['DRONE_BUILD_LINK'],
      run: env['DRONE_BUILD_NUMBER'],
      workspace: env['DRONE_WORKSPACE'],
    };
  },
  WOODPECKER(env) {
    return {
      ofPullRequest: Boolean(env['CI_COMMIT_PULL_REQUEST']),
      pullRequest: env['CI_COMMIT_PULL_REQUEST'],
      branch: env['CI_COMMIT_TAG'] ? undefined : env['CI_COMMIT_BRANCH'],
      tag: env['CI_COMMIT_TAG'],
      sha: env['CI_COMMIT_SHA'],
      baseRef: env['CI_COMMIT_TARGET_BRANCH'],
      headRef: env['CI_COMMIT_SOURCE_BRANCH'],
      defaultBranch: env['CI_REPO_DEFAULT_BRANCH'],
      cause: env['CI_PIPELINE_EVENT'] === 'cron' ? 'schedule' : undefined,
      repository: env['CI_REPO'],
      repositoryUrl: env['CI_REPO_URL'],
      runUrl: env['CI_PIPELINE_URL'],
      run: env['CI_PIPELINE_NUMBER'],
      workspace: env['CI_WORKSPACE'],
    };
  },
};
