import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { headCommit, repositoriesAround } from '../../src/git/repository.ts';
import { git } from '../support/checkouts.ts';
import { repository } from '../support/git-repository.ts';

function checkedOutCommit(directory: string): string | undefined {
  const [nearest] = repositoriesAround(directory);
  return nearest && headCommit(nearest);
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
