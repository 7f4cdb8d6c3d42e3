import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { UnresolvedImageError } from './errors.ts';
import { parseBody, type RegistryResponse } from './request.ts';

/**
 * The types of manifest that an image can have, for one or several platforms. A registry converts an image whose type
 * is missing here.
 */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export const maxManifestBytes = 8 * 2 ** 20;

/** Before version 2, the digest of a manifest is not the hash of its bytes. */
const manifest = v.object({ schemaVersion: v.literal(2) });

/**
 * The digest in the response's header; `undefined` where it has none. Only SHA-256 is accepted: every registry and
 * runtime supports it, while sha512 is optional to both.
 */
export function headerDigest(response: RegistryResponse, server: string): string | undefined {
  const digest = response.header('docker-content-digest');
  if (digest === undefined || /^sha256:[a-f0-9]{64}$/.test(digest)) return digest;
  throw new UnresolvedImageError(
    `${server} answered with a digest that is not sha256 and 64 hexadecimal digits`,
  );
}

/** The digest of the manifest in a response, which must be the header's where there is one. */
export function manifestDigest(response: RegistryResponse, server: string): string {
  // A login page has the status 200 too.
  if (!parseBody(manifest, response))
    throw new UnresolvedImageError(`${server} answered with something that is not a manifest`);
  const digest = `sha256:${createHash('sha256').update(response.body).digest('hex')}`;
  if ((headerDigest(response, server) ?? digest) !== digest)
    throw new UnresolvedImageError(
      `${server} answered with a manifest that does not have the digest it says`,
    );
  return digest;
}
