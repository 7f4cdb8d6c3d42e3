import fs from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { type Problem, problem, quote } from '../problem.ts';

/** What is never searched, whatever the patterns say: foreign packages and git's own files. */
const neverSearched = ['**/node_modules', '**/.git'];

/** The files that patterns found. */
export interface FoundFiles {
  /** Paths relative to the folder that was searched, with `/`, in alphabetical order. */
  readonly files: readonly string[];
  /** The patterns that match no file, or only excluded ones. */
  readonly unmatched: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Finds files by glob patterns: `*`, `?`, `[…]`, `{…}`, and `**` for any number of folders. A pattern that begins with
 * `!` excludes files, wherever it stands in the list. `*` does not match a name that begins with a dot.
 *
 * @param directory - absolute path of the folder that is searched
 */
export async function findFiles(directory: string, patterns: readonly string[]): Promise<FoundFiles> {
  const problems: Problem[] = [];
  const usable = patterns.filter((pattern) => {
    const fault = patternFault(pattern);
    if (fault) problems.push({ title: 'Input templates', message: `found ${quote(pattern)}; ${fault}` });
    return !fault;
  });
  const excluded = usable.filter(isExclusion).map((pattern) => normalize(pattern.slice(1).trim()));
  const wanted = usable.filter((pattern) => !isExclusion(pattern));
  const files = new Set<string>();
  const unmatched: string[] = [];
  for (const pattern of wanted) {
    const found = await filesOf(directory, pattern, [...neverSearched, ...excluded]);
    if (found.length === 0) unmatched.push(pattern);
    for (const file of found) files.add(file);
  }
  if (wanted.length === 0 && problems.length === 0) {
    const message = `found ${quote(patterns.join(', '))}, which only excludes. Add a pattern of the files to list, such as sandbox-templates/*/template.ts.`;
    problems.push({ title: 'Input templates', message });
  }
  return { files: [...files].sort(), unmatched, problems };
}

async function filesOf(directory: string, pattern: string, exclude: readonly string[]): Promise<string[]> {
  if (!fs.glob)
    throw problem(
      'Node.js',
      `found ${process.version}. Patterns need Node.js 22 or newer; a manifest does not.`,
    );
  const found: string[] = [];
  const options = { cwd: directory, exclude, withFileTypes: true } as const;
  for await (const entry of fs.glob(normalize(pattern), options)) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const place = path.startsWith(directory + sep) ? path.slice(directory.length + 1) : path;
    found.push(place.replaceAll(sep, '/'));
  }
  return found;
}

function isExclusion(pattern: string): boolean {
  return pattern.startsWith('!');
}

function patternFault(pattern: string): string | undefined {
  const path = pattern.replace(/^!\s*/, '');
  const expected =
    'expected a pattern relative to working-directory, such as sandbox-templates/*/template.ts.';
  if (path === '') return `nothing follows the "!"; ${expected}`;
  if (isAbsolute(path)) return `it is an absolute path; ${expected}`;
  if (/(^|[\\/{,])\.\.([\\/},]|$)/.test(path))
    return 'it leads out of the folder that is searched. Set working-directory to the folder above.';
  return undefined;
}
