import type { ServiceClient } from '../api/client.ts';
import type { TagChange } from '../api/types.ts';
import { isMissing } from '../http/errors.ts';
import type { Result } from '../result.ts';
import { promote } from '../templates/assign-tags.ts';
import { readTags } from '../templates/find-template.ts';
import type { MatchingBuild } from './find-match.ts';

/** What became of the tags of this run. */
export interface ClaimedTags {
  readonly moves: readonly TagChange[];
  /** Tags that a newer run has put on another build, and that stay there. */
  readonly claimedByOthers: readonly string[];
}

/** What this run knows about where its tags may stand. */
export interface TagHistory {
  /** Where the tags stood when this run began. */
  readonly before: ReadonlyMap<string, string>;
  /** Builds of this content that this run has seen, its own included: a tag on one of them means what it should. */
  readonly sameContent: ReadonlySet<string>;
}

/**
 * The tags that a newer run has put on a build of something else since this run began. They stay there: that is the
 * order that the service itself keeps for builds, where the newest registration has the tag, however long an older
 * build takes.
 */
export function tagsClaimedByOthers(
  tags: readonly string[],
  now: ReadonlyMap<string, string>,
  { before, sameContent }: TagHistory,
): string[] {
  return tags.filter((tag) => {
    const buildId = now.get(tag);
    return buildId !== undefined && buildId !== before.get(tag) && !sameContent.has(buildId);
  });
}

/**
 * Puts the tags of this run on a build that is there, all in one request, but for those that a newer run has taken
 * ({@link tagsClaimedByOthers}). The service has no request that moves a tag only if it still stands where it was seen, so
 * a registration in the instant between look-up and request counts as the older of the two. The request is therefore
 * repeated only after another look: a service that is down for a minute must not make an instant of it. Rejects with a
 * `ServiceError`; gives a reason when the build has gone meanwhile, and then no tag has moved.
 */
export async function claimTags(
  client: Pick<ServiceClient, 'noRetry' | 'retrier' | 'tags'>,
  { template, buildId }: Pick<MatchingBuild, 'template' | 'buildId'>,
  tags: readonly string[],
  history: TagHistory,
): Promise<Result<ClaimedTags>> {
  const patience = client.retrier('POST tags');
  for (let now = template; ; now = { ...now, tags: await readTags(client, template.templateId) }) {
    const claimedByOthers = tagsClaimedByOthers(tags, now.tags, history);
    const wanted = tags.filter((tag) => !claimedByOthers.includes(tag));
    if (wanted.length === 0) return { ok: true, value: { moves: [], claimedByOthers } };
    let unanswered: unknown;
    const assignTags: ServiceClient['assignTags'] = (target, chosen) =>
      client.noRetry.assignTags(target, chosen).catch((error: unknown) => {
        unanswered = error;
        throw error;
      });
    try {
      const { moves, contested } = await promote({ assignTags, tags: client.tags }, now, buildId, wanted);
      return {
        ok: true,
        value: {
          moves: moves.map(sinceFirst(template.tags)),
          claimedByOthers: [...claimedByOthers, ...contested],
        },
      };
    } catch (error) {
      if (isMissing(error)) return { ok: false, reason: `Build ${buildId} has gone since it was looked up.` };
      if (error !== unanswered) throw error;
      await patience.backoff(error);
    }
  }
}

/** A request that worked though its answer was lost has moved a tag before it is looked at again. */
function sinceFirst(first: ReadonlyMap<string, string>): (move: TagChange) => TagChange {
  return ({ before: _, ...move }) => {
    const before = first.get(move.tag);
    return { ...move, ...(before !== undefined && { before }) };
  };
}
