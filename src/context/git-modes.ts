import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MOST_MS = 60_000;

/** What git keeps of files and Windows does not. Paths are relative to the context directory. */
export interface GitModes {
  readonly executables: ReadonlySet<string>;
  /** Symbolic links, which may have been checked out as files that hold their target. */
  readonly links: ReadonlySet<string>;
}

/**
 * The modes that git's index has for the files below a directory, where the file system has none: on Windows.
 * Undefined elsewhere, since there the files themselves tell. Without git, or outside of a repository,
 * nothing is executable and nothing is a link that does not look like one.
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
      // Windows looks for programs where they are started first; a checkout may hold its own git.exe.
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
