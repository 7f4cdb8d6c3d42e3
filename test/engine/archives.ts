import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import type { Instruction } from '../../src/api/types.ts';
import type { LocalService } from '../../src/local/service.ts';
import { ask, register } from '../support/service-client.ts';
import { planted } from '../support/temporary-directory.ts';

/** Uploads the files, as a client does for one COPY; returns its step. */
export async function upload(
  service: LocalService,
  files: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Instruction> {
  const cwd = await planted(files);
  const entries = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))].sort();
  const archive = await buffer(
    create({ gzip: true, cwd, portable: true, mtime: new Date(0) }, entries) as never,
  );
  return uploadArchive(service, archive, ...args);
}

/** Uploads bytes in the place of an archive. */
export async function uploadArchive(
  service: LocalService,
  archive: Buffer,
  ...args: string[]
): Promise<Instruction> {
  const filesHash = createHash('sha256').update(archive).digest('hex');
  const { templateID } = await register(service, 'uploads');
  const { body } = await ask(service, 'GET', `/templates/${templateID}/files/${filesHash}`);
  await fetch(body.url, { method: 'PUT', body: new Uint8Array(archive) });
  return { type: 'COPY', args, filesHash };
}
