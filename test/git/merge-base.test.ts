/** Common ancestors and changed files, compared with what git itself says, in random repositories. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeBases, parentsOf } from '../../src/git/merge-base.ts';
import { type Repository, repositoryAt } from '../../src/git/repository.ts';
import { changedPaths } from '../../src/git/trees.ts';
import { git, write } from '../support/checkouts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const open = (path: string): Repository => {
  const repository = repositoryAt(path);
  if (!repository) throw new Error(`${path} is no repository`);
  return repository;
};

/** What a branch does next: a commit that changes, adds or removes a file, or a merge of the other branch. */
const act = fc.record({
  branch: fc.constantFrom('one', 'two'),
  what: fc.constantFrom('write', 'write', 'write', 'remove', 'merge'),
  path: fc.constantFrom('a', 'b/c', 'b/d/e', 'b/d/f', 'ü/g h', 'a.txt'),
});

type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;

function perform(path: string, acts: readonly Act[]): void {
  const commit = (message: string) => git(path, 'commit', '-q', '--allow-empty', '-m', message);
  git(path, 'init', '-q', '-b', 'one');
  commit('start');
  git(path, 'branch', 'two');
  for (const [index, { branch, what, path: file }] of acts.entries()) {
    git(path, 'checkout', '-qf', branch);
    if (what === 'merge') {
      git(path, 'merge', '-q', '--no-ff', '-s', 'ours', '-m', 'merge', branch === 'one' ? 'two' : 'one');
      continue;
    }
    rmSync(join(path, file), { recursive: true, force: true });
    if (what === 'write') write(path, { [file]: String(index) });
    git(path, 'add', '-A');
    commit(String(index));
  }
}

test('are those of git, in histories of any shape', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), fc.boolean(), async (acts, pack) => {
      await using directory = await temporaryDirectory();
      const { path } = directory;
      perform(path, acts);
      if (pack) git(path, 'repack', '-adq');
      const [one, two] = ['one', 'two'].map((name) => git(path, 'rev-parse', name));
      const bases = mergeBases(open(path), one ?? '', two ?? '');
      const said = git(path, 'merge-base', '--all', 'one', 'two').split('\n');
      expect(bases?.toSorted()).toEqual(said.toSorted());
      const changes = changedPaths(open(path), one ?? '', two ?? '')
        ?.map(({ path: file, removed }) => `${removed ? 'D' : '+'} ${file}`)
        .sort();
      const diff = git(path, 'diff', '--no-renames', '--name-status', '-z', 'one', 'two').split('\0');
      const expected: string[] = [];
      for (let at = 0; at + 1 < diff.length; at += 2)
        expected.push(`${diff[at] === 'D' ? 'D' : '+'} ${diff[at + 1]}`);
      expect(changes).toEqual(expected.sort());
    }),
    { numRuns: 25 },
  );
});

describe('a history that is cut off', () => {
  const long = (length: number) => Array.from({ length }, (_, index) => index);

  async function cloned(depth: number) {
    const directory = await temporaryDirectory();
    const origin = join(directory.path, 'origin');
    write(origin, { 'a.txt': '0' });
    git(origin, 'init', '-q');
    const commit = (text: string) => {
      write(origin, { 'a.txt': text });
      git(origin, 'add', '.');
      git(origin, 'commit', '-qm', text);
      return git(origin, 'rev-parse', 'HEAD');
    };
    const commits = long(5).map((index) => commit(`main ${index}`));
    git(origin, 'checkout', '-qb', 'feature', commits[2] ?? '');
    const feature =
      long(2)
        .map((index) => commit(`feature ${index}`))
        .at(-1) ?? '';
    const clone = join(directory.path, 'clone');
    git(directory.path, 'clone', '-q', '--no-single-branch', `--depth=${depth}`, `file://${origin}`, clone);
    return {
      directory,
      repository: open(clone),
      main: commits.at(-1) ?? '',
      base: commits[2] ?? '',
      feature,
    };
  }

  test.each([[1], [2]])('at depth %i says nothing', async (depth) => {
    const { directory, repository, main, feature } = await cloned(depth);
    await using _ = directory;
    expect(mergeBases(repository, main, feature)).toBeUndefined();
  });

  test.each([[3], [9]])('at depth %i has what is needed', async (depth) => {
    const { directory, repository, main, feature, base } = await cloned(depth);
    await using _ = directory;
    expect(mergeBases(repository, main, feature)).toEqual([base]);
    expect(parentsOf(repository, feature)).toHaveLength(1);
  });

  test('a commit that is not there gives nothing', async () => {
    const { directory, repository, main } = await cloned(9);
    await using _ = directory;
    const missing = '0123456789012345678901234567890123456789';
    expect(mergeBases(repository, main, missing)).toBeUndefined();
    expect(changedPaths(repository, main, missing)).toBeUndefined();
  });
});

test('two beginnings have nothing in common', async () => {
  await using directory = await temporaryDirectory({ a: '1' });
  const { path } = directory;
  git(path, 'init', '-q');
  git(path, 'add', '.');
  git(path, 'commit', '-qm', 'one');
  const one = git(path, 'rev-parse', 'HEAD');
  git(path, 'checkout', '-q', '--orphan', 'other');
  git(path, 'commit', '-qm', 'two', '--allow-empty');
  expect(mergeBases(open(path), one, git(path, 'rev-parse', 'HEAD'))).toEqual([]);
});
