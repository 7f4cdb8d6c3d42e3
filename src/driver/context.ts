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

/** A template before a build of it is registered. */
export interface TemplateBefore {
  readonly templateId: string;
  /** Tag → the build it was put on last. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface BuildContext extends FollowContext {
  /** Directory for archives on their way; must exist. */
  readonly temporaryDirectory: string;
  /** The template just before, if it was looked up and exists. */
  readonly templateBefore?: TemplateBefore;
}
