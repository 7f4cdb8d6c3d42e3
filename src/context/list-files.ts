import { type Dirent, readdirSync, type Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { type Problem, ProblemsError, throwIfAny } from '../problem.ts';
import { type CopyFiles, copyProblems, ProblemList, reason } from './copy-problems.ts';
import { type CopySource, parseCopySource } from './copy-source.ts';
import type { IgnoreRule, IgnoreRules } from './ignore-rules.ts';
import type { ManifestEntry } from './manifest.ts';

/** An entry before its content is read. */
export type ListedEntry = Pick<ManifestEntry, 'path' | 'type' | 'target'>;

interface Excluded {
  readonly path: string;
  readonly rule: IgnoreRule;
}

type Kind = Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

/**
 * Lists what a COPY sends, in no particular order. Directories without a possible match are not read. An excluded
 * directory is listed when a `!` rule includes something below it. Ignore rules apply to the path that is sent, and with
 * `resolveSymlinks` not to the target of a link. A link is otherwise sent as it is, with any target. It is followed only
 * as a directory on the way to the source.
 *
 * @throws ProblemsError with the first ten problems: a source that is missing, matches nothing, is excluded by ignore
 *   rules or is outside the context directory; links that cannot be resolved; entries that are neither file, directory
 *   nor link; paths that cannot be read
 */
export async function listFiles(copy: CopyFiles, ignore: IgnoreRules): Promise<readonly ListedEntry[]> {
  const messages = copyProblems(copy);
  const source = parseCopySource(copy.source, copy.contextSetting);
  if (typeof source === 'string') {
    throw new ProblemsError([messages.invalid(source, await isThere(copy))]);
  }
  let root: string;
  try {
    root = await realpath(copy.contextDirectory);
  } catch (error) {
    throw new ProblemsError([messages.noContext(reason(error))]);
  }
  if (!(await stat(root)).isDirectory())
    throw new ProblemsError([messages.noContext('it is not a directory')]);
  return new Walk(copy, root, source, ignore).run();
}

/** Whether the source, read as a path and not as a pattern, exists in the context directory. */
export async function isThere({
  source,
  contextDirectory,
}: Pick<CopyFiles, 'source' | 'contextDirectory'>): Promise<boolean> {
  const path = join(contextDirectory, source);
  const way = relative(contextDirectory, path);
  if (source === '' || /^[\\/]/.test(source) || way === '' || way.startsWith('..')) return false;
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** The search of one COPY and its results so far. */
class Walk {
  readonly #copy: CopyFiles;
  readonly #root: string;
  readonly #source: CopySource;
  readonly #ignore: IgnoreRules;
  readonly #messages: ReturnType<typeof copyProblems>;
  readonly #problems: ProblemList;
  readonly #entries: ListedEntry[] = [];
  /** The first path that the source matches and a rule excludes. */
  #firstExcluded: Excluded | undefined;
  /** The first excluded directory that could have a match of the source. */
  #firstSkipped: Excluded | undefined;

  constructor(copy: CopyFiles, root: string, source: CopySource, ignore: IgnoreRules) {
    this.#copy = copy;
    this.#root = root;
    this.#source = source;
    this.#ignore = ignore;
    this.#messages = copyProblems(copy);
    this.#problems = new ProblemList(this.#messages);
  }

  async run(): Promise<readonly ListedEntry[]> {
    const { start } = this.#source;
    if (start === '') await this.#visitChildren('', [this.#root]);
    else await this.#visitStart(start);
    throwIfAny(this.#problems.all());
    const nothing = await this.#whyNothing();
    if (nothing) throw new ProblemsError([nothing]);
    return this.#entries;
  }

  async #visitStart(start: string): Promise<void> {
    const { literal, directoriesOnly } = this.#source;
    try {
      const parent = await realpath(this.#absolute(posix.dirname(start)));
      if (!this.#isInside(parent)) return this.#problems.add(this.#messages.outside(start, parent));
      let found = await lstat(this.#absolute(start));
      if (literal && directoriesOnly && !found.isDirectory() && !found.isSymbolicLink()) {
        return this.#problems.add(this.#messages.notDirectory(start));
      }
      if (found.isSymbolicLink() && !literal) {
        const target = await realpath(this.#absolute(start));
        if (!this.#isInside(target)) return this.#problems.add(this.#messages.outside(start, target));
        found = await stat(target);
      }
      await this.#visit(start, found, [parent]);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        this.#problems.add(this.#messages.unreadable(start, error));
      else if (literal) this.#problems.add(this.#messages.missing(start));
    }
  }

  /** `above`: the real paths of the directories above this one. */
  async #visit(path: string, kind: Kind, above: readonly string[]): Promise<void> {
    const mayBeTaken =
      this.#source.mayTakeBelow(path) || this.#source.takes(path, true) || this.#source.takes(path, false);
    if (!mayBeTaken) return;
    const excludedBy = this.#ignore.excludedBy(path);
    if (excludedBy) {
      const found = { path, rule: excludedBy };
      if (this.#source.takes(path, kind.isDirectory())) this.#firstExcluded ??= found;
      else if (kind.isDirectory()) this.#firstSkipped ??= found;
      if (!this.#ignore.mayReincludeBelow(path)) return;
    }
    const sent = kind.isSymbolicLink() && this.#copy.resolveSymlinks ? await this.#follow(path) : kind;
    if (sent?.isDirectory()) await this.#visitDirectory(path, excludedBy !== undefined, above);
    else if (sent && !excludedBy && this.#source.takes(path, false)) await this.#addLeaf(path, sent);
  }

  async #visitDirectory(path: string, excluded: boolean, above: readonly string[]): Promise<void> {
    const before = this.#entries.length;
    if (this.#copy.resolveSymlinks) {
      const real = await realpath(this.#absolute(path));
      if (above.includes(real)) return this.#problems.add(this.#messages.circle(path, real));
      await this.#visitChildren(path, [...above, real]);
    } else {
      await this.#visitChildren(path, above);
    }
    const needed = !excluded || this.#entries.length > before;
    if (needed && this.#source.takes(path, true)) this.#entries.push({ path, type: 'directory' });
  }

  async #visitChildren(directory: string, above: readonly string[]): Promise<void> {
    let children: Dirent[];
    try {
      // Synchronous, since the thread pool takes three times as long, even with many directories at a time.
      children = readdirSync(this.#absolute(directory), { withFileTypes: true });
    } catch (error) {
      return this.#problems.add(this.#messages.unreadable(directory, error));
    }
    // Sorted, so that the same problem comes first on every machine.
    children.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const child of children) {
      const path = directory === '' ? child.name : `${directory}/${child.name}`;
      try {
        await this.#visit(path, child, above);
      } catch (error) {
        this.#problems.add(this.#messages.unreadable(path, error));
      }
    }
  }

  async #addLeaf(path: string, kind: Kind): Promise<void> {
    // Node puts U+FFFD into a name that is not UTF-8, and then cannot open it.
    if (path.includes('\uFFFD') && !(await lstat(this.#absolute(path)).catch(() => undefined))) {
      this.#problems.add(this.#messages.notUtf8(path));
    } else if (kind.isFile()) {
      this.#entries.push({ path, type: 'file' });
    } else if (kind.isSymbolicLink()) {
      this.#entries.push({ path, type: 'symlink', target: await readlink(this.#absolute(path)) });
    } else {
      this.#problems.add(this.#messages.special(path));
    }
  }

  /** The target of a link; `undefined`, with a problem, when it cannot be sent. */
  async #follow(path: string): Promise<Stats | undefined> {
    try {
      const target = await realpath(this.#absolute(path));
      if (this.#isInside(target)) return await stat(target);
      this.#problems.add(this.#messages.outside(path, target));
    } catch (error) {
      this.#problems.add(this.#messages.brokenLink(path, error));
    }
    return undefined;
  }

  /** Why nothing is sent. Directories alone are sent only when no rule emptied them. */
  async #whyNothing(): Promise<Problem | undefined> {
    if (this.#entries.some((entry) => entry.type !== 'directory')) return undefined;
    if (this.#firstExcluded)
      return this.#messages.excluded(this.#firstExcluded.path, this.#firstExcluded.rule);
    if (this.#entries.length > 0) return undefined;
    const named = !this.#source.literal && (await isThere(this.#copy));
    return this.#messages.matchesNothing(this.#source.literal, this.#firstSkipped, named);
  }

  #absolute(path: string): string {
    return join(this.#copy.contextDirectory, path);
  }

  #isInside(real: string): boolean {
    const way = relative(this.#root, real);
    return way !== '..' && !way.startsWith(`..${sep}`) && !/^[A-Za-z]:/.test(way);
  }
}
