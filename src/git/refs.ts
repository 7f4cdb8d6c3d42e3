import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ObjectStore, openObjects } from './objects.ts';
import { commitId, type Repository, readText } from './repository.ts';

/** A branch, tag or other ref of a repository, and its commit. */
export interface Ref {
  /** In full: `refs/remotes/origin/main`. */
  readonly name: string;
  readonly commit: string;
}

/** All refs of the repository, those of its remotes included. */
export function readRefs({ commonDirectory }: Repository): Ref[] {
  const objects = openObjects(commonDirectory);
  const refs = new Map<string, string>();
  let last = '';
  for (const line of (readText(join(commonDirectory, 'packed-refs')) ?? '').split('\n')) {
    const [, id, name] = /^([0-9a-f]+) (refs\/\S+)$/.exec(line) ?? [];
    // The line after an annotated tag has its commit.
    const [, peeled] = /^\^([0-9a-f]+)$/.exec(line) ?? [];
    if (id && name) refs.set(name, id);
    if (name) last = name;
    if (peeled && last) refs.set(last, peeled);
  }
  for (const name of looseRefs(commonDirectory, 'refs')) {
    const id = commitId(readText(join(commonDirectory, name)));
    if (id) refs.set(name, name.startsWith('refs/tags/') ? peel(objects, id) : id);
  }
  return [...refs].map(([name, commit]) => ({ name, commit }));
}

function looseRefs(directory: string, folder: string): string[] {
  try {
    return readdirSync(join(directory, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? looseRefs(directory, path) : [path];
    });
  } catch {
    return [];
  }
}

/** The commit of an annotated tag, also through tags of tags. */
function peel(objects: ObjectStore, id: string): string {
  let at = id;
  for (let step = 0; step < 10; step++) {
    const object = objects.read(at);
    const [, next] = object?.type === 'tag' ? (/^object ([0-9a-f]+)$/m.exec(`${object.content}`) ?? []) : [];
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

/**
 * Whether a commit is an ancestor of others. It searches the commits that a shallow checkout has, and at most
 * {@link mostAncestors} of them.
 */
export function isAncestor({ commonDirectory }: Repository, commit: string, of: readonly string[]): boolean {
  const objects = openObjects(commonDirectory);
  const visited = new Set(of);
  const queue = [...of];
  for (let index = 0; index < mostAncestors; index++) {
    const next = queue[index];
    if (next === undefined) return false;
    if (next === commit) return true;
    const object = objects.read(next);
    if (object?.type !== 'commit') continue;
    const [head = ''] = `${object.content}`.split('\n\n', 1);
    for (const [, parent = ''] of head.matchAll(/^parent ([0-9a-f]+)$/gm)) {
      if (visited.has(parent)) continue;
      visited.add(parent);
      queue.push(parent);
    }
  }
  return false;
}

const mostAncestors = 10_000;
