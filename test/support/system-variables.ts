/** Variables that CI systems set, as their documentation has them. */

const head = 'b'.repeat(40);
const merge = 'c'.repeat(40);

type Variables = Readonly<Record<string, string>>;

const gitlab = {
  CI: 'true',
  GITLAB_CI: 'true',
  CI_COMMIT_SHA: head,
  CI_COMMIT_TIMESTAMP: '2026-03-01T10:00:00+01:00',
  CI_DEFAULT_BRANCH: 'main',
  CI_PROJECT_PATH: 'group/agent',
  CI_PROJECT_URL: 'https://gitlab.example/group/agent',
  CI_PIPELINE_ID: '9100',
  CI_JOB_URL: 'https://gitlab.example/group/agent/-/jobs/77',
  CI_API_V4_URL: 'https://gitlab.example/api/v4',
};
const mergeRequest = {
  ...gitlab,
  CI_PIPELINE_SOURCE: 'merge_request_event',
  // Unique over all projects; the other is what people see.
  CI_MERGE_REQUEST_ID: '9001',
  CI_MERGE_REQUEST_IID: '12',
  CI_MERGE_REQUEST_PROJECT_ID: '5',
  CI_MERGE_REQUEST_PROJECT_PATH: 'group/agent',
  CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'group/agent',
  CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'topic',
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
  CI_MERGE_REQUEST_DIFF_BASE_SHA: 'd'.repeat(40),
};
const azure = {
  TF_BUILD: 'True',
  BUILD_REASON: 'IndividualCI',
  BUILD_SOURCEVERSION: head,
  BUILD_SOURCEBRANCH: 'refs/heads/main',
  BUILD_REPOSITORY_NAME: 'octo-org/agent',
  BUILD_REPOSITORY_URI: 'https://github.com/octo-org/agent',
  BUILD_REPOSITORY_PROVIDER: 'GitHub',
  BUILD_BUILDID: '410',
  SYSTEM_COLLECTIONURI: 'https://dev.azure.com/octo/',
  SYSTEM_TEAMPROJECT: 'Agent Team',
  SYSTEM_JOBATTEMPT: '2',
};
const azurePullRequest = {
  ...azure,
  BUILD_REASON: 'PullRequest',
  BUILD_SOURCEBRANCH: 'refs/pull/12/merge',
  BUILD_SOURCEVERSION: merge,
  SYSTEM_PULLREQUEST_PULLREQUESTID: '777',
  SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '12',
  SYSTEM_PULLREQUEST_SOURCECOMMITID: head,
  SYSTEM_PULLREQUEST_SOURCEBRANCH: 'topic',
  SYSTEM_PULLREQUEST_TARGETBRANCH: 'main',
  SYSTEM_PULLREQUEST_ISFORK: 'False',
};
const buildkite = {
  CI: 'true',
  BUILDKITE: 'true',
  BUILDKITE_BRANCH: 'main',
  BUILDKITE_COMMIT: head,
  BUILDKITE_PULL_REQUEST: 'false',
  BUILDKITE_PIPELINE_DEFAULT_BRANCH: 'main',
  BUILDKITE_REPO: 'git@github.com:octo-org/agent.git',
  BUILDKITE_BUILD_NUMBER: '88',
  BUILDKITE_BUILD_URL: 'https://buildkite.com/octo/agent/builds/88',
  BUILDKITE_JOB_ID: '0190-aa',
  BUILDKITE_SOURCE: 'webhook',
};
const buildkitePullRequest = {
  ...buildkite,
  BUILDKITE_BRANCH: 'topic',
  BUILDKITE_PULL_REQUEST: '12',
  BUILDKITE_PULL_REQUEST_BASE_BRANCH: 'main',
  BUILDKITE_PULL_REQUEST_REPO: 'https://github.com/octo-org/agent.git',
};
const circle = {
  CI: 'true',
  CIRCLECI: 'true',
  CIRCLE_BRANCH: 'topic',
  CIRCLE_SHA1: head,
  CIRCLE_PROJECT_USERNAME: 'octo-org',
  CIRCLE_PROJECT_REPONAME: 'agent',
  CIRCLE_REPOSITORY_URL: 'git@github.com:octo-org/agent.git',
  CIRCLE_BUILD_NUM: '31',
  CIRCLE_BUILD_URL: 'https://circleci.com/gh/octo-org/agent/31',
};
const bitbucket = {
  CI: 'true',
  BITBUCKET_BUILD_NUMBER: '14',
  BITBUCKET_COMMIT: head,
  BITBUCKET_BRANCH: 'topic',
  BITBUCKET_REPO_FULL_NAME: 'octo/agent',
  BITBUCKET_GIT_HTTP_ORIGIN: 'http://bitbucket.org/octo/agent',
};
const jenkins = {
  JENKINS_URL: 'https://jenkins.example/',
  BUILD_ID: '6',
  BUILD_NUMBER: '6',
  BUILD_URL: 'https://jenkins.example/job/agent/6/',
  BRANCH_NAME: 'main',
  GIT_COMMIT: head,
  GIT_URL: 'https://github.com/octo-org/agent.git',
};
const jenkinsPullRequest = {
  ...jenkins,
  BRANCH_NAME: 'PR-12',
  CHANGE_ID: '12',
  CHANGE_BRANCH: 'topic',
  CHANGE_TARGET: 'main',
};

