import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** The action as the runner downloads it: `action.yml` and `dist/`, and nothing else. */
export async function publishedAction(): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  for (const name of ['action.yml', 'dist']) {
    await cp(join(repositoryRoot, name), join(directory.path, name), { recursive: true });
  }
  return directory;
}
