import type { ImageReference } from './reference.ts';

/** What an answer outside of 2xx means, in a person's words. */
export function refusal(
  status: number,
  who: string,
  {
    reference,
    credentials,
    loggedIn = false,
  }: { readonly reference: ImageReference; readonly credentials: unknown; readonly loggedIn?: boolean },
): UnresolvedImageError {
  const { repository, tag } = reference;
  if (status === 401 || status === 403) {
    // Docker Hub and others answer the same for what is private and for what does not exist.
    return credentials
      ? new UnresolvedImageError(`${who} refused the credentials for ${repository} (${status})`, 'refused')
      : new UnresolvedImageError(
          `${who} has no image ${repository}, or one that needs credentials (${status})`,
          'refused',
        );
  }
  // Some hide what is private, so a 404 says nothing while there are credentials that nobody asked for.
  if (status === 404) {
    const verdict = credentials && !loggedIn ? undefined : 'missing';
    return new UnresolvedImageError(`${who} has no image ${repository}:${tag} (404)`, verdict);
  }
  // Without credentials the limit is often one that everybody on the same network shares.
  if (status === 429)
    return new UnresolvedImageError(
      `${who} had too many requests ${credentials ? '' : 'without credentials '}lately (429)`,
    );
  return new UnresolvedImageError(`${who} answered ${status}`);
}

/**
 * Why the digest of an image is not known. The message is the end of a sentence and says nothing that a server
 * said, names of hosts and numbers of its answers aside.
 */
export class UnresolvedImageError extends Error {
  override readonly name = 'NotKnown';
  readonly verdict: RegistryVerdict | undefined;

  constructor(message: string, verdict?: RegistryVerdict) {
    super(message);
    this.verdict = verdict;
  }
}

/** What a registry says of an image: that there is none, or that it does not give it to who asks. */
export type RegistryVerdict = 'missing' | 'refused';