/** By system, then by what is built. */
export const systemVariables = {
  gitlab: {
    'a merge request': mergeRequest,
    'a merged result': {
      ...mergeRequest,
      CI_COMMIT_SHA: merge,
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: head,
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: 'e'.repeat(40),
    },
    "a fork's merge request, in the fork": {
      ...mergeRequest,
      CI_PROJECT_PATH: 'stranger/agent',
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'stranger/agent',
    },
    "a fork's merge request, run by a member": {
      ...mergeRequest,
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'stranger/agent',
    },
    'the end of the environment of a merge request': { ...mergeRequest, CI_ENVIRONMENT_ACTION: 'stop' },
    'the default branch': { ...gitlab, CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main' },
    'another branch': { ...gitlab, CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'feature/x' },
    'a git tag': { ...gitlab, CI_PIPELINE_SOURCE: 'push', CI_COMMIT_TAG: 'v1.4.0' },
    'a schedule': { ...gitlab, CI_PIPELINE_SOURCE: 'schedule', CI_COMMIT_BRANCH: 'main' },
    'a person': { ...gitlab, CI_PIPELINE_SOURCE: 'web', CI_COMMIT_BRANCH: 'main' },
  },
  azure: {
    'a pull request on GitHub': azurePullRequest,
    'a pull request in Azure Repos': {
      ...azurePullRequest,
      SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '12',
      SYSTEM_PULLREQUEST_TARGETBRANCH: 'refs/heads/main',
      SYSTEM_PULLREQUEST_SOURCEBRANCH: 'refs/heads/topic',
    },
    "a person, on a pull request's ref": {
      ...azure,
      BUILD_REASON: 'Manual',
      BUILD_SOURCEBRANCH: 'refs/pull/12/merge',
    },
    "a fork's pull request without secrets": {
      ...azurePullRequest,
      SYSTEM_PULLREQUEST_ISFORK: 'True',
      // So it stays where Azure has no such secret.
      NOVITA_API_KEY: '$(NOVITA_API_KEY)',
    },
    "a fork's pull request with secrets": {
      ...azurePullRequest,
      SYSTEM_PULLREQUEST_ISFORK: 'True',
      NOVITA_API_KEY: 'a-real-key',
    },
    'a branch': azure,
    'a git tag': { ...azure, BUILD_SOURCEBRANCH: 'refs/tags/v1.4.0' },
    'a schedule': { ...azure, BUILD_REASON: 'Schedule' },
  },
  buildkite: {
    'a pull request': buildkitePullRequest,
    "a fork's pull request": {
      ...buildkitePullRequest,
      BUILDKITE_PULL_REQUEST_REPO: 'git://github.com/stranger/agent.git',
    },
    'the default branch': buildkite,
    'another branch': { ...buildkite, BUILDKITE_BRANCH: 'feature/x' },
    'a git tag, which is in the variable of the branch too': {
      ...buildkite,
      BUILDKITE_BRANCH: 'v1.4.0',
      BUILDKITE_TAG: 'v1.4.0',
    },
    'a schedule': { ...buildkite, BUILDKITE_SOURCE: 'schedule' },
    'HEAD, whose commit is not known': { ...buildkite, BUILDKITE_COMMIT: 'HEAD' },
  },
  circle: {
    'a branch with a pull request': {
      ...circle,
      CIRCLE_PULL_REQUEST: 'https://github.com/octo-org/agent/pull/12',
    },
    "a fork's pull request": {
      ...circle,
      CIRCLE_BRANCH: 'pull/12',
      CIRCLE_PULL_REQUEST: 'https://github.com/octo-org/agent/pull/12',
      CIRCLE_PR_NUMBER: '12',
    },
    'a branch': circle,
    'a git tag': { ...circle, CIRCLE_BRANCH: '', CIRCLE_TAG: 'v1.4.0' },
  },
  bitbucket: {
    'a pull request': { ...bitbucket, BITBUCKET_PR_ID: '12', BITBUCKET_PR_DESTINATION_BRANCH: 'main' },
    'a branch': bitbucket,
    'a git tag': { ...bitbucket, BITBUCKET_BRANCH: '', BITBUCKET_TAG: 'v1.4.0' },
  },
  jenkins: {
    'a pull request': jenkinsPullRequest,
    "a fork's pull request": { ...jenkinsPullRequest, CHANGE_FORK: 'stranger' },
    'the primary branch': { ...jenkins, BRANCH_IS_PRIMARY: 'true' },
    'a branch': { ...jenkins, BRANCH_NAME: '', GIT_BRANCH: 'origin/feature/x' },
    'a git tag': { ...jenkins, BRANCH_NAME: 'v1.4.0', TAG_NAME: 'v1.4.0' },
  },
  others: {
    'a pull request of a system without a row': {
      CI: 'true',
      APPVEYOR: 'True',
      APPVEYOR_PULL_REQUEST_NUMBER: '12',
    },
    'a system without a row': { CI: 'true', APPVEYOR: 'True' },
    'a system that nobody knows': { CI: 'true' },
    'no system': { USER: 'ada' },
  },
} as const satisfies Record<string, Record<string, Variables>>;
