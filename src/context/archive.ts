import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { problem } from '../problem.ts';
import { isOfMachine } from '../runner-errors.ts';
import { reason } from './copy-problems.ts';
import { gzip } from './gzip.ts';
import { type FileManifest, type ManifestEntry, sentMode } from './manifest.ts';
import { openContent } from './read-file.ts';

/** An archive on disk and its length. */
export interface Archive {
  readonly path: string;
  readonly bytes: number;
}

const BLOCK = 512;

/** Not 1970: tar warns about such old dates, and zip (so Python wheels) has no dates before 1980. */
const FIXED_TIME = new Date('2000-01-01T00:00:00Z');

/**
 * Writes a manifest's entries as a gzip-compressed tar to a new file. Content is streamed, so memory does not grow with
 * it. The tar is the same on every machine: the manifest's order, owner 0:0, one fixed time, and mode 0755 for
 * directories and executable files and 0644 for the rest, since a checkout keeps no other bit and umask differs between
 * machines. (The compressed bytes may differ between builds of zlib.) Long and non-ASCII paths need pax records.
 *
 * Each file is compared with the manifest while it is read, so an archive always matches its hash.
 *
 * @param destination - path of the new file. It must not exist, and is removed on failure
 * @throws ProblemsError for a file that changed or vanished since the manifest was made, or the system's error when the
 * machine has no space or no file handles left
 */
export async function writeArchive(manifest: FileManifest, destination: string): Promise<Archive> {
  // Opened first, so that an existing file is never removed below.
  const file = await open(destination, 'wx');
  try {
    await pipeline(
      Readable.from(gzip(tarBlocks(manifest)), { objectMode: false }),
      createWriteStream(destination, { fd: file }),
    );
  } catch (error) {
    // The first error counts, even when the removal fails.
    await rm(destination, { force: true }).catch(() => {});
    throw error;
  }
  return { path: destination, bytes: (await stat(destination)).size };
}

async function* tarBlocks(manifest: FileManifest): AsyncGenerator<Buffer> {
  for (const entry of manifest.entries) {
    yield* headerBlocks(entry);
    if (entry.type !== 'file') continue;
    yield* contentOf(manifest, entry);
    const rest = entry.size % BLOCK;
    if (rest > 0) yield Buffer.alloc(BLOCK - rest);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function* headerBlocks(entry: ManifestEntry): Generator<Buffer> {
  const fields = {
    path: entry.type === 'directory' ? `${entry.path}/` : entry.path,
    size: entry.size,
    uid: 0,
    gid: 0,
    mtime: FIXED_TIME,
  };
  const mode = sentMode(entry.type === 'file' ? entry : { executable: true });
  const type = { file: 'File', directory: 'Directory', symlink: 'SymbolicLink' } as const;
  const linkpath = entry.target === undefined ? {} : { linkpath: entry.target };
  const block = Buffer.alloc(BLOCK);
  const header = new Header({ ...fields, ...linkpath, mode, type: type[entry.type] });
  if (header.encode(block)) {
    // Only what may not fit into the plain header. The mode is not a pax field.
    yield new Pax({
      path: fields.path,
      size: fields.size,
      mtime: FIXED_TIME,
      uid: 0,
      gid: 0,
      ...linkpath,
    }).encode();
  }
  yield block;
}

async function* contentOf(manifest: FileManifest, entry: ManifestEntry): AsyncGenerator<Buffer> {
  const path = join(manifest.contextDirectory, entry.path);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const { content } = openContent(path);
    for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
      size += chunk.length;
      if (size > entry.size) break;
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    if (isOfMachine(error)) throw error;
    throw changed(manifest, path, `it can no longer be read (${reason(error)})`);
  }
  if (size !== entry.size) {
    throw changed(
      manifest,
      path,
      `it had ${entry.size} bytes and now has ${size > entry.size ? 'more' : size}`,
    );
  }
  if (hash.digest('hex') !== entry.digest) throw changed(manifest, path, 'its content is different');
}

function changed(manifest: FileManifest, path: string, found: string) {
  return problem(
    'File changed during the build',
    `${path}, which COPY "${manifest.source}" sends, changed after it was first read: ${found}. Make sure that nothing writes to it during the build, then build again.`,
  );
}
