import pLimit from 'p-limit';
import type { GithubClient, PullRequest } from './client.ts';

/** Requests at the same time; GitHub asks for few. */
const parallelRequests = 4;

/** Asks for pull requests, each once and a few at a time. Rejects with a `GithubError`. */
export function pullRequestStates(
  github: Pick<GithubClient, 'pullRequest'>,
): (number: number) => Promise<PullRequest['state']> {
  const limit = pLimit(parallelRequests);
  const asked = new Map<number, Promise<PullRequest>>();
  return async (number) => {
    const answer = asked.get(number) ?? limit(() => github.pullRequest(number));
    asked.set(number, answer);
    return (await answer).state;
  };
}
