import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LastBuild, parseLastBuild } from './last-build.ts';

/** Remembers the last good build of each template. Neither call ever rejects: a build does not depend on it. */
export interface HistoryStore {
  read(name: string): Promise<LastBuild | undefined>;
  write(build: LastBuild): Promise<void>;
}

/** What is needed of `@actions/cache`. */
export type CacheApi = Pick<
  typeof import('@actions/cache'),
  'isFeatureAvailable' | 'restoreCache' | 'saveCache'
>;

export interface CacheHistoryOptions {
  /** Whether the runner offers a cache at all. */
  readonly available: boolean;
  /** Loads the cache's client, which is large and only needed where there is a cache. */
  readonly load: () => Promise<CacheApi>;
  /** Path of the file that goes into the cache; must be the same in every run, since it is part of the entry. */
  readonly file: string;
  /** Builds of a branch are remembered apart; another branch's build is taken where this one has none. */
  readonly branch: string;
  /** Shows the cache's own output under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>;
  /** Told why something could not be read or written. */
  readonly debug: (message: string) => void;
}

/**
 * A history in the cache of GitHub Actions. The cache service itself keeps branches apart: a pull request sees
 * the entries of its base, and nobody sees those of a pull request.
 */
export function cacheHistory({
  available,
  load,
  file,
  branch,
  group,
  debug,
}: CacheHistoryOptions): HistoryStore {
  const attempt = async <T>(title: string, work: (cache: CacheApi) => Promise<T>): Promise<T | undefined> => {
    if (!available) return undefined;
    try {
      const cache = await load();
      return cache.isFeatureAvailable() ? await group(title, () => work(cache)) : undefined;
    } catch (error) {
      debug(`${title}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    } finally {
      await rm(file, { force: true }).catch(() => {});
    }
  };

  return {
    read: (name) =>
      attempt('Look up the last build in the cache', async (cache) => {
        const [ofName, ofBranch] = keyPrefixes(name, branch);
        const hit = await cache.restoreCache([file], ofBranch, [ofName]);
        if (hit === undefined) return undefined;
        const build = parseLastBuild(await readFile(file, 'utf8'));
        return build?.name === name ? build : undefined;
      }),
    write: async (build) => {
      await attempt('Remember this build in the cache', async (cache) => {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, JSON.stringify(build));
        // Entries cannot be changed, so each build makes a new one; the newest of a prefix is found first.
        await cache.saveCache([file], `${keyPrefixes(build.name, branch)[1]}${build.buildId}`);
      });
    },
  };
}

/** Keys may hold no comma and at most 512 characters; a branch may hold both. */
function keyPrefixes(name: string, branch: string): [ofName: string, ofBranch: string] {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  const ofName = `novita-template-1-${digest(name)}-`;
  return [ofName, `${ofName}${digest(branch)}-`];
}
