import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { repositoriesAround } from '../git/repository.ts';
import { type TrackedFiles, trackedFiles } from '../git/tracked-files.ts';
import { type ProblemsError, problem } from '../problem.ts';
import type { CiEvent } from './event.ts';
import { namedForks } from './forks.ts';
import type { RunFacts } from './run-facts.ts';
import { judgeCheckout, type TrustFacts } from './verdict.ts';

/** Whether the CI system withholds secrets from this run: GitHub does for forks and for Dependabot. */
export function secretsWithheld({ kind, name, fork, secretsGiven, dependabot }: CiEvent): boolean {
  if (dependabot) return true;
  return kind === 'pull_request' && fork && name !== 'pull_request_target' && !secretsGiven;
}

/**
 * Events that only people with write access can cause, or that get no secrets otherwise. All other events, future ones
 * included, may come from a stranger: a comment, a fork's run, a star.
 */
const insideEvents = new Set([
  'push',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'merge_group',
  'workflow_dispatch',
  'workflow_call',
  'repository_dispatch',
  'schedule',
  'release',
  'create',
  'delete',
  'deployment',
  'deployment_status',
  'registry_package',
  'page_build',
  'milestone',
  'label',
  'branch_protection_rule',
  'public',
]);

/** Whether a stranger may have caused this run although it has the repository's secrets. */
export function comesFromOutside(event: CiEvent): boolean {
  // Other systems have no event that a stranger can cause, except a fork's.
  if (event.system !== undefined) return event.fork && event.secretsGiven === true;
  return event.kind !== 'none' && !insideEvents.has(event.name) && !isAfterOwnRun(event);
}

/** Events that need write access and run at a commit of the repository itself. */
const runsOfOwnCommits = new Set(['push', 'schedule', 'workflow_dispatch', 'release', 'create']);

/** Whether this run follows one that no stranger can cause. A run after `workflow_run` may follow anything. */
function isAfterOwnRun({ name, fork, workflowRun }: CiEvent): boolean {
  return name === 'workflow_run' && !fork && runsOfOwnCommits.has(workflowRun?.event ?? '');
}

/** Collects which commits are this repository's and which are a fork's. */
export function trustFacts({
  event,
  payload,
  ownCommits: ofRun,
  home,
}: Pick<RunFacts, 'event' | 'payload' | 'ownCommits' | 'home'>): TrustFacts {
  const forks = namedForks(payload, event.repository);
  const ofSameRepository =
    event.kind === 'pull_request' && event.name !== 'pull_request_target' && !event.fork;
  const ownCommits = [
    ...ofRun,
    payload.text('pull_request', 'base', 'sha'),
    ofSameRepository ? payload.text('pull_request', 'head', 'sha') : undefined,
    ofSameRepository ? payload.text('pull_request', 'merge_commit_sha') : undefined,
    isAfterOwnRun(event) ? payload.text('workflow_run', 'head_sha') : undefined,
  ].flatMap((commit) => commit || []);
  return { event, ownCommits, forks, home };
}

/** A recipe that may be loaded. */
export interface TrustedRecipe {
  readonly file: string;
  /** In a run that a stranger may have caused: the only files that may be loaded. `file` is a real path then. */
  readonly tracked?: TrackedFiles;
  /** What could not be decided, if that is no reason to refuse the recipe. */
  readonly notice?: string;
}

/**
 * Refuses a recipe from a pull request where the job has secrets, since loading a recipe runs it. The checkout around
 * the recipe decides, not the event. Where a stranger may have caused the run, a recipe of unclear origin is refused
 * too, and so is a file that differs from the trusted commit.
 *
 * @param file - absolute path of the definition
 * @throws ProblemsError
 */
export function trustRecipe(file: string, facts: TrustFacts): TrustedRecipe {
  const { event } = facts;
  if (comesFromOutside(event)) return trustInGuardedRun(file, facts);
  if (event.kind === 'none' || secretsWithheld(event)) return { file };
  // Node follows a link when it loads the file, and resolves imports beside the link.
  for (const path of new Set([file, realpathSync(file)])) {
    const [nearest, ...outer] = repositoriesAround(dirname(path));
    if (!nearest) continue;
    const verdict = judgeCheckout(nearest, facts);
    if (verdict.trust === 'own') continue;
    const isSubmodule = outer.some((repository) => {
      const around = judgeCheckout(repository, facts);
      if (around.trust !== 'own') return false;
      const entry = trackedFiles(repository.root, around.commit)?.entry(nearest.root);
      return entry?.mode === '160000' && entry.id === verdict.commit;
    });
    if (isSubmodule) continue;
    if (verdict.trust === 'pull-request') throw refusal(file, event, verdict.found);
    return {
      file,
      notice: `The recipe is loaded, but it is not clear whose it is: ${verdict.found}. A recipe is a program that runs beside this job's secrets. If a pull request of a stranger can be checked out here, build it under the event pull_request instead; else check out a branch or tag.`,
    };
  }
  return { file };
}

function trustInGuardedRun(file: string, facts: TrustFacts): TrustedRecipe {
  const real = realpathSync(file);
  const problems: ProblemsError[] = [];
  for (const repository of repositoriesAround(dirname(real))) {
    const verdict = judgeCheckout(repository, facts);
    if (verdict.trust !== 'own') {
      problems.push(refusal(file, facts.event, verdict.found));
      continue;
    }
    const tracked = trackedFiles(repository.root, verdict.commit);
    const compared = tracked?.compare(real);
    if (tracked && compared === 'same') return { file: real, tracked };
    const found =
      compared === 'untracked'
        ? `git does not track it at the commit ${verdict.commit}`
        : compared === 'changed'
          ? `it differs from the file in the commit ${verdict.commit}`
          : `the commit ${verdict.commit} cannot be read, so the recipe cannot be compared with it`;
    problems.push(
      problem(
        'A recipe that differs from its commit',
        `${facts.event.system ? "Runs of this fork's pull request" : `Runs of ${facts.event.name}`} have secrets, a stranger may have caused this one, and loading a recipe runs it. This one was not loaded: ${found}. Load it as it was checked out: remove the step that changes it, or build where only people with write access start the run, such as under push or workflow_dispatch. Files of Git LFS and of git's filters cannot be compared, and are not loaded either.`,
        { file, line: 1 },
      ),
    );
  }
  const [nearest] = problems;
  throw (
    nearest ?? refusal(file, facts.event, 'its folder is not a git checkout, so it is not clear whose it is')
  );
}

function refusal(file: string, { name, system }: CiEvent, found: string): ProblemsError {
  if (system !== undefined) {
    return problem(
      'A recipe from a fork',
      `This run has secrets of the repository, its code comes from a fork, and loading a recipe runs it. This one was not loaded: ${found}. Let ${system} give no secrets to forks, and their recipes are planned and shown; or push the change to a branch of this repository.`,
      { file, line: 1 },
    );
  }
  return problem(
    'A recipe from a pull request',
    `Runs of ${name} have secrets, and loading a recipe runs it. This one was not loaded: ${found}. Build pull requests under the event pull_request: there the runs of forks get no secrets, and their recipe is planned and shown. Remove \`ref:\` and \`repository:\` of the checkout, and what fetches a pull request, to build this repository's own. docs/pull-requests.md has a workflow for comments on pull requests of forks.`,
    { file, line: 1 },
  );
}
