import { isAncestor } from '../git/refs.ts';
import { headCommit, type Repository } from '../git/repository.ts';
import { checkoutSources, type Source } from '../git/sources.ts';
import type { CiEvent } from './event.ts';
import type { NamedForks } from './forks.ts';

/** Facts about the run that separate its repository's own code from a stranger's. */
export interface TrustFacts {
  readonly event: CiEvent;
  /** Commits that are certainly this repository's: those of the run, of its workflow and of the base. */
  readonly ownCommits: readonly string[];
  readonly forks: NamedForks;
  /** This repository: `github.com/octo-org/agent`. */
  readonly home: string;
}

/** Whose code is checked out: this repository's own, a pull request's, or unknown. */
export type Verdict =
  | { readonly trust: 'own'; readonly commit: string }
  | {
      readonly trust: 'pull-request' | 'unknown';
      readonly commit?: string;
      /** Why, as a clause with the recipe as its subject: `it is checked out from refs/pull/7/head`. */
      readonly found: string;
    };

/** Judges a checkout by its commit, and by where its own files say that the commit came from. */
export function judgeCheckout(repository: Repository, facts: TrustFacts): Verdict {
  const { event, ownCommits, forks, home } = facts;
  const commit = headCommit(repository);
  if (commit === undefined)
    return { trust: 'unknown', found: 'the commit that is checked out cannot be read' };
  if (ownCommits.includes(commit)) return { trust: 'own', commit };
  const pullRequest = (found: string): Verdict => ({ trust: 'pull-request', commit, found });
  if (forks.commits.has(commit)) return pullRequest(`it is at ${commit}, which the event names as a fork's`);

  const sources = checkoutSources(repository, commit);
  const isOfFork = (of: string | undefined): boolean =>
    of !== undefined && [...forks.repositories].some((fork) => of.endsWith(`/${fork}`));
  // A stranger has no repository below this owner. A repository in a local folder was put there by the workflow.
  const isOwn = (of: string | undefined): boolean =>
    !isOfFork(of) && (of === undefined || ownerOf(of) === ownerOf(home));
  const isNamed = (source: Source): boolean => source.kind === 'named' && isOwn(source.repository);

  if (sources.of.some((source) => isNamed(source) && source.kind === 'named' && source.fetched))
    return { trust: 'own', commit };
  const pull = sources.of.find((source) => source.kind === 'pull');
  if (pull) {
    const ofThisRun = event.name !== 'pull_request_target' && event.kind === 'pull_request' && !event.fork;
    if (ofThisRun && pull.number !== undefined && pull.number === event.pullRequest)
      return { trust: 'own', commit };
    return pullRequest(`it is checked out from ${pull.ref}`);
  }
  const fork = sources.of.flatMap((source) => (source.kind === 'pull' ? [] : (source.repository ?? [])));
  const forked = [...fork, ...sources.repositories].find(isOfFork);
  if (sources.of.some(isNamed) && !fork.some(isOfFork)) return { trust: 'own', commit };
  if (forked) return pullRequest(`it is checked out from the fork ${forked}`);
  const tips = sources.named.flatMap((name) => (isOwn(name.repository) ? [name.commit] : []));
  if (isAncestor(repository, commit, tips)) return { trust: 'own', commit };
  const [other] = sources.repositories.filter((of) => !isOwn(of));
  const of = other === undefined ? '' : `, from ${other}`;
  return {
    trust: 'unknown',
    commit,
    found: `it is checked out at ${commit}${of}, which is neither the commit of this run nor, as far as the checkout shows, of a branch or tag of this repository`,
  };
}

/** `github.com/octo-org` of `github.com/octo-org/agent`. */
function ownerOf(repository: string): string {
  return repository.slice(0, repository.lastIndexOf('/'));
}
