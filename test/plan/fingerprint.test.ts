import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { chmod, lchown, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Instruction, RecipeBody } from '../../src/api/types.ts';
import { type FingerprintedContent, fingerprintOf, sortedVariables } from '../../src/plan/fingerprint.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { definitionOf, load } from '../support/definition-project.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';
import { changesOf } from './sample-changes.ts';
import { hashOf, planOf, type Sample, samples } from './sample-recipe.ts';
import { command, decoded, effectOf, templateSteps } from './sdk-script.ts';

type Variables = Readonly<Record<string, string>>;

const env = (...args: string[]): Instruction => ({ type: 'ENV', args });

describe('the variables of an ENV', () => {
  test.each<[string, string[], string[]]>([
    ['plain values', ['A', '1', 'B', ''], ['B', '', 'A', '1']],
    ['names that differ in case', ['A', '1', 'a', '2'], ['a', '2', 'A', '1']],
    ['values that are names', ['A', 'B', 'B', 'A'], ['B', 'A', 'A', 'B']],
    ['names of JavaScript', ['__proto__', '1', 'constructor', '2'], ['constructor', '2', '__proto__', '1']],
    ['spaces, =, # and quotes of the other kind', ['A', " a=b #c'd", 'B', 'é'], ['B', 'é', 'A', " a=b #c'd"]],
    ['PATH, which the service expands nothing with', ['A', '1', 'PATH', '/x'], ['PATH', '/x', 'A', '1']],
  ])('come in one order: %s', (_, one, other) => {
    for (const type of ['ENV', 'ARG']) {
      expect(printSteps({ type, args: other })).toBe(printSteps({ type, args: one }));
    }
  });

  test.each<[string, string[]]>([
    ['a value that expands', ['B', '1', 'A', '$B']],
    ['one that expands with braces', ['B', '1', 'A', 'x${B}']],
    ['a backtick', ['B', '1', 'A', '`b`']],
    ['a quote', ['B', '1', 'A', '"']],
    ['a backslash, which goes on in the next line for PAM', ['B', '1', 'A', 'x\\']],
    ['several lines', ['B', '1', 'A', 'x\ny']],
    ['a name that comes twice', ['B', '1', 'A', '2', 'B', '3']],
    ['a $ in a name', ['B', '1', '$B', '2']],
    ['a = in a name', ['B', 'c', 'A=B', '2']],
    ['an empty name', ['B', '1', '', '2']],
    ['a name that begins with a digit', ['B', '1', '0', '2']],
    ['a space in a name', ['B', '1', ' A', '2']],
    ['a letter that only looks like one', ['B', '1', '\u0410', '2']],
    ['an odd count', ['B', '1', 'A']],
    ['only a name', ['B']],
    ['nothing', []],
  ])('stay as they are with %s', (_, args) => {
    expect(sortedVariables(env(...args))).toEqual(args);
  });

  test('mean the same in the order they get, as a model of the service expands them', () => {
    const value = fc.oneof(fc.constantFrom('$A', '${B}x', '$C$A', 'A'), fc.string({ maxLength: 3 }));
    const variables = fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C', 'D'), value), { maxLength: 5 });
    fc.assert(
      fc.property(variables, (pairs) => {
        const args = pairs.flat();
        const sorted = sortedVariables(env(...args));
        expect([...sorted].sort()).toEqual([...args].sort());
        expect(expanded(sorted)).toEqual(expanded(args));
        expect(sortedVariables(env(...sorted))).toEqual(sorted);
      }),
    );
  });

  test('are sorted in ENV and ARG only', () => {
    for (const type of ['RUN', 'COPY', 'WORKDIR', 'USER', 'env', 'Arg', '']) {
      expect(printSteps({ type, args: ['B', '1', 'A', '2'] })).not.toBe(
        printSteps({ type, args: ['A', '2', 'B', '1'] }),
      );
    }
  });
});

