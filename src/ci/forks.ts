import type { Payload } from './payload.ts';

/** Repositories and commits in an event that do not belong to the repository in which it happened. */
export interface NamedForks {
  /** `stranger/agent`, in lower case. */
  readonly repositories: ReadonlySet<string>;
  readonly commits: ReadonlySet<string>;
}

/** A payload is a few levels deep. This stops the search in an endless one. */
const deepest = 12;

/**
 * Finds the forks that an event names anywhere: a pull request's head, the head of a run or check, the payload of a
 * dispatch. A fork is an object with a commit and a repository that is another one or is deleted.
 *
 * @param repository - `owner/name` of the repository in which the event happened
 */
export function namedForks(payload: Payload, repository: string | undefined): NamedForks {
  const repositories = new Set<string>();
  const commits = new Set<string>();
  const home = repository?.toLowerCase();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > deepest) return;
    const { repo, sha, head_repository, head_sha } = value as Record<string, unknown>;
    for (const [where, commit] of [
      [repo, sha],
      [head_repository, head_sha],
    ]) {
      if (where === undefined || typeof commit !== 'string') continue;
      const name = where === null ? undefined : fullName(where);
      // A repository without a name or address proves nothing.
      if (where !== null && (name === undefined || name === home)) continue;
      if (name !== undefined) repositories.add(name);
      commits.add(commit);
    }
    for (const inner of Object.values(value)) visit(inner, depth + 1);
  };
  visit(payload.at(), 0);
  return { repositories, commits };
}

/** Some payloads describe a repository in full, others have little more than its API address. */
function fullName(repository: unknown): string | undefined {
  if (typeof repository !== 'object' || repository === null) return undefined;
  const { full_name: name, url } = repository as Record<string, unknown>;
  const [, ofUrl] = /\/repos\/([^/]+\/[^/]+)$/.exec(typeof url === 'string' ? url : '') ?? [];
  return (typeof name === 'string' ? name : ofUrl)?.toLowerCase();
}
