import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type ObjectStore, objectId, openObjects } from './objects.ts';
import { repositoryAt } from './repository.ts';
import { readTree, type TreeEntry } from './trees.ts';

/** How a file on disk compares with the same path in a commit. */
export type Comparison = 'same' | 'changed' | 'untracked';

/** The files of one commit, as they should be below the root of its checkout. */
export interface TrackedFiles {
  /** Real path of the folder that holds `.git`. */
  readonly root: string;
  readonly commit: string;
  /** The commit's entry for this path; `undefined` for a path outside of the root. */
  entry(path: string): TreeEntry | undefined;
  /** Compares a file, given by its real path, with the commit. CRLF counts as LF, since git can convert it. */
  compare(path: string): Comparison;
}

const submodule = '160000';

/**
 * Opens the files of a commit. Hashes lead from the commit's id to every file, so forged content never passes.
 * Submodules are read at the commit that this one names.
 *
 * @returns `undefined` where the commit itself cannot be read
 */
export function trackedFiles(root: string, commit: string): TrackedFiles | undefined {
  const repository = repositoryAt(root);
  if (!repository) return undefined;
  const objects = openObjects(repository.commonDirectory);
  const [, tree] = /^tree ([0-9a-f]+)$/m.exec(objectText(objects, commit, 'commit')) ?? [];
  if (tree === undefined) return undefined;
  const trees = new Map<string, ReadonlyMap<string, TreeEntry>>();
  const entriesOf = (id: string): ReadonlyMap<string, TreeEntry> => {
    const entries = trees.get(id) ?? readTree(objects, id) ?? new Map();
    trees.set(id, entries);
    return entries;
  };

  const within = new Map<string, TrackedFiles | undefined>();
  const walk = (path: string): { entry?: TreeEntry; inner?: TrackedFiles } => {
    const place = relative(root, path);
    if (place === '' || place.startsWith('..') || isAbsolute(place)) return {};
    let found: TreeEntry = { mode: '40000', id: tree };
    const parts = place.split(sep);
    for (const [index, part] of parts.entries()) {
      if (found.mode === submodule) {
        const folder = join(root, ...parts.slice(0, index));
        if (!within.has(folder)) within.set(folder, trackedFiles(folder, found.id));
        const inner = within.get(folder);
        return inner ? { inner } : {};
      }
      const next = found.mode === '40000' ? entriesOf(found.id).get(part) : undefined;
      if (!next) return {};
      found = next;
    }
    return { entry: found };
  };
  return {
    root,
    commit,
    entry(path) {
      const { entry, inner } = walk(path);
      return inner ? inner.entry(path) : entry;
    },
    compare(path) {
      const { entry, inner } = walk(path);
      if (inner) return inner.compare(path);
      if (!entry) return 'untracked';
      return entry.mode.startsWith('100') && isContent(path, entry.id) ? 'same' : 'changed';
    },
  };
}

function isContent(path: string, id: string): boolean {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch {
    return false;
  }
  if (objectId('blob', content, id.length) === id) return true;
  // Git can write CRLF on checkout, on Windows by default, and stores LF.
  const unixLines = Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return objectId('blob', unixLines, id.length) === id;
}

function objectText(objects: ObjectStore, id: string, type: 'commit' | 'tag'): string {
  const object = objects.read(id);
  return object?.type === type ? object.content.toString('utf8') : '';
}