describe("the SDK's script for sandboxes", () => {
  test('counts in any order of plain values', async () => {
    const sorted = await printOf([{ A: '1', B: "it's", http_proxy: '' }]);
    expect(await printOf([{ B: "it's", A: '1', http_proxy: '' }])).toBe(sorted);
    expect(await printOf([{ http_proxy: '', B: "it's", A: '1' }])).toBe(sorted);
    const value = 'é'.repeat(5_000_000);
    expect(await printOf([{ B: value, A: '1' }])).toBe(await printOf([{ A: '1', B: value }]));
  });

  test('counts as it is in a RUN of the recipe', async () => {
    const [one = env(), other = env()] = [
      (await templateSteps([{ B: '1', A: '2' }])).at(-1),
      (await templateSteps([{ A: '2', B: '1' }])).at(-1),
    ];
    const envs = env('A', '2', 'B', '1');
    const print = (step: Instruction, kind?: 'workdir' | 'environment') =>
      printSteps([envs, step], kind && new Map([[1, kind]]));
    expect(print(one)).not.toBe(print(other));
    expect(print(one, 'workdir')).not.toBe(print(other, 'workdir'));
    expect(print(one, 'environment')).toBe(print(other, 'environment'));
  });

  test.each<[string, Variables]>([
    ['expands', { B: '1', A: '$B' }],
    ['has a quote', { B: '1', A: '"' }],
    ['has a backslash', { B: '1', A: 'x\\' }],
    ['has a backtick', { B: '1', A: '`' }],
    ['has several lines', { B: '1', A: 'x\ny' }],
    ['looks like the beginning of a block', { B: 'x\nv=', A: 'y\nv=' }],
    ['looks like the end of a block', { B: '1', A: 'x\ntrue\n' }],
    ['looks like a whole block', { B: 'x"\nexport C="$v"\ntrue\nv="y', A: '1' }],
    ['decides which programs run', { PATH: '/x', LD_PRELOAD: 'x', A: '1' }],
    ['is huge', { B: '1', A: '$'.repeat(5_000_000) }],
  ])('counts in its own order where a variable %s', async (_, variables) => {
    const other = Object.fromEntries(Object.entries(variables).reverse());
    const [steps, reversed] = [await templateSteps([variables]), await templateSteps([other])];
    expect(printScript(steps)).not.toBe(printScript([...steps.slice(0, -1), ...reversed.slice(-1)]));
  });

  test.each<[string, (script: string, command: string) => string]>([
    ['has a line more at its beginning', (script) => command(`set -u\n${script}`)],
    ['has a line more at its end', (script) => command(`${script}\ndate`)],
    [
      'has a line more for each variable',
      (script) => command(script.replaceAll('\ntrue\n', '\necho $v\ntrue\n')),
    ],
    [
      'has a line more for one variable',
      (script) => command(script.replace('\ntrue\n', '\necho $v\ntrue\n')),
    ],
    ['writes one variable under another name', (script) => command(script.replace("'B=%s", "'C=%s"))],
    ['has a NUL for a name', (script) => command(script.replace("'B=%s", "'\0=%s"))],
    ['has a variable twice', (script) => command(script.replaceAll('A', 'C'))],
    ['runs with another shell', (_, command) => command.replace('&& sh ', '&& bash ')],
    ['is run twice', (_, command) => `${command} && ${command}`],
    ['comes after something', (_, command) => `true; ${command}`],
    ['is not filled up, which base64 takes for an error', (_, command) => command.replace(/=+ /, ' ')],
    ['has bits behind its end', (_, command) => command.replace('dA== ', 'dB== ')],
    [
      'has bytes that are no UTF-8',
      (script) => command(Buffer.from(script.replace('"1"', '"\xff"'), 'latin1')),
    ],
    ['is empty', () => 'echo  | base64 -d > x'],
    ['is no script', () => 'echo hello | base64 -d > x'],
    ['is nothing', () => ''],
  ])('gives another fingerprint where it %s', async (_, change) => {
    const steps = await templateSteps([{ C: '1', B: '1', A: '2' }]);
    const original = steps.at(-1)?.args?.[0] ?? '';
    const changed = change(decoded(original), original);
    expect(changed).not.toBe(original);
    expect(printScript([...steps.slice(0, -1), { type: 'RUN', args: [changed, 'root'] }])).not.toBe(
      printScript(steps),
    );
  });

  test('has the same fingerprint only where both scripts do the same, run by a shell', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'environment-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    // Enough for the script to end well, too little for it to do its work.
    mkdirSync(join(directory, 'few'));
    symlinkSync(
      execFileSync('sh', ['-c', 'command -v chmod'], { encoding: 'utf8' }).trim(),
      join(directory, 'few/chmod'),
    );
    const plain = fc.constantFrom('', '1', ' a ', '#', "it's", 'é');
    const any = fc.oneof(
      plain,
      fc.constantFrom('$A', '${B}x', 'x\\', '"', '`date`', '$(date)', 'a\nb', 'x\nv=', 'x\ntrue\ny'),
      fc.string({ maxLength: 4 }).filter((text) => !text.includes('\0')),
    );
    const name = fc.constantFrom('A', 'B', 'C', 'v', 'env', 'IFS', 'LC_ALL');
    const few = fc.constant(['PATH', join(directory, 'few')] as [string, string]);
    const variablesOf = (variable: fc.Arbitrary<[string, string]>) =>
      fc.uniqueArray(variable, { selector: ([name]) => name, minLength: 2, maxLength: 4 });
    const variables = fc.oneof(
      variablesOf(fc.tuple(name, plain)),
      variablesOf(fc.oneof({ weight: 6, arbitrary: fc.tuple(name, any) }, { weight: 1, arbitrary: few })),
    );
    let same = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(variables, { minLength: 1, maxLength: 2 }),
        fc.option(variables, { nil: [] }),
        fc.nat(),
        async (calls, image, seed) => {
          const one = await templateSteps(calls.map(Object.fromEntries), Object.fromEntries(image));
          const other = await templateSteps(
            calls.map((pairs) => shuffled(Object.fromEntries(pairs), seed)),
            Object.fromEntries(image),
          );
          const [script = '', reordered = ''] = [one, other].map((steps) => steps.at(-1)?.args?.[0]);
          if (printScript(one) !== printScript(other) || script === reordered) return;
          same += 1;
          expect(effectOf(reordered, directory)).toEqual(effectOf(script, directory));
        },
      ),
      { numRuns: 300 },
    );
    expect(same).toBeGreaterThan(10);
  });

  test('has the same fingerprint exactly where plain variables have the same values, the image has too', async () => {
    const variables = fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D'), fc.constantFrom('', '1', '2', 'A'), {
      minKeys: 1,
      noNullPrototype: true,
    });
    const calls = fc.array(variables, { minLength: 1, maxLength: 2 });
    const recipe = fc.tuple(calls, fc.option(fc.constant({ PATH: '/bin:/x', PS1: '\\w$ ' }), { nil: {} }));
    // Often the same variables in another order.
    const pair = recipe.chain(([calls, image]) =>
      fc.tuple(
        fc.constant([calls, image] as const),
        fc.oneof(
          recipe,
          fc.nat().map((seed) => [calls.map((call) => shuffled(call, seed)), image] as const),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(pair, async ([[calls, image], [otherCalls, otherImage]]) => {
        const same = isDeepStrictEqual([calls, image], [otherCalls, otherImage]);
        expect((await printOf(calls, image)) === (await printOf(otherCalls, otherImage))).toBe(same);
      }),
      { numRuns: 500 },
    );
  });
});

