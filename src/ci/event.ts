/**
 * What started the run, in GitHub's words. `pull_request` includes merge requests, `pull_request_target` and reviews.
 * `merge_group` includes a push to a branch of the merge queue. `none` is a run whose CI system says nothing, or one on
 * a person's own machine.
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
  /** `push`, `pull_request_target`, `release`, …; empty where nothing is known. */
  readonly name: string;
  /** The CI system: `GitLab CI/CD`. Absent for GitHub, and for servers that run the same actions. */
  readonly system?: string;
  /** What happened, where the event has several actions: `opened`, `closed`, `published`, … */
  readonly action?: string;
  /** `refs/heads/…`, `refs/tags/…` or `refs/pull/…`, as the runner has it. */
  readonly ref?: string;
  /** Branch that is built; absent for a pull request and for a tag. */
  readonly branch?: string;
  /** Git tag that is built. */
  readonly tag?: string;
  /** Commit that is built. For a pull request it is the head, and not the merge commit that GitHub makes. */
  readonly sha?: string;
  /** Date of that commit. Most events do not have it. */
  readonly commitDate?: Date;
  /**
   * Number of the pull request. It comes from the payload, since the ref names the base branch once the pull request
   * is merged. For a merge group it comes from the name of the queue's branch.
   */
  readonly pullRequest?: number;
  /** Set when the event removes something. Then there is nothing to build or publish. */
  readonly removed?: RemovedKind;
  /** Set for a pull request that is closed: whether it was merged. */
  readonly merged?: boolean;
  /** The code is not merged yet: a pull request, a merge group, or a run that one of them triggered. */
  readonly isUnmerged: boolean;
  /** Target branch of a pull request or merge group, or the branch that a git tag was pushed from. */
  readonly baseRef?: string;
  /** Branch that a pull request comes from. */
  readonly headRef?: string;
  readonly defaultBranch?: string;
  /** The code comes from another repository. */
  readonly fork: boolean;
  /** The run has secrets although its code comes from a fork. Only set for systems other than GitHub. */
  readonly secretsGiven?: boolean;
  /** On a person's own machine: the name of that person. */
  readonly developer?: string;
  /** Started by Dependabot, whose runs get no secrets either. */
  readonly dependabot: boolean;
  /** Set for a release: whether it is marked as a pre-release. */
  readonly prerelease?: boolean;
  /** The run that triggered this one. */
  readonly workflowRun?: { readonly event: string; readonly branch?: string };
  /** `owner/name`. */
  readonly repository?: string;
  /** Address of this run's page. */
  readonly runUrl?: string;
}

/**
 * What an event removes, so that there is nothing to build or publish: a closed pull request, a withdrawn or draft
 * release, a deleted branch or git tag, or something else.
 */
export type RemovedKind = 'pull_request' | 'release' | 'draft' | 'ref' | 'merge_group' | 'other';
