import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Comparison, type TrackedFiles, trackedFiles } from '../../git/tracked-files.ts';
import { type ProblemsError, problem } from '../../problem.ts';
import type { CommittedOnly } from '../protocol.ts';
import { registerHooks } from './module-hooks.ts';

/** The files of one commit: only these may be loaded, and only unchanged. */
export interface CommittedFiles {
  readonly root: string;
  compare(path: string): Comparison;
  /** Throws a `ProblemsError` for a file that may not be loaded. */
  check(path: string): void;
  /** The same for a file of another language, which no package.json concerns. */
  checkSource(path: string): void;
}

/**
 * Opens the files that a recipe may load in a run that a stranger may have caused.
 *
 * @param file - the recipe; each problem is reported at its first line
 * @throws ProblemsError when the commit cannot be read
 */
export function openCommittedFiles({ root, commit, event }: CommittedOnly, file: string): CommittedFiles {
  const opened = trackedFiles(root, commit);
  const refuse = (title: string, found: string): ProblemsError =>
    problem(
      title,
      `${found} Runs of ${event} have secrets, and a stranger may have caused this one: only files of the commit ${commit} are loaded, as it has them, and no installed packages. Commit what the recipe needs, or build where only people with the right to write start the run, such as under push or workflow_dispatch.`,
      { file, line: 1 },
    );
  if (!opened) throw refuse('The commit cannot be read', `The commit ${commit} is not in ${root}.`);
  const tracked: TrackedFiles = opened;
  const shown = (path: string): string => {
    const place = relative(root, path);
    return place.startsWith('..') ? path : place.replaceAll(sep, '/');
  };
  const checked = new Set<string>();
  const requireCommitted = (path: string, why: string): void => {
    const compared = tracked.compare(path);
    if (compared === 'untracked')
      throw refuse('A file that git does not track', `${shown(path)} ${why}, and git does not track it.`);
    if (compared === 'changed')
      throw refuse(
        'A file that differs from its commit',
        `${shown(path)} ${why}, and it differs from its commit. Files of Git LFS and of git's filters cannot be compared, and are not loaded either.`,
      );
  };
  return {
    root,
    compare: tracked.compare,
    checkSource: (path) => requireCommitted(realpathSync(path), 'is loaded'),
    check(path) {
      const real = realpathSync(path);
      if (checked.has(real)) return;
      requireCommitted(real, 'is loaded');
      // package.json decides how the file is read, and what its imports that begin with # mean.
      const settings = packageAround(real, root);
      if (settings) requireCommitted(realpathSync(settings), `says how ${shown(real)} is read`);
      else if (/['"]#/.test(readFileSync(real, 'latin1')))
        throw refuse(
          'An import without a package.json',
          `${shown(real)} has an import that begins with #, and there is no package.json in the repository that says what it means.`,
        );
      checked.add(real);
    },
  };
}

/** The nearest `package.json` that is not above the root. */
function packageAround(file: string, root: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) return path;
    if (folder === root || dirname(folder) === folder) return undefined;
  }
}

/**
 * Checks what Node itself loads: plain JavaScript, JSON, compiled addons, and every `require`.
 *
 * @param own - folders of the action, from which the SDK loads its files
 */
export function checkNodeLoads(files: CommittedFiles, own: readonly string[]): void {
  if (!registerHooks)
    throw problem(
      'Node.js',
      `found ${process.version}. This run has secrets and loads committed files only, which needs Node.js 22.15 or newer.`,
    );
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:')) {
        const path = realpathSync(fileURLToPath(url.replace(/[?#].*$/, '')));
        if (!own.some((folder) => path.startsWith(folder + sep))) files.check(path);
      }
      return next(url, context);
    },
  });
  // A compiled addon bypasses the hooks.
  const open = process.dlopen;
  process.dlopen = (module, path, ...rest) => {
    files.check(path);
    return Reflect.apply(open, process, [module, path, ...rest]);
  };
}
