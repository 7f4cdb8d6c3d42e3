import type { CiEvent } from '../ci/event.ts';
import { decideTags } from './decide.ts';
import { isCommitTag } from './ref-name.ts';

/** What users get comes before everything else that a branch moves. */
const first = ['latest', 'default'];

/**
 * The tags that a push to a branch moves, `default` first, then `latest`. Tags that name a commit are left out, and so
 * are those that move from version to version.
 *
 * @param rules - the input `tags`; those of the event when empty
 * @param event - of this run, which says what the default branch is
 */
export async function tagsOfBranch(rules: string, branch: string, event: CiEvent): Promise<string[]> {
  const { defaultBranch, repository } = event;
  const push: CiEvent = {
    kind: 'push',
    name: 'push',
    ref: `refs/heads/${branch}`,
    branch,
    isUnmerged: false,
    fork: false,
    dependabot: false,
    ...(defaultBranch !== undefined && { defaultBranch }),
    ...(repository !== undefined && { repository }),
  };
  const { tags } = await decideTags({
    ...{ rules, event: push, allowProductionTags: false, now: new Date() },
    existingTags: async () => {
      throw new Error('only a release moves such a tag');
    },
  });
  return tags
    .filter((tag) => !isCommitTag(tag))
    .toSorted((one, other) => first.indexOf(other) - first.indexOf(one));
}

/**
 * The tags that the branch moves which a run is compared with: the base of a pull request, else the branch itself, else
 * the default branch.
 */
export async function tagsOfBase(rules: string, event: CiEvent): Promise<readonly string[]> {
  const base = event.baseRef ?? event.branch ?? event.defaultBranch;
  if (base !== undefined) return tagsOfBranch(rules, base, event);
  // On a person's own machine nothing names a branch.
  return tagsOfBranch(rules, 'main', { ...event, defaultBranch: 'main' });
}
