import type { CiEvent } from '../ci/event.ts';

/**
 * The tags of this build: the wanted ones without repetition, else `pr-<number>` for a pull request, else
 * `default`. Without any tag the service itself would take `default`, which is what everybody gets who asks
 * for the bare name; a preview must never be that.
 */
export function chooseTags(wanted: readonly string[], event: CiEvent): string[] {
  if (wanted.length > 0) return [...new Set(wanted)];
  return [event.pullRequest === undefined ? 'default' : `pr-${event.pullRequest}`];
}
