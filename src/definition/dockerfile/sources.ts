import { posix } from 'node:path';
import { quoteForShell } from '../shell-text.ts';
import { warning } from './finding.ts';
import type { DockerfileInstruction } from './instructions.ts';
import type { State } from './state.ts';

/** Where a COPY or ADD puts its files, and how. */
export interface Target {
  readonly instruction: DockerfileInstruction;
  readonly destination: string;
  /** `user` or `user:group`; absent for root. */
  readonly owner?: string;
  /** Octal. */
  readonly mode?: string;
  /** Several sources, or a destination that ends in a slash. */
  readonly isFolder: boolean;
}

/** One source of the context directory. */
export function copySource(source: string, target: Target, state: State): void {
  const { instruction, destination, owner, mode } = target;
  const copy = (path: string, to: string): void => {
    const isFolder = target.isFolder || state.files?.kind(path) === 'directory';
    makeFolders(to.endsWith('/') || (isFolder && to === destination) ? to : posix.dirname(to), target, state);
    state.calls.push({
      method: 'copy',
      source: path,
      destination: to,
      ...(owner && { user: owner }),
      ...(mode && { mode: Number.parseInt(mode, 8) }),
      line: instruction.line,
    });
  };
  const literal = (path: string): void => {
    const kind = state.files?.kind(path);
    const real = state.files?.target(path) ?? path;
    const named =
      kind === 'file' || kind === 'archive' ? inFolder(destination, posix.basename(path)) : destination;
    const isRenamed = posix.basename(real) !== posix.basename(path) && kind !== 'directory';
    const own = posix.join(destination, posix.basename(path));
    copy(literalPattern(real), isRenamed && target.isFolder ? own : named);
  };
  // Docker takes sources from the context directory, also with a slash in front.
  const path = source.replace(/^\/+(?=.)/, '').replace(/^\/$/, '.');
  const found = /(?<!\\)[*?[]/.test(path) ? matches(path, target, state) : [path];
  if (found === undefined) copy(literalPattern(path.replace(/\*{2,}/g, '*')), destination);
  else for (const one of found) literal(one);
}

/**
 * Docker gives the folders that it makes the owner and the mode of the files, and the service those of root. So they are
 * made before, where they may be missing.
 */
function makeFolders(path: string, target: Target, state: State): void {
  const missing = foldersTo(posix.resolve(state.workdir, path)).filter(
    (folder) => !state.folders.has(folder),
  );
  for (const folder of missing) state.folders.add(folder);
  const [user = 'root', group = user] = (target.owner ?? 'root').split(':');
  const [first, ...others] = missing.map(quoteForShell);
  const mode = target.mode === undefined || /^0?755$/.test(target.mode) ? '' : ` -m ${target.mode}`;
  if (first === undefined || (user === 'root' && mode === '')) return;
  const make = (folder: string) => `[ -d ${folder} ] || install -d${mode} -o ${user} -g ${group} ${folder}`;
  const command =
    others.length === 0 ? make(first) : `for d in ${[first, ...others].join(' ')}; do ${make('"$d"')}; done`;
  runAsRoot(command, target, state);
}

/** An absolute path with all folders above it, the uppermost first. */
export function foldersTo(path: string): string[] {
  const names = path.split('/').filter(Boolean);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

/** The path of a file in a folder. The service does not make the folder for a single file. */
export function inFolder(destination: string, name: string): string {
  return destination.endsWith('/') && !['./', '/'].includes(destination) ? destination + name : destination;
}

/**
 * What a pattern matches, to be copied one by one; `undefined` where the service does the same with the pattern itself. It
 * keeps the folders that a pattern matches, and those below its first wildcard, where Docker copies what they hold.
 */
function matches(
  pattern: string,
  { instruction, isFolder }: Target,
  state: State,
): readonly string[] | undefined {
  const found = state.files?.match(pattern);
  if (!found) return undefined;
  if (found.length === 0) {
    const nothing = `${pattern} matches no file, so nothing is copied, as in Docker.`;
    state.findings.push(warning(instruction, nothing, 'Check its spelling if it should match one.'));
    return [];
  }
  if (found.length === 1 && !isFolder) return found;
  const folders = found.filter((path) => state.files?.kind(path) === 'directory');
  const isDeep = /[*?[].*\//.test(pattern);
  if (folders.length === 0 && !isDeep) return undefined;
  if (!state.files?.ignores) return found;
  // Some of them may be left out, and a step without files cannot be built.
  const named = folders.length > 0 ? ` (${folders.slice(0, 3).join(', ')})` : '';
  state.findings.push(
    warning(
      instruction,
      `The service keeps the folders that ${pattern} takes${named}, where Docker copies what they hold.`,
      'Name them in a COPY of their own.',
    ),
  );
  return undefined;
}

/** Escapes what is a pattern to the SDK only. */
function literalPattern(path: string): string {
  return path.replace(/(?<!\\)\{|(?<=[?*+@!])\(/g, '\\$&');
}

/** A step that does as root what Docker's own COPY and ADD do. */
export function runAsRoot(command: string, { instruction }: Target, state: State): void {
  const user = state.user === 'root' ? {} : { user: 'root' };
  state.calls.push({ method: 'runCmd', command, ...user, line: instruction.line });
}
