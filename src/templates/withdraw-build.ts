import type { IdempotentApi } from '../api/client.ts';
import { buildReference } from '../api/names.ts';
import { failedTag, isReservedTag } from '../api/reserved-tags.ts';
import { isMissing } from '../http/errors.ts';
import { statusOf } from './find-build.ts';
import { readTags, tagsOfBuild } from './find-template.ts';

/** A run that held the build between look and removal is seen by the next look. */
const mostLooks = 5;

/** A build that did not pass its test. */
export interface WithdrawnBuild {
  readonly name: string;
  readonly templateId: string;
  readonly buildId: string;
}

export type WithdrawClient = Pick<IdempotentApi, 'tags' | 'removeTags' | 'assignTags' | 'status'>;

/** What became of it. */
export interface Withdrawal {
  /** Of the action's own, in the order of their removal. */
  readonly removed: readonly string[];
  /** Tags that people use; they stay. */
  readonly stay: readonly string[];
  /** Whether the last look still found a tag of the action's own. */
  readonly held: boolean;
}

/**
 * Takes the action's own tags from a build that did not pass its test, if they still name it. Nothing can reuse it then,
 * and no other run can publish it. Tags that people use stay. Rejects with a `ServiceError`.
 *
 * The service may find the build all the same: by a tag of people, or by a row of a content tag that a newer build
 * covers, since a tag is removed with all its rows or not at all. Such a build gets the failed tag, which
 * `findReadyBuild` and `publishTested` look for. The failed tag comes before the last look. So a run that holds the build
 * too late for that look sees the failed tag when it reads the tags after its test.
 */
export async function withdrawBuild(client: WithdrawClient, build: WithdrawnBuild): Promise<Withdrawal> {
  const { name, templateId, buildId } = build;
  const failed = failedTag(buildId);
  const removed: string[] = [];
  let stay: string[] = [];
  let marked = false;
  try {
    for (let look = 0; look < mostLooks; look += 1) {
      const current = { tags: await readTags(client, templateId) };
      const tags = tagsOfBuild(current, buildId).filter((tag) => tag !== failed);
      const own = tags.filter(isReservedTag);
      stay = tags.filter((tag) => !isReservedTag(tag));
      if (own.length > 0) {
        await client.removeTags(name, own);
        removed.push(...own);
      } else if (marked) return { removed, stay, held: false };
      if (marked) continue;
      if (stay.length === 0 && !(await statusOf(client, build, buildId))) {
        return { removed, stay, held: false };
      }
      await mark(client, build, failed, stay[0]);
      marked = true;
    }
    return { removed, stay, held: true };
  } catch (error) {
    // The service does not find it any more: it has no tag, or was removed.
    if (isMissing(error)) return { removed, stay: [], held: false };
    throw error;
  }
}

/**
 * Rejects with a `ServiceError`, which is a 404 if the service does not find the build.
 *
 * @param other - a tag of the build, for a service that takes no build as the target. If it has moved, the failed tag says
 * nothing, since it names its build.
 */
async function mark(
  client: Pick<IdempotentApi, 'assignTags'>,
  build: WithdrawnBuild,
  failed: string,
  other: string | undefined,
): Promise<void> {
  try {
    await client.assignTags(buildReference(build), [failed]);
  } catch (error) {
    if (other === undefined || !isMissing(error)) throw error;
    await client.assignTags(`${build.name}:${other}`, [failed]);
  }
}
