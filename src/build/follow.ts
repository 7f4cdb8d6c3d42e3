import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceClient } from '../service/client.ts';
import type { BuildStatus } from '../service/types.ts';

/** Entries that the service gives at most in one answer. */
const pageSize = 100;

/** Pauses between two looks, in milliseconds: short while lines come, longer while nothing moves. */
export interface Pace {
  readonly shortestMs: number;
  readonly longestMs: number;
}

// The service renews a build's state about once a second, so a longer pause would show `ready` late.
export const defaultPace: Pace = { shortestMs: 250, longestMs: 1000 };

/**
 * Follows a build page by page until it is final *and* a page comes that is not full: a final state says
 * nothing about how much of the log is still unread. Ends with the final page. Rejects with a `ServiceError`,
 * or with the signal's reason when it is given up.
 */
export async function* follow(
  client: ServiceClient,
  build: { readonly templateId: string; readonly buildId: string },
  options: { readonly pace?: Pace; readonly signal?: AbortSignal } = {},
): AsyncGenerator<BuildStatus> {
  const pace = options.pace ?? defaultPace;
  let offset = 0;
  let pauseMs = pace.shortestMs;

  for (;;) {
    options.signal?.throwIfAborted();
    const page = await client.status(build.templateId, build.buildId, offset);
    offset += page.logEntries.length;
    yield page;

    if (page.logEntries.length >= pageSize) continue;
    if (page.status === 'ready' || page.status === 'error') return;
    pauseMs = page.logEntries.length > 0 ? pace.shortestMs : Math.min(pauseMs * 1.5, pace.longestMs);
    await sleep(pauseMs, undefined, { ...(options.signal && { signal: options.signal }) });
  }
}
