import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '../make-folder.ts';
import { type BuildRecord, parseBuildRecord } from './last-build.ts';

/** What is remembered of a template. */
export interface PreviousBuilds {
  /** The last good build of this branch, else of another: tells how long steps take. */
  readonly last?: BuildRecord;
  /** What a build is compared with: for a pull request the last good one of its base, else `last`. */
  readonly reference?: BuildRecord;
}

/** Remembers the last good build of each template. Neither call ever rejects: a build does not depend on it. */
export interface HistoryStore {
  /** The branch, or tag, that is built; empty where that is not known. */
  readonly branch: string;
  read(name: string): Promise<PreviousBuilds>;
  write(build: BuildRecord): Promise<void>;
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
  /** The branch that a pull request is to be merged into. */
  readonly base?: string;
  /** Shows the cache's own output under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>;
  /** Told why something could not be read or written. */
  readonly debug: (message: string) => void;
  /** Ends waiting for the cache when the job is cancelled. */
  readonly signal: AbortSignal;
  /**
   * How long the cache is waited for, in milliseconds; 10,000 when absent. Its client has limits of minutes,
   * which is more than what is remembered is worth.
   */
  readonly timeLimitMs?: number;
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
  base,
  group,
  debug,
  signal,
  timeLimitMs = 10_000,
}: CacheHistoryOptions): HistoryStore {
  const attempt = async <T>(title: string, work: (cache: CacheApi) => Promise<T>): Promise<T | undefined> => {
    if (!available) return undefined;
    try {
      const cache = await load();
      if (!cache.isFeatureAvailable()) return undefined;
      return await group(title, () => Promise.race([work(cache), givenUp(signal, timeLimitMs)]));
    } catch (error) {
      debug(`${title}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    } finally {
      await rm(file, { force: true }).catch(() => {});
    }
  };

  const restore = (name: string, first: string, ...others: string[]) =>
    attempt('Look up the last build in the cache', async (cache) => {
      const hit = await cache.restoreCache([file], first, others);
      if (hit === undefined) return undefined;
      const build = parseBuildRecord(await readFile(file, 'utf8'));
      return build?.name === name ? build : undefined;
    });

  return {
    branch,
    async read(name) {
      const ofBase = base === undefined ? [] : [branchPrefix(name, base)];
      const last = await restore(name, branchPrefix(name, branch), ...ofBase, namePrefix(name));
      if (!last) return {};
      if (base === undefined) return { last, reference: last };
      const found = last.branch === base;
      const reference = found ? last : await restore(name, branchPrefix(name, base));
      return { last, ...(reference && { reference }) };
    },
    write: async (build) => {
      await attempt('Remember this build in the cache', async (cache) => {
        await makeFolder(dirname(file));
        await writeFile(file, JSON.stringify(build));
        // Entries cannot be changed, so each build makes a new one; the newest of a prefix is found first.
        await cache.saveCache([file], `${branchPrefix(build.name, branch)}${build.buildId}`);
      });
    },
  };
}

/** Rejects when the time is over or the job is cancelled; the request that is not waited for may still go on. */
function givenUp(signal: AbortSignal, timeLimitMs: number): Promise<never> {
  return sleep(timeLimitMs, undefined, { signal, ref: false }).then(() => {
    throw new Error(`no answer within ${timeLimitMs / 1000} s`);
  });
}

/** Keys may hold no comma and at most 512 characters; a branch may hold both. */
function branchPrefix(name: string, branch: string): string {
  return `${namePrefix(name)}${digest(branch)}-`;
}

function namePrefix(name: string): string {
  return `novita-template-2-${digest(name)}-`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
