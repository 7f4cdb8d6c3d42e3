import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import { type GitObject, largestObject, type ObjectType, openPacks, type PackedObjects } from './packs.ts';

/** Reads git objects by id. An object that cannot be read, or does not match its id, is `undefined`. */
export interface ObjectStore {
  read(id: string): GitObject | undefined;
}

/** An alternate may name further alternates. Git follows five levels. */
const mostAlternates = 5;

/**
 * Reads the objects of a repository without running git, since the settings of a checkout can make git run programs.
 * Each object is hashed and compared with its id, so a forged object is rejected.
 * Source of the formats: gitformat-pack(5), gitrepository-layout(5).
 *
 * @param commonDirectory - the `.git` that holds `objects/`
 */
export function openObjects(commonDirectory: string): ObjectStore {
  const stores = objectFolders(join(commonDirectory, 'objects'), mostAlternates);
  const packs = new Map<string, PackedObjects>();
  const packsOf = (folder: string, idBytes: number): PackedObjects => {
    const key = `${idBytes} ${folder}`;
    const cached = packs.get(key) ?? openPacks(join(folder, 'pack'), idBytes, raw);
    packs.set(key, cached);
    return cached;
  };
  const raw = (id: string): GitObject | undefined => {
    for (const folder of stores) {
      const found = readLoose(folder, id) ?? packsOf(folder, id.length / 2).read(id);
      if (found) return found;
    }
    return undefined;
  };
  return {
    read(id) {
      try {
        const found = raw(id);
        return found && objectId(found.type, found.content, id.length) === id ? found : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** The id that git gives to this content. The length of an id decides between SHA-1 and SHA-256. */
export function objectId(type: ObjectType, content: Buffer, length: number): string {
  const hash = createHash(length === 64 ? 'sha256' : 'sha1');
  return hash.update(`${type} ${content.length}\0`).update(content).digest('hex');
}

function readLoose(folder: string, id: string): GitObject | undefined {
  let packed: Buffer;
  try {
    packed = readFileSync(join(folder, id.slice(0, 2), id.slice(2)));
  } catch {
    return undefined;
  }
  const whole = inflateSync(packed, { maxOutputLength: largestObject });
  const end = whole.indexOf(0);
  const [, type] = /^(commit|tree|blob|tag) \d+$/.exec(whole.toString('latin1', 0, Math.max(0, end))) ?? [];
  return type === undefined ? undefined : { type: type as ObjectType, content: whole.subarray(end + 1) };
}

function objectFolders(folder: string, depth: number): string[] {
  let alternates: string[] = [];
  try {
    alternates = readFileSync(join(folder, 'info', 'alternates'), 'utf8').split('\n');
  } catch {
    // Most repositories have no alternates.
  }
  const further = alternates
    .filter((line) => depth > 0 && line !== '' && !line.startsWith('#'))
    .flatMap((line) => objectFolders(isAbsolute(line) ? line : resolve(folder, line), depth - 1));
  return [folder, ...further];
}
