import pLimit from 'p-limit';
import type { Payload } from '../ci/payload.ts';
import type { GithubClient, PullRequest } from './client.ts';

/** The run of a pull request that triggered this one, from the `workflow_run` event. */
export interface TriggeringRun {
  readonly run: number;
  readonly attempt: number;
  readonly url?: string;
  readonly headSha: string;
  readonly headBranch: string;
  /** Owner of the repository that the branch is in. */
  readonly headOwner: string;
  /** `owner/name` of it. */
  readonly headRepository: string;
}

/** The run in the payload of `workflow_run`; `undefined` when a field is missing. */
export function readTriggeringRun(payload: Payload): TriggeringRun | undefined {
  const of = (...path: string[]) => payload.text('workflow_run', ...path);
  const run = payload.number('workflow_run', 'id');
  const headSha = of('head_sha');
  const headBranch = of('head_branch');
  const headRepository = of('head_repository', 'full_name');
  const [headOwner] = headRepository?.split('/') ?? [];
  if (!run || !headSha || !headBranch || !headRepository || !headOwner) return undefined;
  const url = of('html_url');
  const attempt = payload.number('workflow_run', 'run_attempt') ?? 1;
  return { run, attempt, headSha, headBranch, headOwner, headRepository, ...(url && { url }) };
}

/**
 * Numbers of the open pull requests whose newest commit is that of the run. They come from GitHub: for a fork the
 * payload has none, and what the run itself says cannot be trusted.
 */
export async function pullRequestsOfRun(github: GithubClient, run: TriggeringRun): Promise<number[]> {
  const { repository } = github;
  const octokit = await github.octokit();
  const found = await octokit.paginate(octokit.rest.pulls.list, {
    ...repository,
    state: 'open',
    head: `${run.headOwner}:${run.headBranch}`,
    per_page: 100,
  });
  return found
    .filter(({ head }) => head.sha === run.headSha && head.repo?.full_name === run.headRepository)
    .map(({ number }) => number);
}

/** GitHub's documentation asks for few requests at the same time. */
const parallelRequests = 4;

/** Fetches states of pull requests, each once and a few at a time. Rejects with a `GithubError`. */
export function pullRequestStates(
  github: Pick<GithubClient, 'pullRequest'>,
): (number: number) => Promise<PullRequest['state']> {
  const limit = pLimit(parallelRequests);
  const requested = new Map<number, Promise<PullRequest>>();
  return async (number) => {
    const pullRequest = requested.get(number) ?? limit(() => github.pullRequest(number));
    requested.set(number, pullRequest);
    return (await pullRequest).state;
  };
}
