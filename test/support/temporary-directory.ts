import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * What stands at each path: a file's content, an executable's (`{ run }`), a link's target (`{ link }`), or
 * an empty directory (`null`).
 */
export type Tree = Readonly<
  Record<string, string | Buffer | { readonly run: string } | { readonly link: string } | null>
>;

/** Writes the tree, in the order of its keys, below a directory, over files that are there. */
export async function plant(directory: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const place = join(directory, path);
    await mkdir(dirname(place), { recursive: true });
    if (content === null) await mkdir(place, { recursive: true });
    else if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(place, content);
    else if ('link' in content) await symlink(content.link, place);
    else {
      await writeFile(place, content.run);
      await chmod(place, 0o755);
    }
  }
}

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** Writes files by their path, over those that are there. */
  write(tree: Tree): Promise<void>;
}

/** A directory with no `node_modules` above it, which goes with its scope (`await using`). */
export async function temporaryDirectory(tree: Tree = {}): Promise<TemporaryDirectory> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'test-')));
  await plant(path, tree);
  return {
    path,
    write: (more) => plant(path, more),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Path of a directory that holds the tree and goes when the test ends. */
export async function planted(tree: Tree = {}): Promise<string> {
  const directory = await temporaryDirectory(tree);
  onTestFinished(() => directory[Symbol.asyncDispose]());
  return directory.path;
}