describe('definitions whose setEnvs has its keys in another order', () => {
  const fingerprint = async (variables: string): Promise<string> => {
    const definition = definitionOf(
      await load({
        'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template().fromTemplate('x').setEnvs(${variables}).runCmd('a');`,
      }),
    );
    expect(definition.steps.at(-1)?.addedBySdk).toBe('environment');
    const request = { name: 'agent', tags: [], skipCache: false, cpuCount: 2, memoryMb: 1024 };
    const buildId = '6f9c1e7a-1111-4222-8333-444455556666';
    return hashOf(await makePlan(definition, request, async () => ({ kind: 'template', buildId })));
  };

  test.each([
    ['the same fingerprint without a $', "{ A: '1', B: 'x y', C: '' }", "{ C: '', B: 'x y', A: '1' }", true],
    ['another with one', "{ A: '1', B: '$A', C: '' }", "{ C: '', B: '$A', A: '1' }", false],
    ['another with another value', "{ A: '1', B: '2' }", "{ B: '1', A: '2' }", false],
    ['another with another name', "{ A: '1', B: '2' }", "{ A: '1', b: '2' }", false],
    ['another in two calls', "{ A: '1', B: '2' }", "{ A: '1' }).setEnvs({ B: '2' }", false],
  ])('have %s', async (_, one, other, same) => {
    expect((await fingerprint(one)) === (await fingerprint(other))).toBe(same);
  });
});

