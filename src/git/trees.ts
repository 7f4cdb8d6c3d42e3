import { type ObjectStore, openObjects } from './objects.ts';
import type { Repository } from './repository.ts';

export interface TreeEntry {
  /** `100644`, `100755`, `120000` a link, `40000` a folder, `160000` a submodule. */
  readonly mode: string;
  readonly id: string;
}

/** The entries of a folder in a commit, by their names; `undefined` where it cannot be read. */
export function readTree(objects: ObjectStore, id: string): ReadonlyMap<string, TreeEntry> | undefined {
  const entries = new Map<string, TreeEntry>();
  const tree = objects.read(id);
  if (tree?.type !== 'tree') return undefined;
  const { content } = tree;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    if (space < 0 || end < 0) break;
    const next = end + 1 + id.length / 2;
    entries.set(content.toString('utf8', space + 1, end), {
      mode: content.toString('latin1', at, space),
      id: content.toString('hex', end + 1, next),
    });
    at = next;
  }
  return entries;
}

/** A file that differs between two commits. */
export interface ChangedPath {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  /** The second commit has no such file. */
  readonly removed: boolean;
}

/**
 * The files that differ between two commits: in content, mode or kind. A submodule counts as one file.
 *
 * @returns `undefined` where a commit or a folder cannot be read
 */
export function changedPaths(
  { commonDirectory }: Repository,
  from: string,
  to: string,
): ChangedPath[] | undefined {
  const objects = openObjects(commonDirectory);
  const [before, after] = [treeOf(objects, from), treeOf(objects, to)];
  if (!before || !after) return undefined;
  const changes: ChangedPath[] = [];
  return compareTrees(objects, { before, after, folder: '' }, changes) ? changes : undefined;
}

interface TreePair {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Its path, with a slash at the end. */
  readonly folder: string;
}

function compareTrees(
  objects: ObjectStore,
  { before, after, folder }: TreePair,
  changes: ChangedPath[],
): boolean {
  const [old, young] = [before, after].map((id) => (id === undefined ? new Map() : readTree(objects, id)));
  if (!old || !young) return false;
  for (const name of new Set<string>([...old.keys(), ...young.keys()])) {
    const [one, other]: (TreeEntry | undefined)[] = [old.get(name), young.get(name)];
    if (one?.id === other?.id && one?.mode === other?.mode) continue;
    const path = folder + name;
    const [isFolder, wasFolder] = [other, one].map((entry) => entry?.mode === '40000');
    if (one && !wasFolder && (!other || isFolder)) changes.push({ path, removed: true });
    if (other && !isFolder) changes.push({ path, removed: false });
    if (!isFolder && !wasFolder) continue;
    const inside = {
      before: wasFolder ? one?.id : undefined,
      after: isFolder ? other?.id : undefined,
      folder: `${path}/`,
    };
    if (!compareTrees(objects, inside, changes)) return false;
  }
  return true;
}

function treeOf(objects: ObjectStore, commit: string): string | undefined {
  const object = objects.read(commit);
  if (object?.type !== 'commit') return undefined;
  const [, tree] = /^tree ([0-9a-f]+)$/m.exec(`${object.content}`) ?? [];
  return tree;
}
