import type { CiEvent } from '../../ci/event.ts';
import type { GithubClient } from '../../github/client.ts';
import { GithubError } from '../../github/errors.ts';
import { pullRequestStates } from '../../github/pull-requests.ts';
import type { Problem } from '../../problem.ts';
import type { CleanupPlan } from '../../templates/remove-previews.ts';

/** Number of the pull request that this event closed; another event is a problem. */
export function closedPullRequest(event: CiEvent, problems: Problem[]): number | undefined {
  const { kind, name, action, pullRequest } = event;
  if (kind === 'pull_request' && action === 'closed' && pullRequest !== undefined) return pullRequest;
  const found = name === '' ? 'no event' : action === undefined ? name : `${name} (${action})`;
  problems.push({
    title: 'Input mode',
    message: `event removes the previews of a pull request when it closes, found ${found}. Run this job on pull_request with types: [closed], or use mode: sweep for previews that still exist.`,
  });
  return undefined;
}

/**
 * Removes the previews of one pull request and skips those of others. They stay if the pull request is open again: this
 * run may have waited while it was reopened and built.
 */
export function decideByEvent(number: number, reopened: boolean): CleanupPlan['decide'] {
  const decision = reopened
    ? { remove: false, reason: `pull request ${number} is open again` }
    : { remove: true, reason: `pull request ${number} is closed` };
  return ({ pullRequest }) => (pullRequest === number ? decision : undefined);
}

/** Whether a pull request that an event closed is open again. If GitHub does not say, the event counts. */
export async function isReopened(
  github: Pick<GithubClient, 'pullRequest'>,
  number: number,
): Promise<boolean> {
  try {
    return (await github.pullRequest(number)).state === 'open';
  } catch (error) {
    if (error instanceof GithubError) return false;
    throw error;
  }
}

/**
 * Removes the previews whose pull request is closed on GitHub. Previews of pull requests that GitHub does not know
 * stay.
 */
export function decideBySweep(github: Pick<GithubClient, 'pullRequest'> | undefined): CleanupPlan['decide'] {
  const stateOf = github ? pullRequestStates(github) : async () => 'unknown';
  return async ({ pullRequest }) => {
    const state = await stateOf(pullRequest);
    const found = state === 'unknown' ? 'is unknown to GitHub in this repository' : `is ${state}`;
    return { remove: state === 'closed', reason: `pull request ${pullRequest} ${found}` };
  };
}