/** What a list of variables comes to, `$NAME` and `${NAME}` replaced one variable after another. */
function expanded(args: readonly string[]): Record<string, string> {
  const known: Record<string, string> = {};
  for (let index = 0; index + 1 < args.length; index += 2) {
    known[args[index] ?? ''] = (args[index + 1] ?? '').replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (_, braced?: string, bare?: string) => known[braced ?? bare ?? ''] ?? '',
    );
  }
  return known;
}

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

test('the fingerprint of one recipe is fixed: a change to it needs another `version`', async () => {
  expect(hashOf(await planOf(golden))).toBe(
    '3317129185d5f9a5c072e7fa4f99f58a95bf4cf8c006af7f8ac388528a8a68bd',
  );
});

describe('the same content has the same fingerprint', () => {
  test('in another place, made in another order, at another time, by another user, with another umask', async () => {
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

  test('under any name, tag, commit and registry login, and with skip-cache', async () => {
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

  test('with its keys in any order', () => {
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

  test('where a future field has a different value in JSON', () => {
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
    const run = (...args: string[]): Instruction => ({ type: 'RUN', args });
    const recipes: Partial<RecipeBody>[] = [
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
    const hashes = recipes.map((recipe) => print({ ...plainContent, recipe: recipe as RecipeBody }));
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
      'the recipe is built again every time (skipCache)',
    ],
    [
      'where a step is to run anew every time',
      { steps: [...golden.steps, { type: 'RUN', args: ['date'], force: true }] },
      'step 4 runs again every time (skipCache or forceUpload)',
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

/** The fingerprint of a recipe with these steps. */
function printSteps(
  steps: Instruction | readonly Instruction[],
  hidden?: FingerprintedContent['hidden'],
): string {
  return print({ ...plainContent, recipe: { steps: [steps].flat() }, ...(hidden && { hidden }) });
}

/** The same where the last step is the SDK's script for sandboxes. */
function printScript(steps: readonly Instruction[]): string {
  return printSteps(steps, new Map([[steps.length - 1, 'environment']]));
}

/** The fingerprint of a template with these calls of setEnvs, on an image with variables. */
async function printOf(calls: readonly Variables[], image?: Variables): Promise<string> {
  return printScript(await templateSteps(calls, image));
}

/** A recipe with a field from the future. */
function withFields(future: object): FingerprintedContent {
  return { ...plainContent, recipe: { ...plainContent.recipe, future } as RecipeBody };
}

function withStep(future: object): FingerprintedContent {
  return { ...plainContent, recipe: { steps: [{ type: 'RUN', future } as Instruction] } };
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
