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

/** A new directory, which is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'plan-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes the tree, in the order of its keys, below a directory. */
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

/** A new directory that holds the tree. */
export async function planted(tree: Tree): Promise<string> {
  const directory = await temporaryDirectory();
  await plant(directory, tree);
  return directory;
}
