import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The commit that is checked out around a directory, as git's own files tell: nothing is run, since a checkout can
 * name programs for git to run. `undefined` where no checkout is to be found.
 */
export function checkedOutCommit(directory: string): string | undefined {
  const git = gitDirectory(resolve(directory));
  const head = git && read(join(git, 'HEAD'));
  if (!git || !head) return undefined;
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head) ?? [];
  if (ref === undefined) return commit(head);
  // A worktree has its own HEAD and shares the branches.
  const shared = resolve(git, read(join(git, 'commondir')) ?? '.');
  const [, packed] =
    new RegExp(`^([0-9a-f]+) ${escaped(ref)}$`, 'm').exec(read(join(shared, 'packed-refs')) ?? '') ?? [];
  return commit(read(join(git, ref)) ?? read(join(shared, ref)) ?? packed);
}

function gitDirectory(directory: string): string | undefined {
  const path = join(directory, '.git');
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return path;
  if (found?.isFile()) {
    const [, place] = /^gitdir: (.+)$/.exec(read(path) ?? '') ?? [];
    return place === undefined ? undefined : resolve(directory, place);
  }
  const parent = dirname(directory);
  return parent === directory ? undefined : gitDirectory(parent);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function commit(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text : undefined;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
