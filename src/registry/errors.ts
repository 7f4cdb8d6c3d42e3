import type { ImageReference } from './reference.ts';

interface RefusalContext {
  readonly reference: ImageReference;
  readonly credentials: unknown;
  readonly loggedIn?: boolean;
}

/** What a status outside of 2xx means for an image. `server` sent it. */
export function refusal(
  status: number,
  server: string,
  { reference, credentials, loggedIn = false }: RefusalContext,
): UnresolvedImageError {
  const { repository, tag } = reference;
  if (status === 401 || status === 403) {
    // Docker Hub and others give the same answer for a private and for a missing image.
    const found = credentials
      ? `refused the credentials for ${repository}`
      : `has no image ${repository}, or one that needs credentials`;
    return new UnresolvedImageError(`${server} ${found} (${status})`, 'refused');
  }
  if (status === 404) {
    // Some registries hide private images, so a 404 proves nothing while there are unused credentials.
    const verdict = credentials && !loggedIn ? undefined : 'missing';
    return new UnresolvedImageError(`${server} has no image ${repository}:${tag} (404)`, verdict);
  }
  if (status === 429) {
    // Without credentials, all clients of the same network often share one limit.
    const without = credentials ? '' : 'without credentials ';
    return new UnresolvedImageError(`${server} had too many requests ${without}lately (429)`);
  }
  return new UnresolvedImageError(`${server} answered ${status}`);
}

/**
 * Why the digest of an image is unknown. The message is the end of a sentence. It has only names of hosts and statuses,
 * no text of a server.
 */
export class UnresolvedImageError extends Error {
  override readonly name = 'UnresolvedImageError';
  readonly verdict: RegistryVerdict | undefined;

  constructor(message: string, verdict?: RegistryVerdict) {
    super(message);
    this.verdict = verdict;
  }
}

/** What a registry says of an image: that there is none, or that this client may not have it. */
export type RegistryVerdict = 'missing' | 'refused';
