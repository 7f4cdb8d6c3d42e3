import type { ServiceClient } from '../api/client.ts';
import { isReservedTag } from '../api/reserved-tags.ts';
import { isAmbiguous, ServiceError } from '../http/errors.ts';

/** A client that notes whether a tag of people may have moved. */
export interface WatchedClient {
  readonly client: ServiceClient;
  /** Whether such a request was sent, and no response says that nothing came of it. */
  readonly mayHaveMoved: () => boolean;
}

/** Watches the requests of `claimTags`. */
export function watchMoves(client: ServiceClient): WatchedClient {
  let mayHaveMoved = false;
  const assignTags: ServiceClient['assignTags'] = async (target, tags) => {
    const before = mayHaveMoved;
    mayHaveMoved ||= tags.some((tag) => !isReservedTag(tag));
    try {
      return await client.noRetry.assignTags(target, tags);
    } catch (error) {
      if (error instanceof ServiceError && !isAmbiguous(error)) mayHaveMoved = before;
      throw error;
    }
  };
  return {
    client: { ...client, noRetry: { ...client.noRetry, assignTags } },
    mayHaveMoved: () => mayHaveMoved,
  };
}
