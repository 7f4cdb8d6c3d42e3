import { realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../problem.ts';

/** Finds the line of the user's files in a stack trace. */
export interface FrameFinder {
  /** The innermost frame in the user's own files. Frames next to the definition are preferred. */
  find(stack: string): SourceLocation | undefined;
  /** Whether this file is the user's, and not ours, the SDK's or an installed package's. */
  isUserFile(file: string): boolean;
}

/**
 * @param file the definition. Its folder and the working directory have the user's own files
 * @param foreign folders whose frames are never the user's: the host's and the SDK's
 */
export function frameFinder(options: {
  readonly file: string;
  readonly workingDirectory: string;
  readonly foreign: readonly string[];
}): FrameFinder {
  const realDirectory = realPath(options.workingDirectory);
  const asGiven = (file: string): string =>
    file !== options.workingDirectory && isInside(realDirectory, file)
      ? join(options.workingDirectory, relative(realDirectory, file))
      : file;
  const foreign = options.foreign.map(realPath);
  const trees = [realPath(dirname(options.file)), realDirectory];

  const isOwn = (file: string): boolean => trees.some((tree) => isInside(tree, file));
  const isUserFile = (file: string): boolean => {
    const inTree = trees.find((tree) => isInside(tree, file));
    const path = inTree === undefined ? file : relative(inTree, file);
    return !path.split(sep).includes('node_modules') && !foreign.some((folder) => isInside(folder, file));
  };

  return {
    isUserFile,
    find(stack) {
      const frames = stack
        .split('\n')
        .map(parseFrame)
        .filter((frame) => frame !== undefined)
        .filter((frame) => isUserFile(frame.file));
      const frame = frames.find(({ file }) => isOwn(file)) ?? frames[0];
      // No column: the transpiled code keeps lines, not columns.
      return frame && { file: asGiven(frame.file), line: frame.line };
    },
  };
}

/** The stack of the caller in V8's own format, even when the definition changed `Error`. */
export function callerStack(): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Reflect.set(Error, 'prepareStackTrace', undefined);
    Error.stackTraceLimit = 60;
    return String(new Error().stack);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Reads `at name (file:line:column)` and `at file:line:column`. */
export function parseFrame(text: string): SourceLocation | undefined {
  if (!/^\s*at /.test(text)) return undefined;
  const match =
    /\(([^(].*|\([^)].*):(\d+):(\d+)\)\s*$/.exec(text) ?? /^\s*at (?:async )?(.+):(\d+):(\d+)\s*$/.exec(text);
  const place = match?.[1];
  if (!match || !place) return undefined;
  const file = asPath(place);
  return file ? { file, line: Number(match[2]), column: Number(match[3]) } : undefined;
}

function asPath(place: string): string | undefined {
  if (place.startsWith('file:')) {
    try {
      return fileURLToPath(place.split('?')[0] ?? place);
    } catch {
      return undefined;
    }
  }
  return place.startsWith('/') || /^[A-Za-z]:[\\/]/.test(place) ? place : undefined;
}

function isInside(folder: string, file: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
