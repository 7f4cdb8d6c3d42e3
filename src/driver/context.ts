import type { ServiceClient } from '../api/client.ts';
import type { AbortReason, BuildEvent } from './events.ts';
import type { BuildTiming } from './timing.ts';

/** What following a build needs. */
export interface FollowContext {
  readonly client: ServiceClient;
  readonly emit: (event: BuildEvent) => void;
  /** Ends the wait when aborted; the reason is an {@link AbortReason}. */
  readonly signal: AbortSignal;
  /** What differs from the usual timing. */
  readonly timing?: Partial<BuildTiming>;
}

export interface BuildContext extends FollowContext {
  /** Directory for archives on their way; must exist. */
  readonly temporaryDirectory: string;
  /** The tags of the template with their builds just before, if they were looked up. */
  readonly tagsBefore?: ReadonlyMap<string, string>;
}
