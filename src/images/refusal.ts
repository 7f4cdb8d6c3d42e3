import { NotKnown } from './not-known.ts';
import type { ImageReference } from './reference.ts';

/** What an answer outside of 2xx means, in a person's words. */
export function refusal(
  status: number,
  who: string,
  { reference, credentials }: { readonly reference: ImageReference; readonly credentials: unknown },
): NotKnown {
  const { repository, tag } = reference;
  if (status === 401 || status === 403) {
    // Docker Hub and others answer the same for what is private and for what does not exist.
    return credentials
      ? new NotKnown(`${who} refused the credentials for ${repository} (${status})`)
      : new NotKnown(`${who} has no image ${repository}, or one that needs credentials (${status})`);
  }
  if (status === 404) return new NotKnown(`${who} has no image ${repository}:${tag} (404)`);
  // Without credentials the limit is often one that everybody on the same network shares.
  if (status === 429)
    return new NotKnown(
      `${who} had too many requests ${credentials ? '' : 'without credentials '}lately (429)`,
    );
  return new NotKnown(`${who} answered ${status}`);
}
