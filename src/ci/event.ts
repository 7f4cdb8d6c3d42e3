import type { context } from '@actions/github';

/** What the CI event says, as far as a build needs it. */
export interface CiEvent {
  /** `push`, `pull_request`, `release`, …; empty outside of GitHub Actions. */
  readonly name: string;
  /** Number of the pull request, from the payload and never from the ref. */
  readonly pullRequest?: number;
  /** Commit that is built; for a pull request its head, not the merge commit that GitHub makes. */
  readonly sha?: string;
  /** `owner/name`. */
  readonly repository?: string;
  /** Address of this run's page. */
  readonly runUrl?: string;
}

/** What {@link readEvent} reads of the toolkit's context; every field may be missing outside of GitHub. */
export type EventContext = Pick<typeof context, 'eventName' | 'payload' | 'sha' | 'serverUrl' | 'runId'>;

/** Reads the event from the toolkit's context and the name of the repository from `GITHUB_REPOSITORY`. */
export function readEvent(context: EventContext, repository: string | undefined): CiEvent {
  const pullRequest = context.payload.pull_request;
  const sha: string | undefined = pullRequest?.['head']?.sha ?? context.sha;
  return {
    name: context.eventName ?? '',
    ...(pullRequest && { pullRequest: pullRequest.number }),
    ...(sha && { sha }),
    ...(repository && { repository }),
    ...(repository &&
      context.runId && { runUrl: `${context.serverUrl}/${repository}/actions/runs/${context.runId}` }),
  };
}
