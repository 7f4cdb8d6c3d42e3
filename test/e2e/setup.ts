import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { actionFolders } from '../../scripts/readme-tables.ts';
import { repositoryRoot } from './runner.ts';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** An empty directory with no `node_modules` above it. */
export async function temporaryDirectory(
  files: Readonly<Record<string, string>> = {},
): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'action-e2e-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * The actions as the runner downloads them: each `action.yml` where it stands, and `dist/`, and nothing else.
 * `ACTION_DIST` names a bundle that is tried in place of the committed one.
 */
export async function publishedAction(): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  for (const folder of actionFolders(repositoryRoot)) {
    await cp(join(repositoryRoot, folder, 'action.yml'), join(directory.path, folder, 'action.yml'));
  }
  const dist = process.env['ACTION_DIST'] || join(repositoryRoot, 'dist');
  await cp(dist, join(directory.path, 'dist'), { recursive: true });
  return directory;
}
