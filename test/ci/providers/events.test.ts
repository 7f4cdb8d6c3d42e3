/** What the variables of each system mean: the event, the tags that it gives, and what may not be moved. */
import { describe, expect, test } from 'vitest';
import type { CiEvent } from '../../../src/ci/event.ts';
import { chooseProvider } from '../../../src/ci/providers/choose-provider.ts';
import { comesFromOutside, secretsWithheld } from '../../../src/ci/trust.ts';
import { decideTags } from '../../../src/tags/decide.ts';
import { systemVariables } from '../../support/system-variables.ts';

const head = 'b'.repeat(40);

type Row = readonly [what: string, event: Partial<CiEvent>, tags: string];

const proposed = { kind: 'pull_request', isUnmerged: true, pullRequest: 12, sha: head } as const;
const topic = { ...proposed, headRef: 'topic', baseRef: 'main', fork: false } as const;
const main = { kind: 'push', isUnmerged: false, branch: 'main', sha: head, defaultBranch: 'main' } as const;
const moved = 'latest sha-bbbbbbb default';
const release = { kind: 'push', tag: 'v1.4.0', sha: head, isUnmerged: false } as const;
const versions = '1.4.0 1.4 1 latest default';

const rows = {
  gitlab: [
    ['a merge request', { ...topic, runUrl: 'https://gitlab.example/group/agent/-/jobs/77' }, 'pr-12'],
    ['a merged result', topic, 'pr-12'],
    ["a fork's merge request, in the fork", { ...proposed, fork: true }, 'pr-12'],
    ["a fork's merge request, run by a member", { ...proposed, fork: true, secretsGiven: true }, 'pr-12'],
    ['the end of the environment of a merge request', { removed: 'pull_request', action: 'closed' }, ''],
    ['the default branch', { ...main, commitDate: new Date('2026-03-01T09:00:00Z') }, moved],
    ['another branch', { kind: 'push', branch: 'feature/x' }, 'feature-x'],
    ['a git tag', release, versions],
    ['a schedule', { kind: 'schedule', branch: 'main' }, 'nightly'],
    ['a person', { kind: 'workflow_dispatch', branch: 'main' }, moved],
  ],
  azure: [
    ['a pull request on GitHub', topic, 'pr-12'],
    ['a pull request in Azure Repos', topic, 'pr-12'],
    ["a person, on a pull request's ref", proposed, 'pr-12'],
    ["a fork's pull request without secrets", { ...proposed, fork: true }, 'pr-12'],
    ["a fork's pull request with secrets", { ...proposed, fork: true, secretsGiven: true }, 'pr-12'],
    [
      'a branch',
      { branch: 'main', runUrl: 'https://dev.azure.com/octo/Agent%20Team/_build/results?buildId=410' },
      'main',
    ],
    ['a git tag', release, versions],
    ['a schedule', { kind: 'schedule', branch: 'main' }, 'nightly'],
  ],
  buildkite: [
    ['a pull request', { ...topic, runUrl: 'https://buildkite.com/octo/agent/builds/88#0190-aa' }, 'pr-12'],
    ["a fork's pull request", { ...proposed, fork: true, secretsGiven: true }, 'pr-12'],
    ['the default branch', { ...main, repository: 'octo-org/agent' }, moved],
    ['another branch', { branch: 'feature/x' }, 'feature-x'],
    ['a git tag, which is in the variable of the branch too', release, versions],
    ['a schedule', { kind: 'schedule', branch: 'main' }, 'nightly'],
    ['HEAD, whose commit is not known', { kind: 'push', branch: 'main' }, 'latest default'],
  ],
  circle: [
    ['a branch with a pull request', { ...proposed, headRef: 'topic', fork: false }, 'pr-12'],
    ["a fork's pull request", { ...proposed, fork: true }, 'pr-12'],
    ['a branch', { kind: 'push', branch: 'topic', repository: 'octo-org/agent' }, 'topic'],
    ['a git tag', release, versions],
  ],
  bitbucket: [
    ['a pull request', topic, 'pr-12'],
    [
      'a branch',
      { branch: 'topic', runUrl: 'https://bitbucket.org/octo/agent/pipelines/results/14' },
      'topic',
    ],
    ['a git tag', release, versions],
  ],
  jenkins: [
    ['a pull request', topic, 'pr-12'],
    ["a fork's pull request", { ...proposed, fork: true, secretsGiven: true }, 'pr-12'],
    ['the primary branch', main, moved],
    ['a branch', { branch: 'feature/x' }, 'feature-x'],
    ['a git tag', release, versions],
  ],
  others: [
    ['a pull request of a system without a row', { kind: 'pull_request', isUnmerged: true }, ''],
    ['a system without a row', { kind: 'none', isUnmerged: false }, ''],
    ['a system that nobody knows', { kind: 'none', isUnmerged: false }, ''],
    ['no system', { kind: 'none', developer: 'ada' }, 'dev-ada'],
  ],
} satisfies { [System in keyof typeof systemVariables]: readonly Row[] };

