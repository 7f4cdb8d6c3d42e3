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

/** Enough to hide the latency of the store, few enough for disk and memory of a small runner. */
const parallelUploads = 4;

/** The store responds 403 to a link that is too old, and also to one that it never accepts. */
const mostForbidden = 3;

/**
 * Makes sure that the service has the files of every COPY step: checks each content once, packs what is missing into
 * an archive on disk and sends it. A failed upload is retried alone, each time after a check whether the content has
 * arrived. Rejects with the first failure after the others have ended.
 */
export async function uploadFiles(
  plan: Plan,
  templateId: string,
  deps: UploadContext,
  timing: Pick<BuildTiming, 'linkLifetimeMs'>,
): Promise<void> {
  const limit = pLimit(parallelUploads);
  const uploads = uploadsOf(plan).map((upload) =>
    limit(() => uploadOne(upload, templateId, deps, timing.linkLifetimeMs)),
  );
  const failed = (await Promise.allSettled(uploads)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

interface Upload {
  readonly step: number;
  readonly files: FileManifest;
  readonly force: boolean;
}

/** One upload for each content, which several COPY steps may share. */
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
  linkLifetimeMs: number,
): Promise<void> {
  const startedAt = Date.now();
  const { source, fileCount, bytes } = files;
  deps.emit({ type: 'upload-started', step, source, bytes, fileCount });
  const sentBytes = await send({ files, force }, templateId, deps, linkLifetimeMs);
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
  linkLifetimeMs: number,
): Promise<number | undefined> {
  const retrier = client.retrier(`PUT files of COPY ${JSON.stringify(files.source.slice(0, 80))}`);
  const path = join(temporaryDirectory, `${files.hash}.tar.gz`);
  let archive: Archive | undefined;
  try {
    for (let forbidden = 0; ; ) {
      const requestedAt = Date.now();
      const link = await client.uploadLink(templateId, files.hash);
      const url = link.present && !force ? undefined : link.url;
      if (url === undefined) return archive?.bytes;
      archive ??= await writeArchive(files, path);
      // Packing may take longer than the link is valid.
      if (Date.now() - requestedAt > linkLifetimeMs) continue;
      try {
        await client.upload(url, archive.path, archive.bytes);
        return archive.bytes;
      } catch (error) {
        const expired = error instanceof ServiceError && error.status === 403;
        if (expired) forbidden += 1;
        if (!expired || forbidden >= mostForbidden) await retrier.backoff(error);
      }
    }
  } finally {
    // The folder is removed with the run; a file that stays must not hide the result.
    if (archive) await rm(archive.path, { force: true }).catch(() => {});
  }
}
