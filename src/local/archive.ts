import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { list } from 'tar';
import type { Instruction } from '../api/types.ts';
import type { Result } from '../result.ts';
import { failures } from './failures.ts';

/** What the archive of a COPY contains. */
export interface ArchiveContent {
  readonly entries: number;
  /** Sum of the sizes of the unpacked files. */
  readonly bytes: number;
}

/**
 * Whether a COPY step could work: its archive was uploaded, unpacks, and contains the source.
 *
 * @param archivePath path of the uploaded archive, `undefined` when there is none
 */
export async function checkCopy(
  step: Instruction,
  archivePath: string | undefined,
): Promise<Result<ArchiveContent>> {
  const refuse = (reason: string) => ({ ok: false, reason }) as const;
  if (!step.filesHash) return refuse(failures.copyWithoutHash());
  if (archivePath === undefined) {
    return refuse(failures.copyNotUploaded(`object ${step.filesHash}.tar does not exist`));
  }
  const source = copySource(step.args?.[0] ?? '');
  let entries = 0;
  let bytes = 0;
  let found = false;
  try {
    await readArchive(archivePath, (path, size) => {
      entries += 1;
      bytes += size;
      const entry = posix.normalize(path).replace(/\/$/, '');
      found ||= source === '.' || entry === source || entry.startsWith(`${source}/`);
    });
  } catch {
    return refuse(failures.copyNotExtracted(2));
  }
  return found ? { ok: true, value: { entries, bytes } } : refuse(failures.copyNotMoved(1));
}

/** The path that is moved into place: the source before its first glob character, or `.`. */
function copySource(source: string): string {
  const segments = posix.normalize(source).split('/');
  const glob = segments.findIndex((segment) => /[*?[\]{}]/.test(segment));
  const fixed = (glob < 0 ? segments : segments.slice(0, glob)).join('/').replace(/\/$/, '');
  return fixed === '' ? '.' : fixed;
}

async function readArchive(path: string, visit: (path: string, size: number) => void): Promise<void> {
  const parser = list({ strict: true, onReadEntry: (entry) => visit(entry.path, entry.size) });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  const feed = async () => {
    const file = createReadStream(path);
    const gunzip = createGunzip();
    file.on('error', (error) => gunzip.destroy(error));
    for await (const chunk of file.pipe(gunzip) as AsyncIterable<Buffer>) parser.write(chunk);
    parser.end();
  };
  await Promise.all([ended, feed().catch((error: Error) => parser.abort(error))]);
}
