import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadReader } from '../../src/ci/payload.ts';
import { readEvent } from '../../src/ci/read-event.ts';
import { comesFromOutside, secretsWithheld, trustFacts, trustRecipe } from '../../src/ci/trust.ts';
import { ProblemsError } from '../../src/problem.ts';
import { checkOut, checkoutKinds, createOrigin, folder, git, type Origin } from '../support/checkouts.ts';
import { repository } from '../support/git-repository.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventContext, fixtureEvent, fixtureNames } from '../support/webhook-events.ts';

/** What the action does with a recipe in a run of this event and this commit. */
function judge(
  file: string,
  { name, payload, sha }: { name: string; payload: Record<string, unknown>; sha: string },
): 'taken' | 'taken with a notice' | 'refused' {
  const event = readEvent({ eventName: name, payload, sha, ref: 'refs/heads/main' }, 'octo-org/agent');
  const facts = trustFacts({
    event,
    payload: payloadReader(payload),
    ownCommits: [sha],
    home: 'github.com/octo-org/agent',
  });
  try {
    return trustRecipe(file, facts).notice === undefined ? 'taken' : 'taken with a notice';
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return 'refused';
  }
}

describe('a recipe that is checked out', () => {
  let origin: Origin;
  let top: string;
  const kinds = new Map<string, string>();
  beforeAll(() => {
    origin = createOrigin((name) => ({ 'template.ts': `export const name = '${name}';\n` }));
    top = folder();
    for (const [index, [kind, options]] of Object.entries(checkoutKinds(origin)).entries()) {
      const path = join(top, String(index));
      checkOut(origin, path, options);
      kinds.set(kind, join(path, 'template.ts'));
    }
  });
  afterAll(async () => {
    origin[Symbol.dispose]();
    await rm(top, { recursive: true, force: true });
  });

  const home = { full_name: 'octo-org/agent', default_branch: 'main' };
  const stranger = { full_name: 'stranger/agent' };
  const pullRequest = (number: number, sha: string, repo: object | null) => ({
    number,
    pull_request: {
      number,
      head: { sha, ref: 'topic', repo },
      base: { sha: origin.commits.main, ref: 'main', repo: home },
      merge_commit_sha: origin.commits.featureMerge,
    },
    repository: home,
  });
  const runAfter = (event: string, head_sha: string, head_repository: object) => ({
    workflow_run: { event, head_sha, head_branch: 'x', head_repository, pull_requests: [] },
    repository: home,
  });
  const comment = () => ({ issue: { number: 7, pull_request: { url: 'https://x' } }, repository: home });

  const always = ['the run itself', 'the run by its commit'];
  const byRefs = [
    'another branch',
    'another branch, fetched whole',
    'an annotated tag',
    'an annotated tag, packed',
    'an older commit of a branch, fetched whole',
    'the branch of pull request 8',
    'a second repository of the same owner',
  ];
  const pulls = [
    'refs/pull/7/head',
    'refs/pull/7/merge',
    'refs/pull/7/merge, fetched whole',
    'FETCH_HEAD of a pull request',
    'a local branch for a pull request',
    'gh pr checkout',
    'pull requests among the branches',
    'pull requests among the branches, by its settings',
  ];
  const eight = ['refs/pull/8/head', 'refs/pull/8/merge'];
  const forks = [
    'another branch of the fork',
    'a branch of the fork',
    'a commit of the fork, from the fork',
    'the commit of the fork',
  ];

  /** Event; what it carries; beside {@link always} and {@link byRefs} what is taken; what is refused. */
  const inside: [string, () => Record<string, unknown>, string[], string[]][] = [
    ['push', () => ({ repository: home }), [], [...pulls, ...eight]],
    ['workflow_dispatch', () => ({ inputs: { pull: '7' }, repository: home }), [], [...pulls, ...eight]],
    ['schedule', () => ({}), [], [...pulls, ...eight]],
    [
      'workflow_run',
      () => runAfter('push', origin.commits.first, home),
      ['an older commit of a branch alone'],
      [...pulls, ...eight],
    ],
    ['release', () => ({ release: { tag_name: 'v1' }, repository: home }), [], [...pulls, ...eight]],
    [
      'repository_dispatch',
      () => ({ client_payload: pullRequest(7, origin.commits.fork, stranger), repository: home }),
      [],
      [...pulls, ...eight, ...forks],
    ],
    [
      'pull_request',
      () => pullRequest(8, origin.commits.feature, home),
      [...eight, 'the commit of pull request 8'],
      pulls,
    ],
  ];

  test.each(inside)('%s: is refused from a pull request, else taken', (name, payload, taken, refused) => {
    const found = Object.fromEntries(
      [...kinds].map(([kind, file]) => [
        kind,
        judge(file, { name, payload: payload(), sha: origin.commits.main }),
      ]),
    );
    const expected = (kind: string) => {
      if ([...always, ...byRefs, ...taken].includes(kind)) return 'taken';
      return refused.includes(kind) ? 'refused' : 'taken with a notice';
    };
    expect(found).toEqual(Object.fromEntries([...kinds.keys()].map((kind) => [kind, expected(kind)])));
  });

  /** Event; which one; what it carries. */
  const outside: [string, string, () => Record<string, unknown>][] = [
    ['pull_request_target', 'of a fork', () => pullRequest(7, origin.commits.fork, stranger)],
    ['pull_request_target', 'of a fork that is gone', () => pullRequest(7, origin.commits.fork, null)],
    ['pull_request_target', 'of a branch', () => pullRequest(8, origin.commits.feature, home)],
    ['issue_comment', '', comment],
    ['issues', '', () => ({ issue: { number: 3 }, repository: home })],
    ['workflow_run', 'after a fork', () => runAfter('pull_request', origin.commits.fork, stranger)],
    ['workflow_run', 'after a branch', () => runAfter('pull_request', origin.commits.feature, home)],
    ['workflow_run', 'after workflow_run', () => runAfter('workflow_run', origin.commits.main, home)],
    ['workflow_run', 'after issue_comment', () => runAfter('issue_comment', origin.commits.main, home)],
    ['check_run', '', () => ({ check_run: { head_sha: origin.commits.fork }, repository: home })],
    ['check_suite', '', () => ({ check_suite: { head_sha: origin.commits.fork }, repository: home })],
    ['status', '', () => ({ sha: origin.commits.fork, repository: home })],
    ['discussion', '', () => ({ repository: home })],
    ['discussion_comment', '', () => ({ repository: home })],
    ['fork', '', () => ({ forkee: { full_name: 'stranger/agent' }, repository: home })],
    ['watch', '', () => ({ repository: home })],
    ['gollum', '', () => ({ repository: home })],
    ['an_event_of_days_to_come', '', () => ({ repository: home })],
  ];

  test.each(outside)('%s %s: is taken from this repository alone', (name, _, payload) => {
    const found = [...kinds].filter(
      ([, file]) => judge(file, { name, payload: payload(), sha: origin.commits.main }) !== 'refused',
    );
    expect(found.map(([kind]) => kind).sort()).toEqual([...always, ...byRefs].sort());
  });

  test.each(['push', 'issue_comment'])(
    '%s: a submodule is taken at the commit that its repository names',
    async (name) => {
      const path = join(top, `submodule-${name}`);
      const own = createOrigin((commit) => ({ 'readme.md': commit }));
      checkOut(own, path, {
        fetches: [['origin', '+refs/heads/main:refs/remotes/origin/main']],
        checkout: ['-B', 'main', 'refs/remotes/origin/main'],
      });
      git(path, 'submodule', '--quiet', 'add', origin.path, 'recipes');
      git(join(path, 'recipes'), 'remote', 'set-url', 'origin', 'https://github.com/acme/recipes');
      git(join(path, 'recipes'), 'checkout', '-q', '--detach', origin.commits.first);
      git(path, 'add', '.');
      git(path, 'commit', '-qm', 'recipes');
      const run = { name, payload: comment(), sha: git(path, 'rev-parse', 'HEAD') };
      const file = join(path, 'recipes', 'template.ts');
      expect(judge(file, run)).toBe('taken');
      git(join(path, 'recipes'), 'checkout', '-q', '--detach', origin.commits.release);
      expect(judge(file, run)).toBe(name === 'push' ? 'taken with a notice' : 'refused');
      own[Symbol.dispose]();
    },
  );

  test('in a worktree is judged as in its repository', () => {
    const [, first = ''] = [...kinds.values()];
    const path = join(top, 'tree');
    git(join(first, '..'), 'worktree', 'add', '-q', '--detach', path);
    const run = { name: 'issue_comment', payload: comment() };
    const file = join(path, 'template.ts');
    expect(judge(file, { ...run, sha: origin.commits.main })).toBe('taken');
    expect(judge(file, { ...run, sha: origin.commits.fork })).toBe('refused');
  });

  test.each([
    [
      'without its blobs, in part',
      ['--filter=blob:none'],
      (path: string) => git(path, 'sparse-checkout', 'set', '--no-cone', '/template.ts'),
    ],
    ['repacked with deltas', [], (path: string) => git(path, 'repack', '-adq', '--depth=50', '--window=50')],
    ['with loose objects', [], () => {}],
  ])('%s is compared with its commit', async (label, options, before) => {
    const path = join(top, `form-${label.length}`);
    checkOut(origin, path, {
      fetches: [[...options, 'origin', '+refs/heads/main:refs/remotes/origin/main']],
      checkout: ['-B', 'main', 'refs/remotes/origin/main'],
      before,
    });
    const file = join(path, 'template.ts');
    const run = { name: 'issue_comment', payload: comment(), sha: origin.commits.main };
    expect(judge(file, run)).toBe('taken');
    await writeFile(file, "export const name = 'main';\r\n");
    expect(judge(file, run)).toBe('taken');
    await writeFile(file, "export const name = 'other';\n");
    expect(judge(file, run)).toBe('refused');
  });
});

