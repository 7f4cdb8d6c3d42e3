import type { CiEvent } from '../ci/event.ts';
import { describeTakenAway } from '../ci/taken-away.ts';
import { type Ending, skipEarly } from './ending.ts';

/**
 * Ends a step whose event takes something away, without a look at the recipe or the service: a notice says why, and
 * which `types:` to set.
 *
 * @param undone - what did not happen: `Nothing was built`
 */
export function skipTakenAway(undone: string, event: CiEvent): Ending {
  const { what, remedy } = describeTakenAway(event);
  return skipEarly(undone, `${what}, so nothing is built or published for it. ${remedy}`);
}
