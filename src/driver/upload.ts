import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { ServiceClient } from '../api/client.ts';
import { type Archive, writeArchive } from '../context/archive.ts';
import type { FileManifest } from '../context/manifest.ts';
import { ServiceError } from '../http/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { BuildEvent } from './events.ts';
import type { BuildTiming } from './timing.ts';

export interface UploadContext {
  readonly client: ServiceClient;
  readonly emit: (event: BuildEvent) => void;
  readonly temporaryDirectory: string;
}

/** Enough to hide the way to the store and back, few enough for disk and memory of a small runner. */
const parallelUploads = 4;

/** The store says 403 both to a link that is too old and to one that it will never take. */
const mostForbidden = 3;

/**
 * Makes sure that the service has the files of every COPY step: asks for each content once, packs what is
 * missing into an archive on disk and sends it. An upload that fails is repeated on its own, each time after
 * asking whether the content has arrived after all. Rejects with the first failure after the others have ended.
 */
export async function uploadFiles(
  plan: Plan,
  templateId: string,
  deps: UploadContext,
  timing: Pick<BuildTiming, 'linkMs'>,
): Promise<void> {
  const limit = pLimit(parallelUploads);
  const uploads = uploadsOf(plan).map((upload) =>
    limit(() => uploadOne(upload, templateId, deps, timing.linkMs)),
  );
  const failed = (await Promise.allSettled(uploads)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

interface Upload {
  readonly step: number;
  readonly files: FileManifest;
  readonly force: boolean;
}

/** One upload for each content, though several COPY steps may share it. */
export function uploadsOf(plan: Pick<Plan, 'steps'>): Upload[] {
  const uploads = new Map<string, Upload>();
  for (const { number: step, files, forceUpload: force = false } of plan.steps) {
    if (!files) continue;
    const same = uploads.get(files.hash);
    uploads.set(files.hash, { step: same?.step ?? step, files, force: force || (same?.force ?? false) });
  }
  return [...uploads.values()];
}

async function uploadOne(
  { step, files, force }: Upload,
  templateId: string,
  deps: UploadContext,
  linkMs: number,
): Promise<void> {
  const startedAt = Date.now();
  const { source, fileCount, bytes } = files;
  deps.emit({ type: 'upload-started', step, source, bytes, fileCount });
  const sentBytes = await send({ files, force }, templateId, deps, linkMs);
  deps.emit({
    type: 'upload-finished',
    step,
    source,
    outcome: sentBytes === undefined ? 'present' : 'sent',
    sentBytes: sentBytes ?? 0,
    durationMs: Date.now() - startedAt,
  });
}

/** Gives the size of the archive, or undefined when nothing had to be sent. */
async function send(
  { files, force }: Pick<Upload, 'files' | 'force'>,
  templateId: string,
  { client, temporaryDirectory }: UploadContext,
  linkMs: number,
): Promise<number | undefined> {
  const patience = client.retrier(`PUT files of COPY ${JSON.stringify(files.source.slice(0, 80))}`);
  const path = join(temporaryDirectory, `${files.hash}.tar.gz`);
  let archive: Archive | undefined;
  try {
    for (let forbidden = 0; ; ) {
      const askedAt = Date.now();
      const link = await client.uploadLink(templateId, files.hash);
      const url = link.present && !force ? undefined : link.url;
      if (url === undefined) return archive?.bytes;
      archive ??= await writeArchive(files, path);
      // Packing may have taken its time.
      if (Date.now() - askedAt > linkMs) continue;
      try {
        await client.upload(url, archive.path, archive.bytes);
        return archive.bytes;
      } catch (error) {
        const expired = error instanceof ServiceError && error.status === 403;
        if (expired) forbidden += 1;
        if (!expired || forbidden >= mostForbidden) await patience.backoff(error);
      }
    }
  } finally {
    // The folder goes with the run; a file that stays must not hide how it went.
    if (archive) await rm(archive.path, { force: true }).catch(() => {});
  }
}
