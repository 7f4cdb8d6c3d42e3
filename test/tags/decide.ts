import type { CiEvent } from '../../src/ci/event.ts';
import { decideTags, type TagDecisions } from '../../src/tags/decide.ts';
import { fixtureEvent } from '../support/webhook-events.ts';

export interface Circumstances {
  readonly allow?: boolean;
  /** The template's tags, or what asking for them fails with. */
  readonly existing?: readonly string[] | Error;
}

/** 6 May 2024, 07:08:09.012 UTC, a Monday. */
export const now = new Date('2024-05-06T07:08:09.012Z');

/** Decides for the event of a file, or for another one. */
export function decide(
  event: string | CiEvent,
  rules: string,
  { allow = false, existing = [] }: Circumstances = {},
): Promise<TagDecisions> {
  return decideTags({
    rules,
    event: typeof event === 'string' ? fixtureEvent(event) : event,
    allowProductionTags: allow,
    existingTags: async () => {
      if (existing instanceof Error) throw existing;
      return existing;
    },
    now,
  });
}

/** The tags alone; throws when there is a problem, so that no test takes a mistake for an empty list. */
export async function tagsOf(
  event: string | CiEvent,
  rules: string,
  circumstances?: Circumstances,
): Promise<readonly string[]> {
  const { tags, problems } = await decide(event, rules, circumstances);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  return tags;
}
