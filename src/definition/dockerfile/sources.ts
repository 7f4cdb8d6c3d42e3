import { posix } from 'node:path';
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
    state.calls.push({
      method: 'copy',
      source: path,
      destination: to,
      ...(owner && { user: owner }),
      ...(mode && { mode: Number.parseInt(mode, 8) }),
      line: instruction.line,
    });
  };
  // Docker takes sources from the context directory, also with a slash in front.
  const path = source.replace(/^\/+(?=.)/, '').replace(/^\/$/, '.');
  if (/(?<!\\)[*?[]/.test(path)) {
    for (const found of matches(path, target, state)) copy(found, destination);
    return;
  }
  const isFile = state.files !== undefined && ['file', 'archive'].includes(state.files.kind(path) ?? '');
  copy(literalPattern(path), isFile ? inFolder(destination, posix.basename(path)) : destination);
}

/** The path of a file in a folder. The service does not make the folder for a single file. */
export function inFolder(destination: string, name: string): string {
  return destination.endsWith('/') && !['./', '/'].includes(destination) ? destination + name : destination;
}

/** A pattern as the SDK reads it. Braces and `**` mean nothing to Docker here. */
function matches(pattern: string, { instruction, isFolder }: Target, state: State): readonly string[] {
  const forSdk = literalPattern(pattern.replace(/\*{2,}/g, '*'));
  const found = state.files?.match(pattern);
  if (found?.length === 0) {
    const nothing = `${pattern} matches no file, so nothing is copied, as in Docker.`;
    state.findings.push(warning(instruction, nothing, 'Check its spelling if it should match one.'));
    return [];
  }
  if (!found) return [forSdk];
  const [only] = found;
  if (only !== undefined && found.length === 1 && !isFolder) return [literalPattern(only)];
  const folders = found.filter((path) => state.files?.kind(path) === 'directory');
  if (folders.length > 0) {
    const named = folders.slice(0, 3).join(', ');
    state.findings.push(
      warning(
        instruction,
        `${pattern} matches ${folders.length === 1 ? 'the folder' : 'folders, such as'} ${named}. The service keeps a folder as one, where Docker copies what it holds.`,
        'Name the folders in a COPY of their own.',
      ),
    );
  }
  return [forSdk];
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
