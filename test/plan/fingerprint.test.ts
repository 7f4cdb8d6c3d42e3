import { chmod, lchown, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FingerprintedContent, fingerprintOf } from '../../src/plan/fingerprint.ts';
import type { WireStep, WireTemplate } from '../../src/service/types.ts';
import { changesOf } from './sample-changes.ts';
import { hashOf, planOf, type Sample, samples } from './sample-recipe.ts';
import { planted, type Tree } from './temporary-tree.ts';

const golden: Sample = {
  tree: {
    'app/main.py': 'print(1)\n',
    'app/bin/run': { run: '#!/bin/sh\n' },
    'app/link': { link: 'main.py' },
    'app/none': null,
  },
  recipe: { fromImage: 'python:3.12', startCmd: 'serve', readyCmd: 'true', preBootScript: 'true' },
  steps: [
    { type: 'ENV', args: ['B', '2', 'A', 'é'], force: false },
    { type: 'COPY', args: ['app', '/srv', 'root', '0755'], force: false },
    { type: 'RUN', args: ['make "$A"\nmake install', 'root'], force: false },
  ],
  base: { kind: 'image', digest: `sha256:${'ab'.repeat(32)}` },
  cpuCount: 2,
  memoryMb: 1024,
};

test('the fingerprint of one recipe stands fast: whoever changes it gives `version` another number', async () => {
  expect(hashOf(await planOf(golden))).toBe(
    '286df6d487b0d370b490f2c7fdd0f6caa0d6039221edc89cf7acf47a1968e4d4',
  );
});

