import type { CiEvent } from '../ci/event.ts';
import { isVersionTag } from './version.ts';

/** Whether users may get this tag without asking for a preview. */
export function isProductionTag(tag: string): boolean {
  return tag === 'latest' || tag === 'default' || isVersionTag(tag);
}

/** Why this event must not move this tag, or `undefined` when it may. */
export function refusal(tag: string, event: CiEvent, allowed: boolean): string | undefined {
  if (allowed || !event.isUnmerged || !isProductionTag(tag)) return undefined;
  const what = event.kind === 'merge_group' ? 'a merge group' : 'a pull request';
  const kind = isVersionTag(tag) ? 'a version' : 'what users get';
  return `${what} must not move ${tag}, which is ${kind} (allow-production-tags: true lifts this)`;
}
