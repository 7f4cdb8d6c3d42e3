import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Problem, throwIfAny } from '../../problem.ts';
import { readUntrustedResult, ShapeError } from '../../report/result/parse.ts';
import type { ResultDocument } from '../../report/result/result.ts';

const fileLimit = 20;
const byteLimit = 5_000_000;

/**
 * The results in these files, and in the `.json` files of these folders and their subfolders, the layout of several
 * downloaded artifacts. The files may come from anyone. Rejects with a `ProblemsError` that names every file that is
 * missing or is no result.
 */
export async function readResultFiles(
  paths: readonly string[],
  workspace: string | undefined,
): Promise<ResultDocument[]> {
  const problems: Problem[] = [];
  const reject = (path: string, message: string) => {
    problems.push({ title: 'Input result', message: `${path}: ${message}` });
  };
  const files: string[] = [];
  for (const path of paths) files.push(...(await filesAt(resolve(workspace ?? '.', path), reject)));
  if (files.length > fileLimit) {
    reject(paths.join(', '), `found ${files.length} files, expected at most ${fileLimit}.`);
  }
  const results: ResultDocument[] = [];
  for (const file of files.slice(0, fileLimit)) {
    try {
      const { size } = await lstat(file);
      if (size > byteLimit) throw new ShapeError('', `${size} bytes`, `at most ${byteLimit}`);
      results.push(readUntrustedResult(await readFile(file, 'utf8')));
    } catch (error) {
      reject(file, `it is no result file of the build action. ${(error as Error).message}`);
    }
  }
  throwIfAny(problems);
  return results;
}

async function filesAt(path: string, reject: (path: string, message: string) => void): Promise<string[]> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile()) return [path];
  if (!found?.isDirectory()) {
    reject(path, 'there is no such file or folder. Did the step that downloads the artifact find one?');
    return [];
  }
  const inFolders = (await entriesOf(path)).map((entry) =>
    entry.isDirectory() ? entriesOf(join(path, entry.name)) : [entry],
  );
  const files = (await Promise.all(inFolders))
    .flat()
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  if (files.length === 0) reject(path, 'no .json file is in it.');
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort();
}

const entriesOf = (path: string) => readdir(path, { withFileTypes: true });
