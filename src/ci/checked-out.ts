import { headCommit, repositoriesAround } from '../git/repository.ts';

/** The commit that is checked out around a directory. `undefined` where no checkout is to be found. */
export function checkedOutCommit(directory: string): string | undefined {
  const [nearest] = repositoriesAround(directory);
  return nearest && headCommit(nearest);
}
