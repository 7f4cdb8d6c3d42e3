import { NotKnown } from './not-known.ts';
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
): NotKnown {
  const { repository, tag } = reference;
  if (status === 401 || status === 403) {
    // Docker Hub and others answer the same for what is private and for what does not exist.
    return credentials
      ? new NotKnown(`${who} refused the credentials for ${repository} (${status})`, 'refused')
      : new NotKnown(
          `${who} has no image ${repository}, or one that needs credentials (${status})`,
          'refused',
        );
  }
  // Some hide what is private, so a 404 says nothing while there are credentials that nobody asked for.
  if (status === 404) {
    const verdict = credentials && !loggedIn ? undefined : 'missing';
    return new NotKnown(`${who} has no image ${repository}:${tag} (404)`, verdict);
  }
  // Without credentials the limit is often one that everybody on the same network shares.
  if (status === 429)
    return new NotKnown(
      `${who} had too many requests ${credentials ? '' : 'without credentials '}lately (429)`,
    );
  return new NotKnown(`${who} answered ${status}`);
}
