import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly content: Buffer;
}

/** Trees and commits of real repositories stay far below this. */
export const largestObject = 64 * 1024 * 1024;

/** The objects of the packs in one folder. */
export interface PackedObjects {
  /** Throws when a pack is damaged. */
  read(id: string): GitObject | undefined;
}

const types: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const offsetDelta = 6;
const namedDelta = 7;
/** Git never writes longer chains. */
const longestChain = 4096;
/** The first bytes of an index of version 2, and the position of its ids. */
const indexMagic = 0xff744f63;
const idsStart = 8 + 256 * 4;

interface Pack {
  readonly index: string;
  readonly pack: string;
}

/**
 * Finds objects in the packs of a folder and reads only the bytes that it needs.
 *
 * @param idBytes - 20, or 32 where the repository hashes with SHA-256
 * @param elsewhere - finds the base of a delta that names it by its id
 */
export function openPacks(
  folder: string,
  idBytes: number,
  elsewhere: (id: string) => GitObject | undefined,
): PackedObjects {
  const packs: Pack[] = names(folder).map((name) => ({
    index: join(folder, `${name}.idx`),
    pack: join(folder, `${name}.pack`),
  }));
  return {
    read(id) {
      for (const { index, pack } of packs) {
        const offset = withFile(index, (file) => findOffset(file, Buffer.from(id, 'hex'), idBytes));
        if (offset === undefined) continue;
        return withFile(pack, (file) => readEntry(file, offset, { idBytes, elsewhere, chain: 0 }));
      }
      return undefined;
    },
  };
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.idx'))
      .map((name) => name.slice(0, -'.idx'.length));
  } catch {
    return [];
  }
}

interface OpenFile {
  at(position: number, length: number): Buffer;
}

function withFile<T>(path: string, use: (file: OpenFile) => T): T {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    return use({
      at(position, length) {
        const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
        readSync(descriptor, bytes, 0, bytes.length, position);
        return bytes;
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

/** The position of the object in the pack. An index of version 1, which git no longer writes, is not read. */
function findOffset(index: OpenFile, id: Buffer, idBytes: number): number | undefined {
  const head = index.at(0, idsStart);
  if (head.length < idsStart || head.readUInt32BE(0) !== indexMagic || head.readUInt32BE(4) !== 2)
    return undefined;
  const upTo = (first: number): number => (first < 0 ? 0 : head.readUInt32BE(8 + first * 4));
  const count = upTo(255);
  const first = id[0] ?? 0;
  let low = upTo(first - 1);
  let high = upTo(first);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const order = index.at(idsStart + middle * idBytes, idBytes).compare(id);
    if (order === 0) return offsetOf(index, middle, { count, idBytes });
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

function offsetOf(
  index: OpenFile,
  position: number,
  { count, idBytes }: { readonly count: number; readonly idBytes: number },
): number {
  // Ids, then a checksum of four bytes each, then offsets. Offsets beyond 2 GiB are in a second table.
  const offsets = idsStart + count * (idBytes + 4);
  const short = index.at(offsets + position * 4, 4).readUInt32BE(0);
  if (short < 0x80000000) return short;
  return Number(index.at(offsets + count * 4 + (short - 0x80000000) * 8, 8).readBigUInt64BE(0));
}

interface EntryContext {
  readonly idBytes: number;
  readonly elsewhere: (id: string) => GitObject | undefined;
  readonly chain: number;
}

function readEntry(pack: OpenFile, offset: number, context: EntryContext): GitObject | undefined {
  if (context.chain > longestChain) throw new Error('The chain of deltas has no end.');
  const head = pack.at(offset, 64);
  let at = 0;
  const next = (): number => head.readUInt8(at++);
  let byte = next();
  const kind = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte & 0x80; factor *= 128) {
    byte = next();
    size += (byte & 0x7f) * factor;
  }
  if (size > largestObject) throw new Error('The object is too large.');
  const inflated = (): Buffer => {
    // Deflate adds very little to a content. Inflating stops at the end of the entry.
    const bytes = pack.at(offset + at, size + Math.ceil(size / 100) + 128);
    return inflateSync(bytes, { maxOutputLength: Math.max(1, size) });
  };
  const type = types[kind];
  if (type !== undefined) return { type, content: inflated() };

  let base: GitObject | undefined;
  if (kind === offsetDelta) {
    byte = next();
    let distance = byte & 0x7f;
    while (byte & 0x80) {
      byte = next();
      distance = (distance + 1) * 128 + (byte & 0x7f);
    }
    if (distance <= 0 || distance > offset) throw new Error('The base of a delta is not in its pack.');
    base = readEntry(pack, offset - distance, { ...context, chain: context.chain + 1 });
  } else if (kind === namedDelta) {
    const id = head.toString('hex', at, at + context.idBytes);
    at += context.idBytes;
    base = context.elsewhere(id);
  }
  return base && { type: base.type, content: applyDelta(base.content, inflated()) };
}

/** Rebuilds an object from its base: a delta is a list of "copy this part of the base" and "add these bytes". */
function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  const next = (): number => delta.readUInt8(at++);
  const number = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = next();
      value += (byte & 0x7f) * factor;
      if (!(byte & 0x80)) return value;
    }
  };
  const ofBase = number();
  const size = number();
  if (ofBase !== base.length || size > largestObject) throw new Error('The delta belongs to another base.');
  const parts: Buffer[] = [];
  let length = 0;
  while (at < delta.length) {
    const command = next();
    const field = (bits: number, first: number): number =>
      [...Array(bits).keys()].reduce(
        (value, bit) => value + (command & (first << bit) ? next() * 256 ** bit : 0),
        0,
      );
    let part: Buffer;
    if (command & 0x80) {
      const start = field(4, 0x01);
      part = base.subarray(start, start + (field(3, 0x10) || 0x10000));
    } else {
      part = delta.subarray(at, at + command);
      at += command;
    }
    parts.push(part);
    length += part.length;
    if (length > size) throw new Error('The delta makes more than it declares.');
  }
  return Buffer.concat(parts);
}
