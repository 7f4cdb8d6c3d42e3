import { join } from 'node:path';
import { type ObjectStore, openObjects } from './objects.ts';
import { type Repository, readText } from './repository.ts';

/** What a commit says about its history. */
interface Commit {
  readonly parents: readonly string[];
  /** Seconds since the epoch. It only decides in which order commits are read. */
  readonly time: number;
}

/** Commits that are read in one search; a repository with more between two branches gives no result. */
const mostCommits = 20_000;

/** Which sides reach a commit, and whether it lies below a common one. */
const side = { one: 1, other: 2, below: 4 } as const;
const common = side.one | side.other;

/**
 * The best common ancestors of two commits, most often one. It reads the checkout's own files, as all of this room.
 *
 * @returns `undefined` where the history does not suffice: the checkout is shallow, or an object cannot be read
 */
export function mergeBases(repository: Repository, one: string, other: string): string[] | undefined {
  const objects = openObjects(repository.commonDirectory);
  const known = new Map<string, Commit | undefined>();
  const read = (id: string): Commit | undefined => {
    if (!known.has(id)) known.set(id, readCommit(objects, id));
    return known.get(id);
  };
  // Git takes these for the beginning of the history, which they are not.
  const cut = new Set((readText(join(repository.commonDirectory, 'shallow')) ?? '').split('\n'));
  const sides = new Map<string, number>();
  const queue: string[] = [];
  const add = (id: string, found: number): boolean => {
    const before = sides.get(id) ?? 0;
    if ((before | found) === before) return true;
    if (before === 0 && sides.size >= mostCommits) return false;
    sides.set(id, before | found);
    if (!read(id)) return false;
    // Newest first, so that a commit is read after those that lead to it.
    const time = read(id)?.time ?? 0;
    const at = queue.findIndex((queued) => (read(queued)?.time ?? 0) < time);
    queue.splice(at < 0 ? queue.length : at, 0, id);
    return true;
  };
  if (!add(one, side.one) || !add(other, side.other)) return undefined;
  const bases = new Set<string>();
  const isOpen = () => bases.size > 1 || queue.some((id) => !((sides.get(id) ?? 0) & side.below));
  // Of several, one may lie below another whose time is wrong.
  while (queue.length > 0 && isOpen()) {
    const id = queue.shift() ?? '';
    const found = sides.get(id) ?? 0;
    const isCommon = (found & common) === common;
    if (isCommon && !(found & side.below)) bases.add(id);
    const passed = isCommon ? common | side.below : found;
    for (const parent of cut.has(id) ? [] : (read(id)?.parents ?? []))
      if (!add(parent, passed)) return undefined;
  }
  // Beyond the end of a shallow history there may be a better one.
  for (const [id, found] of sides) if (cut.has(id) && (found & common) !== common) return undefined;
  return [...bases].filter((id) => !((sides.get(id) ?? 0) & side.below));
}

/** The parents of a commit, as it names them itself; `undefined` where it cannot be read. */
export function parentsOf({ commonDirectory }: Repository, commit: string): readonly string[] | undefined {
  return readCommit(openObjects(commonDirectory), commit)?.parents;
}

function readCommit(objects: ObjectStore, id: string): Commit | undefined {
  const object = objects.read(id);
  if (object?.type !== 'commit') return undefined;
  const [head = ''] = `${object.content}`.split('\n\n', 1);
  const [, time = '0'] = /^committer .* (\d+) [+-]\d{4}$/m.exec(head) ?? [];
  return {
    parents: [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent = '']) => parent),
    time: Number(time),
  };
}
