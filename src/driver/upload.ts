import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { IdempotentApi, ServiceClient } from '../api/client.ts';
import type { UploadLink } from '../api/schemas.ts';
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
/** More than uploads, since a link is small; each request may need a connection. */
const parallelLinks = 16;

/** The store responds 403 to a link that is too old, and also to one that it never accepts. */
const mostForbidden = 3;

/** A link with the time of its request, since an old one is not used. */
interface DatedLink {
  readonly link: UploadLink;
  readonly requestedAt: number;
}

/** Links that were requested before the build was registered. */
export interface EarlyLinks {
  readonly templateId: string;
  /** By hash of the content; `undefined` if the request failed. */
  readonly byHash: ReadonlyMap<string, Promise<DatedLink | undefined>>;
}

/**
 * Requests the links of all COPY steps while the build is registered, if the template is known. A link belongs to a
 * template and a content, not to a build. Each request is sent once; {@link uploadFiles} repeats one that failed.
 */
export function requestLinksEarly(
  plan: Plan,
  templateId: string,
  { noRetry }: Pick<ServiceClient, 'noRetry'>,
): EarlyLinks {
  const limit = pLimit(parallelLinks);
  const links = uploadsOf(plan).map(
    ({ files: { hash } }) =>
      [hash, limit(() => requestLink(templateId, hash, noRetry)).catch(() => undefined)] as const,
  );
  return { templateId, byHash: new Map(links) };
}

/**
 * Makes sure that the service has the files of every COPY step: requests the links of all contents at once, packs what
 * is missing into an archive on disk once its link is there, and sends it. A failed upload is retried alone, each time
 * after a check whether the content has arrived. Rejects with the first failure after the others have ended.
 *
 * @param early - links that were requested before; those of another template are not used
 */
export async function uploadFiles(
  plan: Plan,
  templateId: string,
  deps: UploadContext,
  timing: Pick<BuildTiming, 'linkLifetimeMs'>,
  early?: EarlyLinks,
): Promise<void> {
  const links = pLimit(parallelLinks);
  const sending = pLimit(parallelUploads);
  const uploads = uploadsOf(plan).map(async (upload) => {
    const { hash } = upload.files;
    const known = early?.templateId === templateId ? await early.byHash.get(hash) : undefined;
    const first = known ?? (await links(() => requestLink(templateId, hash, deps.client)));
    if (neededUrl(first, upload) === undefined)
      return uploadOne(upload, first, templateId, deps, timing.linkLifetimeMs);
    return sending(() => uploadOne(upload, first, templateId, deps, timing.linkLifetimeMs));
  });
  const failed = (await Promise.allSettled(uploads)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function requestLink(
  templateId: string,
  hash: string,
  client: Pick<IdempotentApi, 'uploadLink'>,
): Promise<DatedLink> {
  const requestedAt = Date.now();
  return { requestedAt, link: await client.uploadLink(templateId, hash) };
}

/** The address for the content; `undefined` if the service has it. */
function neededUrl({ link }: DatedLink, { force }: Pick<Upload, 'force'>): string | undefined {
  return link.present && !force ? undefined : link.url;
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
  link: DatedLink,
  templateId: string,
  deps: UploadContext,
  linkLifetimeMs: number,
): Promise<void> {
  const startedAt = Date.now();
  const { source, fileCount, bytes } = files;
  deps.emit({ type: 'upload-started', step, source, bytes, fileCount });
  const sentBytes = await send({ files, force }, link, templateId, deps, linkLifetimeMs);
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
  first: DatedLink,
  templateId: string,
  deps: UploadContext,
  linkLifetimeMs: number,
): Promise<number | undefined> {
  const { client, temporaryDirectory } = deps;
  const retrier = client.retrier(`PUT files of COPY ${JSON.stringify(files.source.slice(0, 80))}`);
  const path = join(temporaryDirectory, `${files.hash}.tar.gz`);
  let archive: Archive | undefined;
  try {
    for (let forbidden = 0, link = first; ; link = await requestLink(templateId, files.hash, deps.client)) {
      const url = neededUrl(link, { force });
      if (url === undefined) return archive?.bytes;
      archive ??= await writeArchive(files, path);
      // Packing, and the uploads before this one, may take longer than the link is valid.
      if (Date.now() - link.requestedAt > linkLifetimeMs) continue;
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
