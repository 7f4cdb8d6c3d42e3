import { git } from './checkouts.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A repository with one commit, in which there is a recipe. */
export async function repository(): Promise<{ path: string; commit: string } & AsyncDisposable> {
  const directory = await temporaryDirectory({ 'sandbox/template.ts': 'export {};\n' });
  git(directory.path, 'init', '-q');
  git(directory.path, 'add', '.');
  git(directory.path, 'commit', '-qm', 'one');
  const commit = git(directory.path, 'rev-parse', 'HEAD');
  return { path: directory.path, commit, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}
