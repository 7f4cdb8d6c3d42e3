import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import type { ContextFiles } from '../../dockerfile/state.ts';

/** The files of a context directory, as COPY and ADD of a Dockerfile see them. */
export function contextFiles(directory: string, ignores: boolean): ContextFiles {
  return {
    ignores,
    target(path) {
      try {
        const found = relative(realpathSync(directory), realpathSync(join(directory, path))).replaceAll(
          sep,
          '/',
        );
        const normal = posix.normalize(path).replace(/\/$/, '');
        return found === normal || found === '' || found.startsWith('../') ? path : found;
      } catch {
        return path;
      }
    },
    kind(path) {
      const normal = posix.normalize(path);
      if (/^\.\.(?:\/|$)/.test(normal)) return undefined;
      const file = join(directory, normal);
      const stats = statsOf(file);
      if (stats?.isDirectory()) return 'directory';
      if (!stats?.isFile()) return undefined;
      return isArchive(file) ? 'archive' : 'file';
    },
    match: (pattern) => matchBelow(directory, '', posix.normalize(pattern).replace(/\/$/, '').split('/')),
  };
}

function statsOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // The plan reports what cannot be read.
    return undefined;
  }
}

function matchBelow(directory: string, above: string, segments: readonly string[]): string[] {
  const [segment = '', ...rest] = segments;
  const matches = namePattern(segment);
  let names: string[] = [];
  try {
    names = readdirSync(join(directory, above)).sort();
  } catch {
    // Not a directory.
  }
  return names
    .filter((name) => matches.test(name))
    .flatMap((name) => {
      const path = posix.join(above, name);
      return rest.length === 0 ? [path] : matchBelow(directory, path, rest);
    });
}

/** A segment in the language of Go's `filepath.Match`. */
function namePattern(segment: string): RegExp {
  const source = segment.replace(
    /\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|[\s\S]/g,
    (character, escaped: string | undefined, not: string | undefined, set: string | undefined) => {
      if (escaped !== undefined) return escaped.replace(/\W/g, '\\$&');
      if (set !== undefined) return `[${not}${set.replace(/[[\]^]/g, '\\$&')}]`;
      if (character === '*') return '.*';
      return character === '?' ? '.' : character.replace(/\W/g, '\\$&');
    },
  );
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // The plan reports a pattern that is none.
    return /^(?!)/;
  }
}

/** Whether a file is a tar archive, plain or compressed. Docker goes by the content, never by the name. */
function isArchive(file: string): boolean {
  const start = firstBytes(file, 65_536);
  if (isTar(start)) return true;
  if (start.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) {
    try {
      return isTar(gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }));
    } catch {
      return false;
    }
  }
  const packed = ['425a68', 'fd377a585a00', '28b52ffd'].some((magic) =>
    start.toString('hex', 0, 6).startsWith(magic),
  );
  return packed && /\.(?:tar\.\w+|t[bxz]\w*)$/i.test(file);
}

/** The checksum of a tar header is that of its bytes with blanks in the checksum's own place. */
function isTar(bytes: Buffer): boolean {
  if (bytes.length < 512) return false;
  const header = bytes.subarray(0, 512);
  const written = Number.parseInt(header.toString('latin1', 148, 156), 8);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return written === sum && header[0] !== 0;
}

function firstBytes(file: string, length: number): Buffer {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, length, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return Buffer.alloc(0);
  }
}
