import { mergeBases, parentsOf } from '../git/merge-base.ts';
import { headCommit, repositoriesAround } from '../git/repository.ts';
import { type ChangedPath, changedPaths } from '../git/trees.ts';
import type { Result } from '../result.ts';
import type { CiEvent } from './event.ts';
import type { Payload } from './payload.ts';

/** What a pull request or a merge group changes. */
export interface ChangedFiles {
  /** Root of the checkout; the paths are relative to it. */
  readonly root: string;
  readonly files: readonly ChangedPath[];
}

const deeper =
  'Set fetch-depth: 0 at actions/checkout; fetch-depth: 2 is enough where it checks out what GitHub merged, as it does by itself.';

/**
 * The files that the checked out commit changes since it left its base branch. Without a result, the reason is one or
 * two sentences.
 *
 * @param directory - a folder of the checkout
 */
export function changedFiles(directory: string, event: CiEvent, payload: Payload): Result<ChangedFiles> {
  const none = (reason: string) => ({ ok: false as const, reason });
  const base =
    event.kind === 'pull_request'
      ? payload.text('pull_request', 'base', 'sha')
      : payload.text('merge_group', 'base_sha');
  if (base === undefined) return none('This event names no commit to compare with, as a pull request does.');
  const [repository] = repositoriesAround(directory);
  const head = repository && headCommit(repository);
  if (!repository || head === undefined)
    return none(`${directory} is no git checkout. Run actions/checkout before this step.`);
  // A merge that GitHub made for a pull request: its first parent is the base branch, as it was merged.
  const [into, merged, ...others] = parentsOf(repository, head) ?? [];
  const isMerge = into !== undefined && merged === payload.text('pull_request', 'head', 'sha');
  const bases = isMerge && others.length === 0 ? [into] : mergeBases(repository, head, base);
  if (!bases) return none(`The history of this checkout does not reach back to the base branch. ${deeper}`);
  if (bases.length === 0) return none('The checked out commit and the base branch have nothing in common.');
  const files = new Map<string, ChangedPath>();
  for (const from of bases) {
    const changes = changedPaths(repository, from, head);
    if (!changes) return none(`The commit ${from} of the base branch is not in this checkout. ${deeper}`);
    for (const change of changes) files.set(change.path, change);
  }
  return { ok: true, value: { root: repository.root, files: [...files.values()] } };
}
