import { repositoryOfUrl } from '../git/remotes.ts';
import type { CiEvent, EventKind } from './event.ts';
import { payloadReader } from './payload.ts';
import type { RunFacts, SourcePlace } from './run-facts.ts';

/** What a CI system other than GitHub says about a run, in terms that they all have. An empty text counts as absent. */
export interface SystemRun {
  /** Name of the system: `GitLab CI/CD`. */
  readonly system: string;
  /** Whether a pull or merge request is built; its number may be unknown. */
  readonly ofPullRequest?: boolean;
  readonly pullRequest?: string | undefined;
  /** Whether the run removes what belongs to the pull request, which is closed. */
  readonly closed?: boolean;
  /** Branch that is built. It is not read for a pull request. */
  readonly branch?: string | undefined;
  readonly tag?: string | undefined;
  /** The head of a pull request, else the commit that is built. */
  readonly sha?: string | undefined;
  readonly commitDate?: string | undefined;
  /** Target branch of a pull request. */
  readonly baseRef?: string | undefined;
  readonly headRef?: string | undefined;
  /** A commit of the target branch from which the pull request can be compared. */
  readonly baseSha?: string | undefined;
  readonly defaultBranch?: string | undefined;
  /** The code comes from another repository. */
  readonly fork?: boolean;
  /** The run of a fork has secrets of this repository. */
  readonly secretsGiven?: boolean;
  /** What else than a push started it. */
  readonly cause?: 'schedule' | 'person' | undefined;
  /** Its full name: `group/agent`. */
  readonly repository?: string | undefined;
  /** Web address of the repository, or where it is cloned from. */
  readonly repositoryUrl?: string | undefined;
  readonly runUrl?: string | undefined;
  /** Number of the run. A later run has a higher one. */
  readonly run?: string | undefined;
  readonly attempt?: string | undefined;
  /** Commits that the system runs. Those of a fork are not our own, and are left out. */
  readonly commits: readonly (string | undefined)[];
  readonly source?: SourcePlace | undefined;
  /** On a person's own machine: who that is. */
  readonly developer?: string | undefined;
}

/** The facts about a run, from what its system says. A value that cannot be what it should be counts as absent. */
export function runFacts(said: SystemRun): RunFacts {
  const { system, ofPullRequest = false, fork = false, closed = false, source } = said;
  const pullRequest = wholeNumber(said.pullRequest);
  const branch = ofPullRequest ? undefined : said.branch || undefined;
  const tag = ofPullRequest ? undefined : said.tag || undefined;
  const sha = commit(said.sha);
  const kind = kindOf(said, branch, tag, sha);
  const commitDate = new Date(said.commitDate ?? Number.NaN);
  const event: CiEvent = {
    kind,
    name: names[kind] ?? '',
    system,
    isUnmerged: ofPullRequest,
    fork,
    dependabot: false,
    ...(fork && said.secretsGiven && { secretsGiven: true }),
    ...(pullRequest !== undefined && ofPullRequest && { pullRequest }),
    ...(closed && { action: 'closed', removed: 'pull_request' as const }),
    ...(branch !== undefined && { branch, ref: `refs/heads/${branch}` }),
    ...(tag !== undefined && { tag, ref: `refs/tags/${tag}` }),
    ...(sha !== undefined && { sha }),
    ...(!Number.isNaN(commitDate.getTime()) && { commitDate }),
    ...(ofPullRequest && said.baseRef && { baseRef: said.baseRef }),
    ...(ofPullRequest && said.headRef && { headRef: said.headRef }),
    ...(said.defaultBranch && { defaultBranch: said.defaultBranch }),
    ...(said.repository && { repository: said.repository }),
    ...(said.runUrl && isWebAddress(said.runUrl) && { runUrl: said.runUrl }),
    ...(said.developer && { developer: said.developer }),
  };
  const base = commit(said.baseSha);
  const payload = { pull_request: { base: { sha: base }, head: { sha } } };
  const ofSystem = fork && ofPullRequest ? [] : said.commits;
  return {
    event,
    payload: payloadReader(ofPullRequest ? payload : {}),
    run: {
      run: wholeNumber(said.run) ?? 0,
      attempt: wholeNumber(said.attempt) ?? 1,
      ...(sha !== undefined && { sha }),
    },
    ownCommits: [...ofSystem, base].flatMap((own) => commit(own) ?? []),
    home: (said.repositoryUrl && repositoryOfUrl(said.repositoryUrl)) || '',
    ...(source && { source }),
  };
}

const names: Partial<Record<EventKind, string>> = {
  pull_request: 'pull_request',
  push: 'push',
  schedule: 'schedule',
  workflow_dispatch: 'a manual run',
};

function kindOf(
  { ofPullRequest, cause }: SystemRun,
  branch: string | undefined,
  tag: string | undefined,
  sha: string | undefined,
): EventKind {
  if (ofPullRequest) return 'pull_request';
  // A schedule may build a git tag, and a tag says more.
  if (cause === 'schedule' && tag === undefined) return 'schedule';
  if (branch === undefined && tag === undefined && sha === undefined) return 'none';
  return cause === 'person' ? 'workflow_dispatch' : 'push';
}

/** `12`, and nothing for `false`, which some systems write. */
export function wholeNumber(text: string | undefined): number | undefined {
  const number = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  return number > 0 ? number : undefined;
}

/** A full commit identifier. Some systems have a word such as `HEAD` in its place. */
function commit(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text : undefined;
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

/** `main` of `refs/heads/main`; `undefined` for a ref of another kind. */
export function afterPrefix(prefix: string, ref: string | undefined): string | undefined {
  return ref?.startsWith(prefix) && ref.length > prefix.length ? ref.slice(prefix.length) : undefined;
}

/** The files of a repository on a server whose addresses are like those of GitHub. */
export function sourcePlace(
  url: string | undefined,
  commitOfRun: string | undefined,
  workspace: string | undefined,
  view = 'blob',
): SourcePlace | undefined {
  const repository = url && repositoryOfUrl(url);
  if (!repository) return undefined;
  const ofRun = commit(commitOfRun);
  const address = /^https?:\/\//.test(url)
    ? url.replace(/\/\/[^/@]*@/, '//').replace(/(\.git)?\/*$/, '')
    : `https://${repository}`;
  return {
    address,
    ...(ofRun && { commit: ofRun }),
    ...(workspace && { workspace }),
    lineAddress: (at, path, line) => `${address}/${view}/${at}/${path}#L${line}`,
  };
}