describe('a recipe under an event that has secrets', () => {
  const guarded = fixtureNames.filter((name) =>
    /^(pull_request_target|workflow_run_(pull_request|fork)|issue_comment.*)$/.test(name),
  );

  test.each(fixtureNames)(
    '%s: a commit that is not the base is refused just where it matters',
    async (name) => {
      await using repo = await repository();
      const file = join(repo.path, 'sandbox', 'template.ts');
      const { eventName, payload } = eventContext(name);
      const load = (sha: string) => judge(file, { name: eventName, payload, sha });
      expect(load(repo.commit)).toBe('taken');
      expect(load('f'.repeat(40)) === 'refused').toBe(guarded.includes(name));
      expect(comesFromOutside(fixtureEvent(name))).toBe(guarded.includes(name));
    },
  );

  test('is refused where it is not clear whose it is, and says what to do instead', async () => {
    await using directory = await temporaryDirectory({ 'template.ts': '' });
    const event = fixtureEvent('pull_request_target');
    expect(() =>
      trustRecipe(
        join(directory.path, 'template.ts'),
        trustFacts({ event, payload: payloadReader({}), ownCommits: [], home: 'github.com/octo-org/agent' }),
      ),
    ).toThrow(/its folder is not a git checkout.*Build pull requests under the event pull_request/);
  });

  test('is judged by where its file lies, not by the link that leads there', async () => {
    await using base = await repository();
    await using head = await repository();
    git(head.path, 'commit', '-qm', 'two', '--allow-empty');
    await mkdir(join(base.path, 'linked'));
    const link = join(base.path, 'linked', 'template.ts');
    await symlink(join(head.path, 'sandbox', 'template.ts'), link);
    expect(judge(link, { name: 'pull_request_target', payload: {}, sha: base.commit })).toBe('refused');
  });
});

test.each([
  ['pull_request_fork', true],
  ['pull_request_fork_deleted', true],
  ['pull_request_dependabot', true],
  ['pull_request_opened', false],
  ['pull_request_target', false],
  ['push_main', false],
  ['workflow_run_fork', false],
])('%s: secrets are withheld: %s', (name, expected) => {
  expect(secretsWithheld(fixtureEvent(name))).toBe(expected);
});
