import type { ServiceClock } from '../api/transport.ts';
import { maxAgeInWords } from '../plan/max-age.ts';

/** Up to which age a build is reused. */
export interface AgeLimit {
  /** Milliseconds. */
  readonly maxAgeMs: number;
  /**
   * When the run began, milliseconds since the epoch by our clock. Age counts back from here, so that a build does not grow
   * too old while a run looks at it.
   */
  readonly since: number;
  /** How far the service's clock is ahead of ours, in milliseconds. Asked after a look-up, whose responses tell. */
  readonly aheadMs: () => number;
  /** Builds that this run has seen waiting or building. They stay fresh when they are ready. */
  readonly seenInMaking?: ReadonlySet<string>;
}

/** The limit of a plan, as a part of what is looked for; empty without one. */
export function ageLimit(
  maxAgeMs: number | undefined,
  client: Pick<ServiceClock, 'clockAheadMs'>,
  since: number,
  seenInMaking?: ReadonlySet<string>,
): { readonly age?: AgeLimit } {
  if (maxAgeMs === undefined) return {};
  const aheadMs = () => client.clockAheadMs() ?? 0;
  return { age: { maxAgeMs, since, aheadMs, ...(seenInMaking && { seenInMaking }) } };
}

/** How far clocks may differ: those of the service's machines, and ours where no response has told the service's. */
const clockToleranceMs = 10 * 60_000;

/**
 * Why a ready build is too old, as a sentence without its full stop; `undefined` if it is not. A build of exactly the
 * limit's age is not.
 *
 * ## From when age counts
 *
 * Age counts from the registration, by the service's clock, not from the end of the build. Everything that a build
 * downloads, and what it takes its parent for, comes after its registration. So nothing in a build that was made without
 * the cache is older than the limit, however long it waited and ran. It is also the time by which the service orders
 * builds, and `cleanup` counts the days of content tags from it.
 *
 * A build on its way is fresh, and so it is when this run sees it ready: a build takes an hour at most, and otherwise a
 * limit of an hour would never be met. One from the future has an invalid time, and would never grow old: it is not reused.
 */
export function tooOld(
  { buildId, createdAt }: { readonly buildId: string; readonly createdAt: number },
  { maxAgeMs, since, aheadMs, seenInMaking }: AgeLimit,
): string | undefined {
  if (seenInMaking?.has(buildId)) return undefined;
  const allowed = maxAgeInWords(maxAgeMs);
  const registered = `Build ${buildId} of this content was registered on ${minute(createdAt)}`;
  if (since + aheadMs() - createdAt > maxAgeMs)
    return `${registered}, longer ago than max-age allows (${allowed})`;
  if (createdAt <= Date.now() + aheadMs() + clockToleranceMs) return undefined;
  return `${registered}, which is in the future, so its age is unknown (max-age: ${allowed})`;
}

/** `2026-11-24 03:13 UTC`. */
function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
