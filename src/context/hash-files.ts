import { createHash, hash as hashAtOnce } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Problem, throwIfAny } from '../problem.ts';
import { type CopyFiles, copyProblems, ProblemList } from './copy-problems.ts';
import { type GitModes, readGitModes } from './git-modes.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { type ListedEntry, listFiles } from './list-files.ts';
import { type FileManifest, type ManifestEntry, narrowerMode } from './manifest.ts';
import { openContent } from './read-file.ts';

/** Files read at the same time: enough to keep a disk busy, few enough for any limit on open files. */
const PARALLEL_READS = 8;
const FILES_BETWEEN_SIGNALS = 1000;

/**
 * Lists and hashes the files that a COPY sends. Files are streamed through SHA-256, so memory does not grow with their
 * size. Entries are sorted by the bytes of their paths.
 *
 * @param modes - the modes of git's index, which serve all COPY steps of a context directory. Read when left out.
 * @throws ProblemsError as {@link listFiles} does, and for a file that cannot be read
 */
export async function hashFiles(
  copy: CopyFiles,
  ignore: IgnoreRules,
  modes?: GitModes,
): Promise<FileManifest> {
  const listed = sortByPath(await listFiles(copy, ignore));
  const gitModes = modes ?? (await readGitModes(copy.contextDirectory));
  const messages = copyProblems(copy);
  const entries: ManifestEntry[] = [];
  /** By the entry's index, so that messages do not depend on the order of reading. */
  const unreadable: Problem[] = [];
  const queue = listed.entries();
  const reader = async () => {
    for (const [index, entry] of queue) {
      // Small files are read synchronously. This lets signals through between them.
      if (index % FILES_BETWEEN_SIGNALS === 0) await setImmediate();
      if (copy.resolveSymlinks && entry.type === 'file' && gitModes?.links.has(entry.path)) {
        unreadable[index] = messages.linkAsText(entry.path);
        continue;
      }
      try {
        const read = readEntry(copy.contextDirectory, entry, gitModes);
        entries[index] = read instanceof Promise ? await read : read;
      } catch (error) {
        unreadable[index] = messages.unreadable(entry.path, error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, reader));
  const problems = new ProblemList(messages);
  unreadable.forEach((found) => {
    problems.add(found);
  });
  throwIfAny(problems.all());
  return {
    source: copy.source,
    contextDirectory: copy.contextDirectory,
    entries,
    fileCount: entries.filter((entry) => entry.type !== 'directory').length,
    bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    hash: hashEntries(entries),
  };
}

/**
 * SHA-256 over sorted entries, the same on every machine for the same content:
 *
 *     "template-files 1" NUL, then for each entry
 *     "f" | "d" | "l" NUL  "x" | "-" NUL  path NUL  digest | target | "" NUL
 *
 * No field can hold a NUL and each entry has four fields, so different lists give different texts. Time stamps, owners,
 * other mode bits, directory sizes and the order of reading do not count. Source and destination of the COPY do not
 * count either: the service's layer key has them separately. Its file store uses this hash alone, so COPY steps with the
 * same files share one upload.
 */
export function hashEntries(entries: readonly ManifestEntry[]): string {
  const hash = createHash('sha256').update('template-files 1\0');
  for (const entry of entries) {
    const type = { file: 'f', directory: 'd', symlink: 'l' }[entry.type];
    const content = entry.digest ?? entry.target ?? '';
    hash.update(`${type}\0${entry.executable ? 'x' : '-'}\0${entry.path}\0${content}\0`);
  }
  return hash.digest('hex');
}

/** Byte order: it does not depend on the locale, and puts a directory before its content. */
function sortByPath(entries: readonly ListedEntry[]): readonly ListedEntry[] {
  return entries
    .map((entry) => ({ entry, key: Buffer.from(entry.path) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
    .map(({ entry }) => entry);
}

/** Returns a promise only when the content is streamed. */
function readEntry(
  contextDirectory: string,
  entry: ListedEntry,
  modes: GitModes | undefined,
): ManifestEntry | Promise<ManifestEntry> {
  const { path, type, target } = entry;
  if (type !== 'file') {
    const fromGit = modes && target !== undefined ? { target: target.replaceAll('\\', '/') } : {};
    const own = type === 'directory' && !modes ? folderMode(join(contextDirectory, path)) : {};
    return { ...entry, ...fromGit, ...own, size: 0, executable: false };
  }
  const { executable: ownBit, mode, content } = openContent(join(contextDirectory, path));
  const executable = modes ? modes.executables.has(path) : ownBit;
  const narrower = modes ? {} : narrowerMode(mode, { executable });
  if (!Buffer.isBuffer(content)) return readLargeFile({ path, type, executable, ...narrower }, content);
  if (modes?.links.has(path)) {
    return { path, type: 'symlink', target: content.toString('utf8'), size: 0, executable: false };
  }
  const digest = hashAtOnce('sha256', content);
  return { path, type, size: content.length, executable, ...narrower, digest };
}

function folderMode(path: string): Pick<ManifestEntry, 'narrowerMode'> {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? narrowerMode(found.mode & 0o777, { executable: true }) : {};
}

async function readLargeFile(
  entry: Omit<ManifestEntry, 'size'>,
  content: AsyncIterable<Buffer>,
): Promise<ManifestEntry> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { ...entry, size, digest: hash.digest('hex') };
}