describe('the same content has the same fingerprint', () => {
  test('in another place, made in another order, at another time, by somebody else, with another mask', async () => {
    // Only root may give files away.
    const owner = process.geteuid?.() === 0 ? 65_534 : undefined;
    await fc.assert(
      fc.asyncProperty(
        samples,
        fc.nat(),
        fc.constantFrom(0o000, 0o022, 0o077),
        async (sample, seed, mask) => {
          const expected = hashOf(await planOf(sample));
          const former = process.umask(mask);
          try {
            const directory = await planted(shuffled(sample.tree, seed));
            for (const [path, what] of Object.entries(sample.tree)) {
              const place = join(directory, path);
              if (owner !== undefined) await lchown(place, owner, owner);
              if (what !== null && typeof what === 'object' && 'link' in what) continue;
              await utimes(place, 1, seed % 1e9);
              if (typeof what === 'string') await chmod(place, 0o616);
            }
            expect(hashOf(await planOf(sample, directory))).toBe(expected);
          } finally {
            process.umask(former);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('whatever it is called, tagged and committed as, whoever may read its image, and though built anew', async () => {
    const directory = await planted(golden.tree);
    const expected = hashOf(await planOf(golden, directory));
    const others = [
      await planOf(golden, directory, { name: 'other' }),
      await planOf(golden, directory, { tags: ['default', 'v2'] }),
      await planOf(golden, directory, { tags: [] }),
      await planOf(golden, directory, { commit: 'c'.repeat(40) }),
      await planOf(golden, directory, { skipCache: true }),
      ...(await Promise.all(
        [
          { fromImageRegistry: { type: 'registry', username: 'u', password: 'p' } as const },
          { fromImageRegistry: { type: 'registry', username: 'u', password: 'q' } as const },
          { fromImage: 'mirror.test/library/python:3' },
          { force: false },
        ].map((more) => planOf({ ...golden, recipe: { ...golden.recipe, ...more } }, directory)),
      )),
    ];
    expect(others.map(hashOf)).toEqual(others.map(() => expected));
    expect(others[4]?.wire.force).toBe(true);
  });

  test('whatever the order of its keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        fc.nat(),
        (more, seed) => {
          const plain = withFields({ ...more });
          expect(print(withFields(shuffled(more, seed)))).toBe(print(plain));
          const backwards = Object.fromEntries(
            Object.entries(plain).reverse(),
          ) as unknown as FingerprintedContent;
          expect(print(backwards)).toBe(print(plain));
        },
      ),
    );
  });

  test('with a parent under another name, and steps without arguments or force written out or not', async () => {
    const { fromImage: _, ...recipe } = golden.recipe;
    const base = { kind: 'template', buildId: '6f9c1e7a-1111-4222-8333-444455556666' } as const;
    const steps = [{ type: 'RUN' }];
    const plans = await Promise.all([
      planOf({ ...golden, base, steps, recipe: { ...recipe, fromTemplate: 'parent' } }),
      planOf({ ...golden, base, steps, recipe: { ...recipe, fromTemplate: 'Team/parent:v1' } }),
      planOf({ ...golden, base, steps: [{ type: 'RUN', args: [], force: false }], recipe }),
    ]);
    expect(new Set(plans.map(hashOf)).size).toBe(1);
  });
});

describe('another content has another fingerprint', () => {
  test('after every single change', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const directory = await planted(sample.tree);
        const before = hashOf(await planOf(sample, directory));
        for (const [what, changed] of changesOf(sample)) {
          if (isDeepStrictEqual(wireOf(changed), wireOf(sample))) continue;
          const there = isDeepStrictEqual(changed.tree, sample.tree) ? directory : undefined;
          expect(hashOf(await planOf(changed, there)), what).not.toBe(before);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('after every single change of a recipe that has everything, and no two changes meet', async () => {
    const seen = new Map([[hashOf(await planOf(golden)), 'no change']]);
    const changes = changesOf(golden).filter(
      ([, changed]) => !isDeepStrictEqual(wireOf(changed), wireOf(golden)),
    );
    for (const [what, changed] of changes) {
      const hash = hashOf(await planOf(changed));
      expect(seen.get(hash), what).toBeUndefined();
      seen.set(hash, what);
    }
    expect(seen.size).toBeGreaterThan(60);
  });

  test('wherever two values that JSON tells apart stand in a field that nobody knows yet', () => {
    const value = fc.jsonValue({ maxDepth: 2 }).map((any) => JSON.parse(JSON.stringify(any)) as unknown);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), fc.dictionary(fc.string(), value), (one, other) => {
        const same = isDeepStrictEqual({ ...one }, { ...other });
        expect(print(withFields(one)) === print(withFields(other))).toBe(same);
        expect(print(withStep(one)) === print(withStep(other))).toBe(same);
      }),
    );
  });

  test('however alike two recipes look', () => {
    const run = (...args: string[]): WireStep => ({ type: 'RUN', args });
    const recipes: Partial<WireTemplate>[] = [
      { steps: [] },
      { steps: [], startCmd: '' },
      { steps: [], readyCmd: '' },
      { steps: [], startCmd: 'a' },
      { steps: [], readyCmd: 'a' },
      { steps: [], startCmd: 'a', readyCmd: 'b' },
      { steps: [], startCmd: 'b', readyCmd: 'a' },
      JSON.parse('{ "steps": [], "__proto__": { "a": 1 } }'),
      JSON.parse('{ "steps": [], "__proto__": { "a": 2 } }'),
      JSON.parse('{ "steps": [], "0": 1 }'),
      JSON.parse('{ "steps": [], "0": "1" }'),
      ...[
        [],
        ['a', 'b'],
        ['a b'],
        ['ab'],
        ['a,b'],
        ['a","b'],
        ['a', 'b', ''],
        ['\ud800'],
        ['\ud801'],
        ['\ufffd'],
        ['\\ud800'],
        ['é'],
        ['e\u0301'],
        ['null'],
        ['a\0b'],
        ['x'.repeat(3_000_000)],
        ['x'.repeat(3_000_001)],
      ].map((args) => ({ steps: [run(...args)] })),
      { steps: [run('a'), run('b')] },
      { steps: [run('b'), run('a')] },
      { steps: [run(), run('a', 'b')] },
      { steps: [{ type: 'run', args: ['a'] }] },
      { steps: [{ type: 'RUN', args: ['a'] }] },
      { steps: [{ type: 'RUN', args: ['a'], filesHash: '' }] },
      { steps: [{ type: 'RUN', args: ['a'], filesHash: 'a' }] },
      { steps: [{ type: 'COPY', args: ['a'], filesHash: 'a' }] },
      { steps: [{ type: 'ENV', args: ['A', 'b'] }] },
      { steps: [{ type: 'ARG', args: ['A', 'b'] }] },
    ];
    const hashes = recipes.map((recipe) => print({ ...plainContent, recipe: recipe as WireTemplate }));
    expect(new Set(hashes).size).toBe(recipes.length);
  });
});

describe('no fingerprint', () => {
  test.each<[string, Partial<Sample>, string]>([
    [
      'where the base is not known',
      { base: { kind: 'unknown', why: 'the registry is down' } },
      'the registry is down',
    ],
    [
      'where all of it is to run anew every time, the base too',
      { recipe: { ...golden.recipe, force: true } },
      'the recipe is to be built anew every time (skipCache)',
    ],
    [
      'where a step is to run anew every time',
      { steps: [...golden.steps, { type: 'RUN', args: ['date'], force: true }] },
      'step 4 is to be run anew every time (skipCache or forceUpload)',
    ],
  ])('%s, nor tags of one', async (_, changes, unknown) => {
    const plan = await planOf({ ...golden, ...changes }, undefined, { commit: 'c'.repeat(40) });
    expect(plan.fingerprint).toEqual({ unknown });
    expect(plan).not.toHaveProperty('contentTags');
  });

  test('a plan with one has the tags of it', async () => {
    const plan = await planOf(golden, undefined, { commit: 'c'.repeat(40) });
    const content = `content-${hashOf(plan)}`;
    expect(plan.contentTags).toEqual({ content, origin: `${content}.${'c'.repeat(40)}` });
  });
});

const plainContent: FingerprintedContent = {
  base: { kind: 'image', digest: `sha256:${'0'.repeat(64)}` },
  recipe: { steps: [{ type: 'RUN', args: ['a'] }] },
  hidden: new Map(),
  cpuCount: 2,
  memoryMb: 1024,
};

function print(content: FingerprintedContent): string {
  const fingerprint = fingerprintOf(content);
  return 'hash' in fingerprint ? fingerprint.hash : expect.fail(fingerprint.unknown);
}

/** A recipe with a field from the future. */
function withFields(future: object): FingerprintedContent {
  return { ...plainContent, recipe: { ...plainContent.recipe, future } as WireTemplate };
}

function withStep(future: object): FingerprintedContent {
  return { ...plainContent, recipe: { steps: [{ type: 'RUN', future } as WireStep] } };
}

/** What the service would see, apart from the files. */
function wireOf({ tree, recipe, steps, base, cpuCount, memoryMb }: Sample): unknown {
  const { fromImage: _, fromTemplate: __, ...rest } = recipe;
  return { tree, rest: { ...rest }, steps, base, cpuCount, memoryMb };
}

/** The same keys and values in an order that the seed decides. */
function shuffled<T extends object | Tree>(record: T, seed: number): T {
  const rank = (key: string) =>
    [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0) + seed) % 10_007, 7);
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => rank(one) - rank(other))) as T;
}