async function read(variables: NodeJS.ProcessEnv) {
  const provider = await chooseProvider(variables);
  return { provider, ...provider.readFacts() };
}

const tagsOf = async (event: CiEvent, rules = '') =>
  decideTags({ rules, event, allowProductionTags: false, existingTags: async () => [], now: new Date() });

describe.each(Object.keys(systemVariables) as (keyof typeof systemVariables)[])('%s', (system) => {
  const variables: Readonly<Record<string, NodeJS.ProcessEnv>> = systemVariables[system];
  const ofSystem: readonly Row[] = rows[system];

  test('has a row for everything that it can build', () => {
    expect(ofSystem.map(([what]) => what)).toEqual(Object.keys(variables));
  });

  test.each(ofSystem)('%s', async (what, wanted, tags) => {
    const { event } = await read(variables[what] ?? {});
    expect(event).toMatchObject(wanted);
    // Some systems have the tag, or the target of a pull request, in the variable of the branch.
    if (event.tag !== undefined || event.isUnmerged) expect(event.branch).toBeUndefined();
    expect((await tagsOf(event)).tags.join(' ')).toBe(tags);
  });

  test.each(ofSystem.filter(([, { isUnmerged }]) => isUnmerged))(
    '%s never moves what users get',
    async (what) => {
      const { event } = await read(variables[what] ?? {});
      const { tags } = await tagsOf(event, 'latest, default, 1.4.0, v2, mine');
      expect(tags).toEqual(['mine']);
    },
  );

  test.each(ofSystem.filter(([, { fork }]) => fork))('%s is not run beside secrets', async (what) => {
    const { event, ownCommits } = await read(variables[what] ?? {});
    expect(secretsWithheld(event)).toBe(!event.secretsGiven);
    expect(comesFromOutside(event)).toBe(event.secretsGiven === true);
    expect(ownCommits).not.toContain(head);
  });
});

test('the default branch is that of NOVITA_DEFAULT_BRANCH where the system names none', async () => {
  const tags = async (variables: NodeJS.ProcessEnv) =>
    (await tagsOf((await read({ ...variables, NOVITA_DEFAULT_BRANCH: 'main' })).event)).tags;
  expect(await tags(systemVariables.azure['a branch'])).toEqual(moved.split(' '));
  expect(await tags(systemVariables.azure['a pull request on GitHub'])).toEqual(['pr-12']);
  expect(await tags({ ...systemVariables.gitlab['another branch'], CI_DEFAULT_BRANCH: 'feature/x' })).toEqual(
    moved.split(' '),
  );
});

test.each([
  ['GitHub Actions', { CI: 'true', GITHUB_ACTIONS: 'true' }],
  ['Forgejo Actions', { GITHUB_ACTIONS: 'true', GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' }],
  ['Gitea Actions', { GITHUB_ACTIONS: 'true', GITEA_ACTIONS: 'true' }],
  ['GitLab CI/CD', systemVariables.gitlab['a git tag']],
  ['Azure Pipelines', systemVariables.azure['a git tag']],
  ['Buildkite', systemVariables.buildkite['the default branch']],
  ['CircleCI', systemVariables.circle['a git tag']],
  ['Bitbucket Pipelines', systemVariables.bitbucket['a git tag']],
  ['Jenkins', systemVariables.jenkins['a git tag']],
  ['AppVeyor', systemVariables.others['a system without a row']],
  ['CI', { CI: 'true' }],
  ['a terminal', { CI: 'false', GITLAB_CI: '' }],
  ['a terminal', {}],
])('%s is known by its variables', async (title, variables) => {
  expect((await chooseProvider(variables)).title).toBe(title);
});
