import { execFileSync } from 'node:child_process';
import { chmod, cp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGitModes } from '../../src/context/git-modes.ts';
import { hashFiles } from '../../src/context/hash-files.ts';
import { compileIgnoreRules } from '../../src/context/ignore-rules.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

const noGit = compileIgnoreRules({ contextDirectory: '/', fileIgnorePatterns: ['.git'], dockerignore: '' });
const tree: Tree = {
  'app/run ä\n.sh': { run: '#!/bin/sh\n' },
  'app/main.py': 'print(1)\n',
  'app/latest': { link: '../app/main.py' },
  'app/dangling': { link: 'no/such' },
};

function git(directory: string, ...args: string[]): void {
  execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], {
    stdio: 'pipe',
  });
}

/** A repository with everything committed. */
async function repository(): Promise<string> {
  const directory = await planted(tree);
  git(directory, 'init', '-q');
  git(directory, 'add', '.');
  git(directory, 'commit', '-qm', 'all');
  return directory;
}

/** A checkout as Windows has it: links as text, and no execute bit. */
async function windowsCheckout(origin: string): Promise<string> {
  const directory = join(await planted(), 'checkout');
  git('/', 'clone', '-q', '-c', 'core.symlinks=false', '-c', 'core.fileMode=false', origin, directory);
  await chmod(join(directory, 'app/run ä\n.sh'), 0o644);
  return directory;
}

/** What a COPY on Windows sends. */
async function sent(contextDirectory: string, resolveSymlinks = false) {
  const modes = await readGitModes(contextDirectory, 'win32');
  return hashFiles({ source: '.', contextDirectory, resolveSymlinks }, noGit, modes);
}

describe('on Windows', () => {
  it('a checkout has the hash and the modes that it has elsewhere', async () => {
    const origin = await repository();
    const elsewhere = await hashFiles({ source: '.', contextDirectory: origin }, noGit);
    const here = await sent(await windowsCheckout(origin));
    expect(here.hash).toBe(elsewhere.hash);
    expect(here).toMatchObject({ fileCount: elsewhere.fileCount, bytes: elsewhere.bytes });
    expect(here.entries).toEqual(elsewhere.entries);
  });

  it('a directory inside the repository has its own paths', async () => {
    const origin = await repository();
    const elsewhere = await hashFiles({ source: '.', contextDirectory: join(origin, 'app') }, noGit);
    expect((await sent(join(await windowsCheckout(origin), 'app'))).hash).toBe(elsewhere.hash);
  });

  it('what git does not track is neither executable nor a link', async () => {
    const directory = await windowsCheckout(await repository());
    await writeFile(join(directory, 'new'), '#!/bin/sh\n', { mode: 0o755 });
    expect((await sent(directory)).entries.find(({ path }) => path === 'new')).toMatchObject({
      type: 'file',
      executable: false,
    });
  });

  it('without a repository nothing is executable', async () => {
    const directory = await planted();
    await cp(await windowsCheckout(await repository()), directory, { recursive: true });
    await rm(join(directory, '.git'), { recursive: true });
    const { entries } = await sent(directory);
    expect(entries.map(({ type, executable }) => `${type} ${executable}`)).toEqual([
      'directory false',
      ...Array(4).fill('file false'),
    ]);
  });

  it('a link that is one has forward slashes', async () => {
    const directory = await planted();
    await symlink('..\\lib\\a.py', join(directory, 'link'));
    expect((await sent(directory)).entries).toMatchObject([{ type: 'symlink', target: '../lib/a.py' }]);
    const elsewhere = await hashFiles({ source: '.', contextDirectory: directory }, noGit);
    expect(elsewhere.entries).toMatchObject([{ target: '..\\lib\\a.py' }]);
  });

  it('a link that is text cannot be resolved', async () => {
    const directory = await windowsCheckout(await repository());
    await expect(sent(directory, true)).rejects.toMatchObject({
      problems: ['dangling', 'latest'].map((file) => ({
        title: 'Symbolic link checked out as text',
        message: expect.stringContaining(
          `${join(directory, 'app', file)} is one in git, but here a file that holds its target`,
        ),
      })),
    });
  });
});

it('git is not run on other systems, where files have modes', async () => {
  expect(await readGitModes(await repository(), 'linux')).toBeUndefined();
  expect(await readGitModes(await repository(), 'darwin')).toBeUndefined();
});
