import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';

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

/** The actions as the runner downloads them, which all tests of a run share: they only read in it. */
export function publishedAction(): { readonly path: string } {
  return { path: inject('action') };
}
