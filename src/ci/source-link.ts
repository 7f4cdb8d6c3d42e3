import { dirname, isAbsolute, relative, sep } from 'node:path';
import { readRemotes, repositoryOfUrl } from '../git/remotes.ts';
import { headCommit, type Repository, repositoriesAround } from '../git/repository.ts';
import type { SourcePlace } from './run-facts.ts';

/** A place in a file; `line` counts from 1. */
interface Place {
  readonly file: string;
  readonly line: number;
}

/**
 * Finds the web address of a line of a file at the commit that is checked out. Returns `undefined` for a file outside
 * of a checkout of this repository.
 *
 * @param sha - the commit that is built
 */
export function lineLinker(
  source: SourcePlace | undefined,
  sha: string | undefined,
): (place: Place) => string | undefined {
  if (!source) return () => undefined;
  const { address, commit: runSha, workspace } = source;

  /** The root folder of the checkout, and its commit. */
  function checkoutOf(file: string): { readonly root: string; readonly commit: string } | undefined {
    const [nearest] = repositoriesAround(dirname(file));
    if (!nearest) {
      // Without git, the checkout action unpacks an archive of the run's commit.
      const commit = runSha || sha;
      return workspace && commit ? { root: workspace, commit } : undefined;
    }
    const commit = headCommit(nearest);
    if (commit === undefined) return undefined;
    const ours = commit === runSha || commit === sha || comesFrom(nearest, address);
    return ours ? { root: nearest.root, commit } : undefined;
  }

  return ({ file, line }) => {
    const checkout = checkoutOf(file);
    if (!checkout) return undefined;
    const path = relative(checkout.root, file);
    if (path === '' || path.split(sep)[0] === '..' || isAbsolute(path)) return undefined;
    const encoded = path.split(sep).map(encodeURIComponent).join('/');
    return source.lineAddress(checkout.commit, encoded, line);
  };
}

/** Whether the settings of the checkout name the repository at this address as its origin. */
function comesFrom(checkout: Repository, address: string): boolean {
  const origin = readRemotes(checkout).find(({ name }) => name === 'origin');
  const from = origin?.url === undefined ? undefined : repositoryOfUrl(origin.url);
  return from !== undefined && from === repositoryOfUrl(address);
}
