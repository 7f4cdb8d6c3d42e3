import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Definition } from '../definition/definition.ts';

/** A `fileContextPath` or `file_context_path` that is relative, and so counts from the working directory. */
export type RelativeContext = NonNullable<Definition['relativeContext']> & Pick<Definition, 'file' | 'kind'>;

/**
 * Says which working directory a relative context is meant for: the nearest folder above the definition, and
 * below the present working directory, that has the path. Empty where there is none.
 *
 * @param source what must exist in the context directory
 */
export function workingDirectoryAdvice(context: RelativeContext | undefined, source = ''): string {
  if (!context) return '';
  const { written, workingDirectory, file, kind } = context;
  const folder = foldersBelow(workingDirectory, file).find((path) => existsSync(join(path, written, source)));
  if (folder === undefined) return '';
  const root = repositoryOf(workingDirectory);
  const shown = (path: string): string => relative(root, path).split(sep).join('/');
  const setting = kind === 'python' ? `file_context_path='${written}'` : `fileContextPath: '${written}'`;
  return ` ${setting} counts from the working directory, and ${shown(join(folder, written, source))} exists: set the inputs working-directory: ${shown(folder)} and template: ${relative(folder, file).split(sep).join('/')}.`;
}

/** The folders between a file and a folder that it is in, from the inside out. */
function foldersBelow(top: string, file: string): string[] {
  const folders: string[] = [];
  for (let path = dirname(file); path.startsWith(top + sep); path = dirname(path)) folders.push(path);
  return folders;
}

/** The folder that the input working-directory counts from, as far as the files tell. */
function repositoryOf(folder: string): string {
  for (let path = folder; ; path = dirname(path)) {
    if (existsSync(join(path, '.git'))) return path;
    if (dirname(path) === path) return folder;
  }
}
