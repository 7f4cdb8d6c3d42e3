import { readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A git checkout. Only its files are read: its settings can make git run programs, so git is never started. */
export interface Repository {
  /** The folder that holds `.git`. */
  readonly root: string;
  /** The folder with `HEAD`: `.git`, or the folder that a file named `.git` points to. */
  readonly gitDirectory: string;
  /** The folder with objects, branches and tags, which worktrees share. */
  readonly commonDirectory: string;
}

/** The checkout with this root folder. */
export function repositoryAt(root: string): Repository | undefined {
  const path = join(root, '.git');
  const found = statsOf(path);
  const [, place] = found?.isFile() ? (/^gitdir: (.+)$/.exec(readText(path) ?? '') ?? []) : [];
  const gitDirectory = found?.isDirectory() ? path : place && resolve(root, place);
  if (!gitDirectory) return undefined;
  const commonDirectory = resolve(gitDirectory, readText(join(gitDirectory, 'commondir')) ?? '.');
  return { root, gitDirectory, commonDirectory };
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The checkouts around a folder, nearest first. */
export function repositoriesAround(directory: string): Repository[] {
  const found: Repository[] = [];
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const repository = repositoryAt(folder);
    if (repository) found.push(repository);
    if (dirname(folder) === folder) return found;
  }
}

/** The commit that is checked out. */
export function headCommit(repository: Repository): string | undefined {
  const head = readText(join(repository.gitDirectory, 'HEAD'));
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head ?? '') ?? [];
  return ref === undefined ? commitId(head) : readRef(repository, ref);
}

/** The commit or tag object of a full ref such as `refs/heads/main`. */
function readRef({ gitDirectory, commonDirectory }: Repository, ref: string): string | undefined {
  const lines = (readText(join(commonDirectory, 'packed-refs')) ?? '').split('\n');
  const [packed] = lines.find((line) => line.endsWith(` ${ref}`))?.split(' ', 1) ?? [];
  return commitId(readText(join(gitDirectory, ref)) ?? readText(join(commonDirectory, ref)) ?? packed);
}

/** The trimmed text of a file; `undefined` when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The text if it is the full id of an object. */
export function commitId(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text : undefined;
}
