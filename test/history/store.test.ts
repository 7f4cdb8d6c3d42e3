import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BuildRecord, createBuildRecord } from '../../src/history/last-build.ts';
import { type CacheApi, cacheHistory } from '../../src/history/store.ts';
import { sampleOutcome, samplePlan } from '../support/sample-build.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The cache's contract in memory: entries are found by prefix, the newest first, the first key's before others'. */
function memoryCache(): CacheApi & { readonly entries: [key: string, content: string][] } {
  const entries: [string, string][] = [];
  return {
    entries,
    isFeatureAvailable: () => true,
    async restoreCache([file = ''], primary, others = []) {
      const hit = [primary, ...others]
        .map((prefix) => entries.findLast(([key]) => key.startsWith(prefix)))
        .find((entry) => entry !== undefined);
      if (!hit) return undefined;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, hit[1]);
      return hit[0];
    },
    async saveCache([file = ''], key) {
      entries.push([key, await readFile(file, 'utf8')]);
      return entries.length;
    },
  };
}

function historyOf(cache: CacheApi, file: string, branch: string, base?: string) {
  return cacheHistory({
    available: true,
    load: async () => cache,
    file,
    branch,
    ...(base !== undefined && { base }),
    group: (_, work) => work(),
    debug: () => {},
    signal: new AbortController().signal,
  });
}

function buildOf(branch: string, buildId: string): BuildRecord {
  const build = createBuildRecord(sampleOutcome({ buildId }), {
    plan: samplePlan(),
    branch,
    finishedAt: new Date(0),
  });
  if (!build) throw new Error('a ready build is remembered');
  return build;
}

describe('the history in the cache', () => {
  test.each<[string, string[], string, string | undefined, (string | undefined)[]]>([
    ['the newest of the branch', ['main', 'topic', 'main'], 'main', undefined, ['2 main', '2 main']],
    ['another branch where this one has none', ['main'], 'topic', undefined, ['0 main', '0 main']],
    ['nothing', [], 'main', undefined, [undefined, undefined]],
    [
      'times of its own and the base to compare with',
      ['main', 'topic'],
      'topic',
      'main',
      ['1 topic', '0 main'],
    ],
    ['the base for both', ['main', 'other'], 'topic', 'main', ['0 main', '0 main']],
    ['nothing to compare with where the base has none', ['other'], 'topic', 'main', ['0 other', undefined]],
  ])('gives %s', async (_, built, branch, base, expected) => {
    await using directory = await temporaryDirectory();
    const cache = memoryCache();
    const file = join(directory.path, 'memory', 'last.json');
    for (const [index, name] of built.entries()) {
      await historyOf(cache, file, name).write(buildOf(name, String(index)));
    }
    const { last, reference } = await historyOf(cache, file, branch, base).read('my-agent');
    const shown = [last, reference].map((build) => build && `${build.buildId} ${build.branch}`);
    expect(shown).toEqual(expected);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  test('does not take what another template or version wrote', async () => {
    await using directory = await temporaryDirectory();
    const cache = memoryCache();
    const file = join(directory.path, 'last.json');
    const history = historyOf(cache, file, 'main');
    await history.write(buildOf('main', 'a'));
    const [key = ''] = cache.entries[0] ?? [];
    cache.entries.push([`${key}b`, JSON.stringify({ ...buildOf('main', 'b'), name: 'another' })]);
    expect(await history.read('my-agent')).toEqual({});
    expect(await history.read('third')).toEqual({});
  });

  test.each(['restoreCache', 'saveCache'] as const)('never rejects: %s', async (call) => {
    await using directory = await temporaryDirectory();
    const broken = {
      ...memoryCache(),
      [call]: async () => {
        throw new Error('the cache is full');
      },
    };
    const history = historyOf(broken, join(directory.path, 'last.json'), 'main');
    await history.write(buildOf('main', 'a'));
    if (call === 'restoreCache') expect(await history.read('my-agent')).toEqual({});
  });
});

describe('a cache that does not answer', () => {
  const silent: CacheApi = {
    isFeatureAvailable: () => true,
    restoreCache: () => new Promise(() => {}),
    saveCache: () => new Promise(() => {}),
  };

  test.each([
    ['the time is over', { timeLimitMs: 30 }, 'no answer within 0.03 s'],
    ['the job is cancelled', { signal: AbortSignal.abort('interrupted') }, 'aborted'],
  ])('is not waited for once %s', async (_, options, reason) => {
    await using directory = await temporaryDirectory();
    const told: string[] = [];
    const history = cacheHistory({
      available: true,
      load: async () => silent,
      file: join(directory.path, 'last.json'),
      branch: 'main',
      group: (_title, work) => work(),
      debug: (message) => told.push(message),
      signal: new AbortController().signal,
      ...options,
    });
    // Something else keeps the process, as a build does.
    const alive = setInterval(() => {}, 1000);
    expect(await history.read('my-agent')).toEqual({});
    await history.write(buildOf('main', 'b'));
    clearInterval(alive);
    expect(told.length).toBeGreaterThan(0);
    for (const message of told) expect(message).toContain(reason);
  });
});
