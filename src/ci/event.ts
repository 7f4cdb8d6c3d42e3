/**
 * What started the run. `pull_request` stands for `pull_request_target` and reviews too, `merge_group` also for a
 * push to a merge queue's branch, `none` for a run outside of GitHub Actions.
 */
export type EventKind =
  | 'push'
  | 'pull_request'
  | 'merge_group'
  | 'release'
  | 'schedule'
  | 'workflow_dispatch'
  | 'workflow_run'
  | 'create'
  | 'delete'
  | 'other'
  | 'none';

/** What the CI event says, as far as a build needs it. Names of branches and tags are untrusted text. */
export interface CiEvent {
  readonly kind: EventKind;
  /** `push`, `pull_request_target`, `release`, …; empty outside of GitHub Actions. */
  readonly name: string;
  /** What happened, where the event tells several things apart: `opened`, `closed`, `published`, … */
  readonly action?: string;
  /** `refs/heads/…`, `refs/tags/…` or `refs/pull/…`, as the runner has it. */
  readonly ref?: string;
  /** Branch that is built; absent for a pull request and for a tag. */
  readonly branch?: string;
  /** Git tag that is built. */
  readonly tag?: string;
  /** Commit that is built; for a pull request its head, not the merge commit that GitHub makes. */
  readonly sha?: string;
  /** When that commit was made; most events do not say. */
  readonly commitDate?: Date;
  /**
   * Number of the pull request, from the payload and never from the ref, which names the base branch once the
   * pull request is merged; for a merge group the one that the queue's branch is named after.
   */
  readonly pullRequest?: number;
  /** Set where the event says that something is gone: nothing is to be built or published then. */
  readonly takenAway?: TakenAway;
  /** Set for a pull request that is closed: whether it was merged. */
  readonly merged?: boolean;
  /** What is built has not been accepted yet: a pull request, a merge group, or a run that one of them set off. */
  readonly isUnmerged: boolean;
  /** Branch that a pull request or merge group wants into, or that a git tag was pushed from. */
  readonly baseRef?: string;
  /** Branch that a pull request comes from. */
  readonly headRef?: string;
  readonly defaultBranch?: string;
  /** What is built comes from another repository. */
  readonly fork: boolean;
  /** Started by Dependabot, whose runs get no secrets either. */
  readonly dependabot: boolean;
  /** Set for a release: whether it is marked as a pre-release. */
  readonly prerelease?: boolean;
  /** The run that set off this one. */
  readonly workflowRun?: { readonly event: string; readonly branch?: string };
  /** `owner/name`. */
  readonly repository?: string;
  /** Address of this run's page. */
  readonly runUrl?: string;
}

/**
 * What an event says is gone, so that there is nothing to build and nothing to publish: a pull request that is closed,
 * a release that was withdrawn or is a draft, a branch or git tag that was deleted, or something else.
 */
export type TakenAway = 'pull_request' | 'release' | 'draft' | 'ref' | 'merge_group' | 'other';
