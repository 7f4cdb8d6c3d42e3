import type { ServiceClient } from '../api/client.ts';
import type { TagChange } from '../api/types.ts';
import { withDiagnosis } from '../driver/diagnosis/diagnose.ts';
import type { BuildOutcome } from '../driver/events.ts';
import { isMissing } from '../http/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { promote, TargetError } from '../templates/assign-tags.ts';
import { readTags } from '../templates/find-template.ts';
import type { MatchingBuild } from './find-match.ts';

/** The tags of this run, after the attempt to put them on a build. */
export interface ClaimedTags {
  readonly moves: readonly TagChange[];
  /** Tags that a newer run put on another build; they stay there. */
  readonly claimedByOthers: readonly string[];
}

/** The tags, or as a sentence why they are not on the build. */
export type ClaimResult =
  | { readonly ok: true; readonly value: ClaimedTags }
  | {
      readonly ok: false;
      readonly reason: string;
      /** The build that this run put the tags on instead: its content tag moved there. */
      readonly movedTo?: string;
    };

/** What a run puts on a build, and how. */
export interface TagClaim {
  /** The tags that people use. */
  readonly tags: readonly string[];
  /** The action's own, which come with them in one request. They are not reported. */
  readonly own?: readonly string[];
  /** Which of the tags stay where they are now, given the build of each tag of the template. */
  readonly keep: (current: ReadonlyMap<string, string>) => readonly string[] | Promise<readonly string[]>;
  /** A tag that the build must still have, as the target of the request. Otherwise the build's identifier. */
  readonly target?: string;
}

/** The builds that may have the tags of this run. */
export interface TagHistory {
  /** The builds of the tags when this run began. */
  readonly before: ReadonlyMap<string, string>;
  /** Known builds of this content, that of this run included: a tag on one of them is right. */
  readonly sameContent: ReadonlySet<string>;
}

/**
 * The tags that a newer run put on a build of other content since this run began. They stay there. The service keeps
 * the same order for builds: the newest registration has the tag, even if an older build ends later.
 */
export function tagsClaimedByOthers(
  tags: readonly string[],
  current: ReadonlyMap<string, string>,
  { before, sameContent }: TagHistory,
): string[] {
  return tags.filter((tag) => {
    const buildId = current.get(tag);
    return buildId !== undefined && buildId !== before.get(tag) && !sameContent.has(buildId);
  });
}

/**
 * Puts the tags of this run on an existing build, all in one request, except those that stay elsewhere. The service
 * cannot move a tag on the condition that it has not moved, so a registration between lookup and request counts as
 * older. Each retry therefore begins with a new lookup, which keeps that time short through an outage. Gives a reason if
 * the build, or the tag that is the target, was removed meanwhile, or if the target names another build by now; `movedTo`
 * names the build that has the tags then. Rejects with a `ServiceError`.
 */
export async function claimTags(
  client: Pick<ServiceClient, 'noRetry' | 'retrier' | 'tags'>,
  { template, buildId }: Pick<MatchingBuild, 'template' | 'buildId'>,
  { tags, own = [], keep, target }: TagClaim,
): Promise<ClaimResult> {
  const retrier = client.retrier('POST tags');
  for (
    let current = template;
    ;
    current = { ...current, tags: await readTags(client, template.templateId) }
  ) {
    const claimedByOthers = await keep(current.tags);
    const wanted = [...tags.filter((tag) => !claimedByOthers.includes(tag)), ...own];
    if (wanted.length === 0) return { ok: true, value: { moves: [], claimedByOthers } };
    let requestError: unknown;
    let elsewhere: string | undefined;
    const assignTags: ServiceClient['assignTags'] = async (reference, chosen) => {
      try {
        const assigned = await client.noRetry.assignTags(reference, chosen);
        if (assigned.buildID !== buildId) elsewhere = assigned.buildID;
        return assigned;
      } catch (error) {
        requestError = error;
        throw error;
      }
    };
    try {
      const promotion = await promote({ assignTags, tags: client.tags }, current, buildId, wanted, target);
      const isOfPeople = (tag: string) => !own.includes(tag);
      return {
        ok: true,
        value: {
          moves: promotion.moves.filter(({ tag }) => isOfPeople(tag)).map(sinceFirst(template.tags)),
          claimedByOthers: [...claimedByOthers, ...promotion.contested.filter(isOfPeople)],
        },
      };
    } catch (error) {
      if (error instanceof TargetError) {
        return { ok: false, reason: `${error.message}.`, ...(error.on && { movedTo: error.on }) };
      }
      if (isMissing(error))
        return { ok: false, reason: `Build ${buildId} was removed after it was looked up.` };
      if (target !== undefined && elsewhere !== undefined)
        return { ok: false, reason: `The tag ${target} was moved to another build.`, movedTo: elsewhere };
      if (error !== requestError) throw error;
      await retrier.backoff(error);
    }
  }
}

/** The outcome of a run all of whose tags a newer run has. */
export function supersededByNewerRun(
  plan: Plan,
  outcome: Omit<BuildOutcome, 'status'>,
  tags: readonly string[],
): BuildOutcome {
  const message = `${takenInWords(tags)}: superseded by a newer one.`;
  return withDiagnosis(plan, { ...outcome, status: 'error', failure: { message, lastLines: [] } });
}

/** The notice about some of its tags. */
export function whereTagsStay(tags: readonly string[]): string {
  return `${takenInWords(tags)}, where ${tags.length === 1 ? 'it stays' : 'they stay'}.`;
}

function takenInWords(tags: readonly string[]): string {
  return `A newer run put ${tags.join(', ')} on another build meanwhile`;
}

/** After a lost response the second lookup may show the tag where this run put it. */
function sinceFirst(first: ReadonlyMap<string, string>): (move: TagChange) => TagChange {
  return ({ before: _, ...move }) => {
    const before = first.get(move.tag);
    return { ...move, ...(before !== undefined && { before }) };
  };
}
