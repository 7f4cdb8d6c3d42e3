import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '../problem.ts';
import { checkedOutCommit } from './checked-out.ts';
import type { CiEvent } from './event.ts';

/** Runs to which GitHub gives no secrets, whoever sets them: those of forks, and those that Dependabot starts. */
export function secretsWithheld({ kind, name, fork, dependabot }: CiEvent): boolean {
  return dependabot || (kind === 'pull_request' && fork && name !== 'pull_request_target');
}

/**
 * Refuses a definition that a pull request brings along where the job has secrets: loading it runs it. Under
 * `pull_request_target`, and under `workflow_run` after a run of a pull request, only the commits of the base are
 * taken; what cannot be told apart from the pull request's is refused too.
 *
 * @param file - absolute path of the definition
 * @param baseCommits - commits that are not the pull request's: that of the run, of the workflow, of the base
 * @throws ProblemsError
 */
export function refuseProposed(file: string, event: CiEvent, baseCommits: readonly string[]): void {
  const guarded =
    event.name === 'pull_request_target' || (event.kind === 'workflow_run' && (event.proposed || event.fork));
  if (!guarded) return;
  const commit = checkedOutCommit(dirname(realpathSync(file)));
  if (commit !== undefined && baseCommits.includes(commit)) return;
  const found =
    commit === undefined
      ? 'its folder is no checkout of git, so nobody can tell whose it is'
      : `it is checked out at ${commit}, which is not the base (${baseCommits.join(', ') || 'unknown'})`;
  throw problem(
    'A recipe from a pull request',
    `Runs of ${event.name} have secrets, and loading a recipe runs it. This one was not loaded: ${found}. Build pull requests under the event pull_request: there the runs of forks get no secrets, and their recipe is planned and shown. Take out \`ref:\` of the checkout to build the base. docs/pull-requests.md has a workflow for comments on pull requests of forks.`,
    { file, line: 1 },
  );
}
