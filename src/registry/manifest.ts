import { createHash } from 'node:crypto';
import { UnresolvedImageError } from './errors.ts';
import { parseJson, type RegistryResponse } from './request.ts';

/** The kinds of manifest that an image can be, of one platform or of several; all of them, or a registry converts. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export const mostManifestBytes = 8 * 2 ** 20;

/**
 * What the answer's header says, `undefined` where it has none. Only SHA-256 is taken: it is what every registry
 * and runtime can be asked for later, while sha512 is optional to both.
 */
export function headerDigest(answer: RegistryResponse, who: string): string | undefined {
  const digest = answer.header('docker-content-digest');
  if (digest === undefined || /^sha256:[a-f0-9]{64}$/.test(digest)) return digest;
  throw new UnresolvedImageError(
    `${who} answered with a digest that is not sha256 and 64 hexadecimal digits`,
  );
}

/** The digest of a manifest that was read, which must be the header's where there is one. */
export function manifestDigest(answer: RegistryResponse, who: string): string {
  const manifest = parseJson(answer.body) as { schemaVersion?: unknown } | null | undefined;
  // A login page is a 200 too. The format before 2 has a digest that is not the hash of its bytes.
  if (manifest?.schemaVersion !== 2)
    throw new UnresolvedImageError(`${who} answered with something that is not a manifest`);
  const digest = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`;
  if ((headerDigest(answer, who) ?? digest) !== digest)
    throw new UnresolvedImageError(`${who} answered with a manifest that does not have the digest it says`);
  return digest;
}
