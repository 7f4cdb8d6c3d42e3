import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { ask, build, register, serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();
const HASH = 'a'.repeat(64);
let context: string;

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'uploads-'));
  await mkdir(join(context, 'src', 'lib'), { recursive: true });
  await writeFile(join(context, 'src', 'lib', 'a.py'), 'a');
  await writeFile(join(context, 'src.txt'), 'text');
  await writeFile(join(context, 'zeros'), Buffer.alloc(8 * 1024 * 1024));
});
afterAll(() => rm(context, { recursive: true }));

const archiveOf = (...paths: string[]) =>
  buffer(create({ gzip: true, cwd: context, portable: true }, paths) as unknown as AsyncIterable<Buffer>);

async function link(service: LocalService, hash = HASH): Promise<{ present: boolean; url: string }> {
  const { templateID } = await register(service, 'app');
  const answer = await ask(service, 'GET', `/templates/${templateID}/files/${encodeURIComponent(hash)}`);
  expect(answer.status).toBe(201);
  return answer.body;
}

const put = (url: string, body: Buffer, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', body: new Uint8Array(body), headers });

describe('uploads', () => {
  test('a link takes the bytes as they are, without a key, and the content is there for all templates', async () => {
    const service = await startService();
    const archive = await archiveOf('src');
    const first = await link(service);
    expect(first.present).toBe(false);
    expect((await put(first.url, archive)).status).toBe(200);
    const [file] = service.inspect.files();
    expect(file).toMatchObject({ hash: HASH, bytes: archive.length });
    const stored = await readFile(file?.path ?? '');
    expect(createHash('sha256').update(stored).digest('hex')).toBe(
      createHash('sha256').update(archive).digest('hex'),
    );

    const other = await register(service, 'other');
    const again = await ask(service, 'GET', `/templates/${other.templateID}/files/${HASH}`);
    // The link is given all the same, so that a client can upload anew.
    expect(again.body).toMatchObject({ present: true, url: expect.stringContaining(service.url) });
    expect(again.body.url).not.toBe(first.url);
  });

  test('a body without a length is refused as an S3 store refuses it', async () => {
    const service = await startService();
    const { url } = await link(service);
    const upload = request(url, { method: 'PUT', headers: { 'transfer-encoding': 'chunked' } });
    upload.on('error', () => {});
    upload.write('some bytes');
    const [answer] = await once(upload, 'response');
    expect(answer.statusCode).toBe(501);
    expect(await text(answer)).toContain('<Code>NotImplemented</Code>');
    upload.destroy();
    expect(service.inspect.files()).toEqual([]);
  });

  test('unknown and expired links, and an authorization header, are refused', async () => {
    const service = await startService();
    const { url } = await link(service);
    expect((await put(`${url}x`, Buffer.from('x'))).status).toBe(403);
    expect((await put(url, Buffer.from('x'), { authorization: 'Bearer x' })).status).toBe(400);
    const strict = await startService({ limits: { uploadLinkMs: -1 } });
    const late = await put((await link(strict)).url, Buffer.from('x'));
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('<Code>AccessDenied</Code>');
  });

  test('an upload that breaks off leaves nothing behind', async () => {
    const service = await startService();
    const { url } = await link(service);
    const upload = request(url, { method: 'PUT', headers: { 'content-length': '1000' } });
    upload.on('error', () => {});
    upload.write('half');
    await expect.poll(() => service.requests.some((entry) => entry.method === 'PUT')).toBe(true);
    upload.destroy();
    expect((await link(service)).present).toBe(false);
    expect(service.inspect.files()).toEqual([]);
  });

  test('a hash is no path: nothing is written outside the directory of the service', async () => {
    const service = await startService();
    const { url } = await link(service, '../../../outside');
    expect((await put(url, Buffer.from('x'))).status).toBe(200);
    const path = service.inspect.files()[0]?.path ?? '';
    expect(path).not.toContain('outside');
    expect(existsSync(path)).toBe(true);
    await service.close();
    expect(existsSync(dirname(path))).toBe(false);
  });
});

describe('a COPY step', () => {
  const NOT_UPLOADED = /^failed to copy layer tar data to temporary file: /;
  const NOT_EXTRACTED = 'failed to extract files: exit status 2';
  const NOT_MOVED = 'failed to move files in sandbox: exit status 1';

  test.each<[string, string, () => Promise<Buffer | undefined>, string | RegExp | undefined]>([
    ['a directory', 'src', () => archiveOf('src'), undefined],
    ['a directory with a slash', './src/', () => archiveOf('src'), undefined],
    ['a file', 'src/lib/a.py', () => archiveOf('src/lib/a.py'), undefined],
    ['a file that shrinks a lot', 'zeros', () => archiveOf('zeros'), undefined],
    ['a glob', 'src/**/*.py', () => archiveOf('src/lib/a.py'), undefined],
    ['a glob from the start', '*.txt', () => archiveOf('src.txt'), undefined],
    ['everything', '.', () => archiveOf('src', 'src.txt'), undefined],
    ['a source that is not in the archive', 'other', () => archiveOf('src'), NOT_MOVED],
    ['a source that only begins alike', 'src', () => archiveOf('src.txt'), NOT_MOVED],
    ['an empty archive', '.', async () => gzipSync(Buffer.alloc(1024)), /^failed to (extract|move) files/],
    ['nothing uploaded', 'src', async () => undefined, NOT_UPLOADED],
    ['no gzip', 'src', async () => Buffer.from('plain bytes'), NOT_EXTRACTED],
    ['half an archive', 'zeros', async () => (await archiveOf('zeros')).subarray(0, 2000), NOT_EXTRACTED],
    ['gzip without tar in it', 'src', async () => gzipSync(Buffer.alloc(4096, 'x')), NOT_EXTRACTED],
    ['no bytes', 'src', async () => Buffer.alloc(0), NOT_EXTRACTED],
  ])('of %s', async (_what, source, archive, message) => {
    const service = await startService();
    const bytes = await archive();
    if (bytes) await put((await link(service)).url, bytes);
    const step = { type: 'COPY', args: [source, '/app/', '', ''], filesHash: HASH };
    const { final } = await build(service, 'app', { steps: [{ type: 'RUN', args: ['true'] }, step] });
    expect(final.reason).toEqual(
      message && {
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        step: '2',
      },
    );
    expect(final.status).toBe(message ? 'error' : 'ready');
  });

  test('without a hash fails', async () => {
    const service = await startService();
    const { final } = await build(service, 'app', { steps: [{ type: 'COPY', args: ['a', 'b'] }] });
    expect(final.reason).toEqual({ message: 'COPY requires files hash to be set', step: '1' });
  });
});
