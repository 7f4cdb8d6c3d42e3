import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkedOutCommit } from '../../src/ci/checked-out.ts';
import { refuseProposed, secretsWithheld } from '../../src/ci/trust.ts';
import { ProblemsError } from '../../src/problem.ts';
import { temporaryDirectory } from '../e2e/setup.ts';
import { fixtureEvent, fixtureNames } from './fixture.ts';

function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', ['-C', directory, ...identity, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

async function repository(): Promise<{ path: string; commit: string } & AsyncDisposable> {
  const directory = await temporaryDirectory({ 'sandbox/template.ts': 'export {};\n' });
  git(directory.path, 'init', '-q');
  git(directory.path, 'add', '.');
  git(directory.path, 'commit', '-qm', 'one');
  const commit = git(directory.path, 'rev-parse', 'HEAD');
  return { path: directory.path, commit, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

describe('the commit that is checked out', () => {
  test.each<[string, (path: string) => unknown]>([
    ['on a branch', () => {}],
    ['with a detached head', (path) => git(path, 'checkout', '-q', '--detach')],
    ['on a branch whose name has a slash and a dot', (path) => git(path, 'checkout', '-qb', 'a.b/c+d')],
    ['with packed references', (path) => git(path, 'pack-refs', '--all')],
  ])('is found %s, from any folder of it', async (_, change) => {
    await using repo = await repository();
    change(repo.path);
    expect(checkedOutCommit(repo.path)).toBe(repo.commit);
    expect(checkedOutCommit(join(repo.path, 'sandbox'))).toBe(repo.commit);
  });

  test('is the newest of the branch, not a packed one from before', async () => {
    await using repo = await repository();
    git(repo.path, 'pack-refs', '--all');
    git(repo.path, 'commit', '-qm', 'two', '--allow-empty');
    expect(checkedOutCommit(repo.path)).toBe(git(repo.path, 'rev-parse', 'HEAD'));
    expect(checkedOutCommit(repo.path)).not.toBe(repo.commit);
  });

  test('is that of a worktree, and of a repository within another', async () => {
    await using repo = await repository();
    await using inner = await repository();
    git(repo.path, 'worktree', 'add', '-qb', 'other', join(inner.path, 'tree'));
    expect(checkedOutCommit(join(inner.path, 'tree', 'sandbox'))).toBe(repo.commit);
    git(repo.path, 'clone', '-q', inner.path, join(repo.path, 'nested'));
    expect(checkedOutCommit(join(repo.path, 'nested', 'sandbox'))).toBe(inner.commit);
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['no repository', (path) => rm(join(path, '.git'), { recursive: true })],
    ['a branch without a commit', async (path) => git(path, 'checkout', '-q', '--orphan', 'new')],
    ['a HEAD that is no commit', (path) => writeFile(join(path, '.git', 'HEAD'), 'main\n')],
  ])('is not known with %s', async (_, change) => {
    await using repo = await repository();
    await change(repo.path);
    expect(checkedOutCommit(repo.path)).toBeUndefined();
  });
});

describe('a recipe under an event that has secrets', () => {
  const guarded = ['pull_request_target', 'workflow_run_pull_request', 'workflow_run_fork'];

  test.each(fixtureNames)(
    '%s: a commit that is not the base is refused just where it matters',
    async (name) => {
      await using repo = await repository();
      const file = join(repo.path, 'sandbox', 'template.ts');
      const load = (base: string[]) => refuseProposed(file, fixtureEvent(name), base);
      expect(() => load([repo.commit])).not.toThrow();
      if (guarded.includes(name)) expect(() => load(['f'.repeat(40)])).toThrow(ProblemsError);
      else expect(() => load(['f'.repeat(40)])).not.toThrow();
    },
  );

  test('is refused where nobody can tell whose it is, and says what to do instead', async () => {
    await using directory = await temporaryDirectory({ 'template.ts': '' });
    expect(() =>
      refuseProposed(join(directory.path, 'template.ts'), fixtureEvent('pull_request_target'), [
        'f'.repeat(40),
      ]),
    ).toThrow(/its folder is no checkout of git.*Build pull requests under the event pull_request/);
  });

  test('is judged by where its file lies, not by the link that leads there', async () => {
    await using base = await repository();
    await using head = await repository();
    git(head.path, 'commit', '-qm', 'two', '--allow-empty');
    await mkdir(join(base.path, 'linked'));
    const link = join(base.path, 'linked', 'template.ts');
    await symlink(join(head.path, 'sandbox', 'template.ts'), link);
    expect(() => refuseProposed(link, fixtureEvent('pull_request_target'), [base.commit])).toThrow(
      ProblemsError,
    );
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
