import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MOST_MS = 60_000;

/** Facts about files that git stores and Windows does not. Paths are relative to the context directory. */
export interface GitModes {
  readonly executables: ReadonlySet<string>;
  /** Symbolic links, which may be checked out as files with the target as their text. */
  readonly links: ReadonlySet<string>;
}

/**
 * Reads modes from git's index for the files below a directory on Windows, whose file system has none. Returns
 * `undefined` elsewhere, since there the files have modes. Without git, or outside of a repository, no file is
 * executable, and only real links are links.
 *
 * Source of the format: gitformat-index(5), git-ls-files(1).
 */
export async function readGitModes(
  directory: string,
  platform: NodeJS.Platform = process.platform,
): Promise<GitModes | undefined> {
  if (platform !== 'win32') return undefined;
  const executables = new Set<string>();
  const links = new Set<string>();
  for (const line of (await listIndex(directory)).split('\0')) {
    const [, mode, path] = /^(\d+) \S+ \d\t(.+)$/s.exec(line) ?? [];
    if (mode === '100755' && path) executables.add(path);
    else if (mode === '120000' && path) links.add(path);
  }
  return { executables, links };
}

async function listIndex(directory: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', directory, 'ls-files', '--stage', '-z'], {
      // Windows first searches the current directory for programs, and a checkout may hold a git.exe.
      cwd: dirname(process.execPath),
      maxBuffer: Number.POSITIVE_INFINITY,
      timeout: MOST_MS,
      windowsHide: true,
    });
    return stdout;
  } catch {
    return '';
  }
}
