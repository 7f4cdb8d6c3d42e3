import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A registry on loopback from which an engine can pull. */
export interface ImageRegistry {
  /** `127.0.0.1:port`, as it stands in a reference. */
  readonly host: string;
  /** Digest of its image `tiny:1`. */
  readonly digest: string;
  close(): Promise<void>;
}

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Has one image, `tiny:1`, with a single empty file and no shell, which can be pulled and not be made a template.
 *
 * @param login user and password that it asks for
 */
export async function startImageRegistry(
  options: { readonly login?: string; readonly architecture?: string } = {},
): Promise<ImageRegistry> {
  const tar = Buffer.alloc(2048);
  tar.write('empty', 0);
  tar.write('0000644\x000000\x000000\x0000000000\x0000000000\0', 100);
  tar.write('        0', 148);
  tar.write(
    `${tar
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const layer = gzipSync(tar);
  const config = bytesOf({
    architecture: options.architecture ?? 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
  });
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: type,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest: digestOf(config),
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: layer.length,
        digest: digestOf(layer),
      },
    ],
  });
  const digest = digestOf(manifest);
  const content: Record<string, Buffer> = {
    '/v2/': bytesOf({}),
    '/v2/tiny/manifests/1': manifest,
    [`/v2/tiny/manifests/${digest}`]: manifest,
    [`/v2/tiny/blobs/${digestOf(config)}`]: config,
    [`/v2/tiny/blobs/${digestOf(layer)}`]: layer,
  };
  const expected = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`;
  const server = createServer(({ url = '', headers, method }, response) => {
    if (expected && headers.authorization !== expected) {
      const errors = [{ code: 'UNAUTHORIZED', message: 'authentication required' }];
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end(bytesOf({ errors }));
      return;
    }
    const found = content[url];
    if (!found) {
      const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
      response.writeHead(404, { 'content-type': 'application/json' }).end(bytesOf({ errors }));
      return;
    }
    const head = { 'content-length': found.length, 'docker-content-digest': digest };
    response.writeHead(200, {
      'content-type': url.includes('manifests') ? type : 'application/json',
      ...head,
    });
    response.end(method === 'HEAD' ? undefined : found);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    digest,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
