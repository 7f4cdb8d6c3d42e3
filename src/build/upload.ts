import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { writeArchive } from '../plan/archive.ts';
import type { FileManifest } from '../plan/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import type { ServiceClient } from '../service/client.ts';
import { ServiceError } from '../service/errors.ts';
import type { BuildEvent } from './events.ts';

export interface UploadDeps {
  readonly client: ServiceClient;
  readonly emit: (event: BuildEvent) => void;
  readonly temporaryDirectory: string;
}

/** Enough to hide the way to the store and back, few enough for disk and memory of a small runner. */
const parallelUploads = 4;

/**
 * Makes sure that the service has the files of every COPY step: asks for each content once, packs what is
 * missing into an archive on disk and sends it. Rejects with the first failure after the others have ended.
 */
export async function uploadFiles(plan: Plan, templateId: string, deps: UploadDeps): Promise<void> {
  const limit = pLimit(parallelUploads);
  const uploads = uploadsOf(plan).map((upload) => limit(() => uploadOne(upload, templateId, deps)));
  const failed = (await Promise.allSettled(uploads)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

interface Upload {
  readonly step: number;
  readonly files: FileManifest;
  readonly force: boolean;
}

/** One upload for each content, though several COPY steps may share it. */
function uploadsOf(plan: Plan): Upload[] {
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
  deps: UploadDeps,
): Promise<void> {
  const startedAt = Date.now();
  const { source, fileCount, bytes, hash } = files;
  const finished = (outcome: 'sent' | 'present', sentBytes: number) =>
    deps.emit({
      type: 'upload-finished',
      step,
      source,
      outcome,
      sentBytes,
      durationMs: Date.now() - startedAt,
    });

  deps.emit({ type: 'upload-started', step, source, bytes, fileCount });
  const link = await deps.client.uploadLink(templateId, hash);
  if (link.present && !(force && link.url)) return finished('present', 0);
  if (!link.url) {
    throw new ServiceError({
      kind: 'unintelligible',
      request: 'GET upload link',
      message: `The service has no copy of the files of COPY ${source} and gave no address to send them to.`,
    });
  }
  const archive = await writeArchive(files, join(deps.temporaryDirectory, `${hash}.tar.gz`));
  try {
    await deps.client.upload(link.url, archive.path, archive.bytes);
  } finally {
    await rm(archive.path, { force: true });
  }
  finished('sent', archive.bytes);
}
