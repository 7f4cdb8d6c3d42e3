import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as schemas from '../../../src/api/schemas.ts';
import { connectionError } from '../../../src/http/connection-error.ts';
import { isRecord } from '../../../src/json.ts';
import { answered, bodyOf, NotAnswered } from '../answer.ts';
import type { Run } from '../run.ts';
import type { Evidence } from '../service.ts';
import type { Question } from './question.ts';

export const aboutUploads: readonly Question[] = [
  {
    id: 'upload-link',
    text: 'Who keeps uploaded files, and how long is an upload link valid?',
    async ask(run) {
      const { templateID } = await run.registered();
      const response = await linkOf(run, templateID, someHash());
      const { url } = bodyOf(response, schemas.uploadLink);
      if (url === undefined) throw new NotAnswered('a hash that nobody knows counts as present', response);
      const link = new URL(url);
      const names = [...link.searchParams.keys()].sort();
      // Never the whole address: whoever has it may upload.
      const line = `https link of ${link.hostname}, parameters: ${names.join(', ') || 'none'}`;
      const evidence: Evidence = { ...response.evidence, line: run.service.show(line, 400) };
      const seconds = secondsValid(link);
      const valid =
        seconds === undefined
          ? 'the link does not say how long it is valid'
          : `a link is valid for ${seconds} s`;
      return answered(`${vendorOf(link)} (${link.hostname}); ${valid}.`, evidence);
    },
  },
  {
    id: 'upload-present',
    text: 'Does present: true come with a url?',
    async ask(run) {
      const { templateID } = await run.registered();
      const hash = someHash();
      const before = await linkOf(run, templateID, hash);
      const { present, url } = bodyOf(before, schemas.uploadLink);
      if (present || url === undefined)
        throw new NotAnswered('a hash that nobody knows counts as present', before);
      const put = await upload(run, url, emptyArchive());
      if (put.status !== undefined && (put.status < 200 || put.status > 299))
        throw new NotAnswered(`the upload was answered ${put.status}`, put);
      const after = await linkOf(run, templateID, hash);
      if (!bodyOf(after, schemas.uploadLink).present)
        throw new NotAnswered('the service does not see the file right after its upload', put, after);
      const given = isRecord(after.body) && typeof after.body['url'] === 'string' && after.body['url'] !== '';
      return answered(given ? 'Yes, with a url.' : 'No, without a url.', put, after);
    },
  },
];

const linkOf = (run: Run, id: string, hash: string) =>
  run.service.send('GET', '/templates/{id}/files/{hash}', { path: { id, hash } });

const someHash = () => randomBytes(32).toString('hex');

/** A compressed tar without files. */
const emptyArchive = () => gzipSync(Buffer.alloc(1024));

const uploadLimitMs = 60_000;

async function upload({ service, network, signal }: Run, url: string, body: Buffer): Promise<Evidence> {
  const request = 'PUT upload link';
  const limit = AbortSignal.timeout(uploadLimitMs);
  try {
    const response = await network.request(url, {
      method: 'PUT',
      // S3-like stores refuse a body of unknown length.
      headers: { 'content-length': String(body.length) },
      body,
      signal: AbortSignal.any([limit, signal]),
    });
    const text = await response.body.text();
    return { request, status: response.statusCode, line: service.show(text || 'an empty body') };
  } catch (cause) {
    signal.throwIfAborted();
    throw connectionError(request, new URL(url).host, cause, {
      timedOut: limit.aborted,
      limitMs: uploadLimitMs,
    });
  }
}

/** Vendors by what their signatures are called. */
const vendors: readonly (readonly [parameter: RegExp, vendor: string])[] = [
  [/^x-amz-|^awsaccesskeyid$/i, 'A store with links in the form of S3'],
  [/^x-goog-|^googleaccessid$/i, 'Google Cloud Storage'],
  [/^x-oss-|^ossaccesskeyid$/i, 'Alibaba Cloud OSS'],
  [/^x-obs-/i, 'Huawei Cloud OBS'],
  [/^x-tos-/i, 'Volcengine TOS'],
  [/^q-sign/i, 'Tencent Cloud COS'],
  [/^(?:sig|sv)$/i, 'Azure Blob Storage'],
];

function vendorOf({ searchParams }: URL): string {
  const names = [...searchParams.keys()];
  const found = vendors.find(([parameter]) => names.some((name) => parameter.test(name)));
  return found?.[1] ?? 'An unknown store';
}

/** How long a signed link is valid, where it says so: as a number of seconds, or as the time of its end. */
function secondsValid({ searchParams }: URL): number | undefined {
  for (const [name, value] of searchParams) {
    if (/^x-\w+-expires$/i.test(name) && /^\d+$/.test(value)) return Number(value);
    const end = /^expires$/i.test(name)
      ? Number(value) * 1000
      : /^se$/i.test(name)
        ? Date.parse(value)
        : Number.NaN;
    if (!Number.isNaN(end)) return Math.round((end - Date.now()) / 1000);
  }
  return undefined;
}
