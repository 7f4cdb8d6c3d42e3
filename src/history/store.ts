import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '../make-folder.ts';
import { type BuildRecord, parseBuildRecord } from './last-build.ts';

/** Earlier builds of a template. */
export interface PreviousBuilds {
  /** The last good build of this branch, or else of another; has the durations of steps. */
  readonly last?: BuildRecord;
  /** The build to compare with: for a pull request the last good build of its base branch, else `last`. */
  readonly reference?: BuildRecord;
}

/** Stores the last good build of each template. It never rejects, since no build depends on it. */
export interface HistoryStore {
  /** The branch or tag that is built; empty if unknown. */
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
  /** Whether the runner has a cache. */
  readonly available: boolean;
  /** Loads the cache's client, which is large and needed only if there is a cache. */
  readonly load: () => Promise<CacheApi>;
  /** Path of the cached file; must be the same in every run, since it is part of the entry. */
  readonly file: string;
  /** Each branch has its own record; another branch's record is used if there is none. */
  readonly branch: string;
  /** The base branch of a pull request. */
  readonly base?: string;
  /** Shows the cache's own output under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>;
  /** Gets the reason why something could not be read or written. */
  readonly debug: (message: string) => void;
  /** Ends the wait for the cache when the job is cancelled. */
  readonly signal: AbortSignal;
  /**
   * How long to wait for the cache, in milliseconds; 10,000 by default. Its client's own limits are minutes, which is
   * too long for this.
   */
  readonly timeLimitMs?: number;
}

/**
 * A history in the cache of GitHub Actions. The cache service separates branches: a pull request can read the entries
 * of its base branch, and no other branch can read those of a pull request.
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
      return await group(title, () => Promise.race([work(cache), rejectAfter(signal, timeLimitMs)]));
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
      await attempt('Save this build in the cache', async (cache) => {
        await makeFolder(dirname(file));
        await writeFile(file, JSON.stringify(build));
        // Entries cannot be changed, so each build makes a new one; the newest of a prefix is found first.
        await cache.saveCache([file], `${branchPrefix(build.name, branch)}${build.buildId}`);
      });
    },
  };
}

/** Rejects when the time is over or the job is cancelled; the request itself may continue. */
function rejectAfter(signal: AbortSignal, timeLimitMs: number): Promise<never> {
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
