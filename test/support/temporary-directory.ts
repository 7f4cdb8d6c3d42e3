import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

type Files = Readonly<Record<string, string>>;

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** Writes files by their path, over those that are there. */
  write(files: Files): Promise<void>;
}

/** An empty directory with no `node_modules` above it. */
export async function temporaryDirectory(files: Files = {}): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'action-e2e-'));
  const write = async (content: Files) => {
    for (const [name, text] of Object.entries(content)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
  };
  await write(files);
  return { path, write, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
