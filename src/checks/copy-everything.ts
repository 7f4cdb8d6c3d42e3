import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gitFolderOf } from '../context/copy-warnings.ts';
import type { FileManifest } from '../context/manifest.ts';
import type { Definition } from '../definition/definition.ts';
import { type Finding, finding } from './finding.ts';

/** Files that a template rarely wants, as the first part of a path that matches. */
const unwanted =
  /^(?:.*?\/)?(?:node_modules|\.venv|venv|__pycache__|\.mypy_cache|\.pytest_cache|\.ruff_cache|\.tox|\.next|\.turbo|\.terraform|\.gradle|\.idea|\.vscode|\.DS_Store|\.env(?:\.(?!example|sample|template|dist|test)[\w.-]+)?|\.npmrc|\.netrc|\.git-credentials)(?=\/|$)/;

/**
 * A COPY of the whole context that takes what does not belong into a template. Ignore rules show that somebody chose, and
 * a context of its own holds what is wanted.
 *
 * @param manifests - of the steps, at the same index
 */
export function copyEverythingFindings(
  { steps, contextDirectory, ignorePatterns, ignoreFile, file }: Definition,
  manifests: ReadonlyArray<FileManifest | undefined>,
): Finding[] {
  if (ignorePatterns.length > 0 || ignoreFile !== undefined) return [];
  if (existsSync(join(contextDirectory, '.dockerignore'))) return [];
  const own = relative(contextDirectory, file).split(sep).join('/');
  return steps.flatMap(({ source }, index) => {
    const files = manifests[index];
    if (!files || !/^(?:\.\/?)*(?:\*{0,2}\/?)?$/.test(files.source)) return [];
    // The warning about the git folder gives the same advice.
    if (gitFolderOf(files) !== undefined) return [];
    const found = new Set<string>();
    for (const { path } of files.entries) {
      const match = path === own ? path : unwanted.exec(path)?.[0];
      if (match !== undefined) found.add(match);
    }
    if (found.size === 0) return [];
    const names = [...found];
    const shown = names.length > 4 ? `${names.slice(0, 4).join(', ')} and more` : names.join(', ');
    const again = found.has(own) ? ' Each change of the recipe changes these files too.' : '';
    const message = `COPY "${files.source}" sends the whole context, ${shown} included, and there is no .dockerignore.${again} Name the folders to send, or write a .dockerignore.`;
    return [finding('copy-everything', message, source)];
  });
}
