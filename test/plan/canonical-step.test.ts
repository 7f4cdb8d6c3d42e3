import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { canonicalArguments } from '../../src/plan/canonical-step.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { WireStep } from '../../src/service/types.ts';
import { definitionOf, load } from '../definition/project.ts';
import { hashOf } from './sample-recipe.ts';
import { command, decoded, effectOf, scriptOf } from './sdk-script.ts';

type Variables = Readonly<Record<string, string>>;

const env = (...args: string[]): WireStep => ({ type: 'ENV', args });

describe('the variables of an ENV', () => {
  test.each<[string, string[], string[]]>([
    ['plain values', ['A', '1', 'B', ''], ['B', '', 'A', '1']],
    ['names that differ in case', ['A', '1', 'a', '2'], ['a', '2', 'A', '1']],
    ['values that are names', ['A', 'B', 'B', 'A'], ['B', 'A', 'A', 'B']],
    ['names of JavaScript', ['__proto__', '1', 'constructor', '2'], ['constructor', '2', '__proto__', '1']],
    ['spaces, =, # and quotes of the other kind', ['A', " a=b #c'd", 'B', 'é'], ['B', 'é', 'A', " a=b #c'd"]],
    ['PATH, which the service expands nothing with', ['A', '1', 'PATH', '/x'], ['PATH', '/x', 'A', '1']],
  ])('come in one order: %s', (_, one, other) => {
    expect(canonicalArguments(env(...other))).toEqual(canonicalArguments(env(...one)));
    expect(canonicalArguments({ type: 'ARG', args: other })).toEqual(canonicalArguments(env(...one)));
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
    expect(canonicalArguments(env(...args))).toEqual(args);
  });

  test('mean the same in the order they get, as a model of the service expands them', () => {
    const value = fc.oneof(fc.constantFrom('$A', '${B}x', '$C$A', 'A'), fc.string({ maxLength: 3 }));
    const variables = fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C', 'D'), value), { maxLength: 5 });
    fc.assert(
      fc.property(variables, (pairs) => {
        const args = pairs.flat();
        const sorted = canonicalArguments(env(...args));
        expect([...sorted].sort()).toEqual([...args].sort());
        expect(expanded(sorted)).toEqual(expanded(args));
        expect(canonicalArguments(env(...sorted))).toEqual(sorted);
      }),
    );
  });

  test('are sorted in ENV and ARG only', () => {
    for (const type of ['RUN', 'COPY', 'WORKDIR', 'USER', 'env', 'Arg', '']) {
      expect(canonicalArguments({ type, args: ['B', '1', 'A', '2'] })).toEqual(['B', '1', 'A', '2']);
    }
  });
});

describe("the SDK's script for sandboxes", () => {
  test('comes in one order, which is one that the SDK would have written', async () => {
    const sorted = await scriptOf({ A: '1', B: "it's", http_proxy: '' });
    for (const other of [
      { B: "it's", A: '1', http_proxy: '' },
      { http_proxy: '', B: "it's", A: '1' },
    ] as const) {
      expect(canonical(await scriptOf(other))).toBe(sorted);
    }
    expect(canonical(sorted)).toBe(sorted);
  });

  test('is not touched in a RUN of somebody else, nor as another argument', async () => {
    const script = await scriptOf({ B: '1', A: '2' });
    expect(canonicalArguments({ type: 'RUN', args: [script, 'root'] })).toEqual([script, 'root']);
    expect(canonicalArguments({ type: 'RUN', args: [script, 'root'] }, 'workdir')).toEqual([script, 'root']);
    expect(canonicalArguments({ type: 'RUN', args: [script, 'root'] }, 'environment')).toEqual([
      await scriptOf({ A: '2', B: '1' }),
      'root',
    ]);
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
  ])('stays as it is where a variable %s', async (_, variables) => {
    const script = await scriptOf(variables);
    expect(canonical(script)).toBe(script);
  });

  test('sorts huge values', async () => {
    const value = 'é'.repeat(5_000_000);
    expect(canonical(await scriptOf({ B: value, A: '1' }))).toBe(await scriptOf({ A: '1', B: value }));
  });

  test('sorts what nothing can steer, on its side of PATH', async () => {
    const variables: Variables = { D: '1', C: '1', PATH: '/bin', B: '1', A: '1' };
    const sorted: Variables = { C: '1', D: '1', PATH: '/bin', A: '1', B: '1' };
    expect(canonical(await scriptOf(variables))).toBe(await scriptOf(sorted));
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
  ])('stays as it is where it %s', async (_, change) => {
    const original = await scriptOf({ C: '1', B: '1', A: '2' });
    expect(canonical(original)).not.toBe(original);
    const changed = change(decoded(original), original);
    expect(changed).not.toBe(original);
    expect(canonical(changed)).toBe(changed);
  });

  test('does the same in the order it gets, run by a shell', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'environment-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    // Enough for the script to end well, too little for it to do its work.
    mkdirSync(join(directory, 'few'));
    symlinkSync(
      execFileSync('sh', ['-c', 'command -v chmod'], { encoding: 'utf8' }).trim(),
      join(directory, 'few/chmod'),
    );
    const value = fc.oneof(
      fc.constantFrom(
        '$A',
        '${B}x',
        "it's",
        'x\\',
        '"',
        '`date`',
        '$(date)',
        'a\nb',
        'x\nv=',
        'x\ntrue\ny',
        '',
        ' a ',
        '#',
      ),
      fc.string({ maxLength: 4 }).filter((text) => !text.includes('\0')),
    );
    const variable = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constantFrom('A', 'B', 'C', 'v', 'env', 'IFS', 'LC_ALL'), value) },
      { weight: 1, arbitrary: fc.constant(['PATH', join(directory, 'few')] as [string, string]) },
    );
    const variables = fc.uniqueArray(variable, { selector: ([name]) => name, minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(variables, async (pairs) => {
        const script = await scriptOf(Object.fromEntries(pairs));
        const sorted = canonical(script);
        if (sorted === script) return;
        expect(effectOf(sorted, directory)).toEqual(effectOf(script, directory));
      }),
      { numRuns: 150 },
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
    expect(definition.steps.at(-1)?.hidden).toBe('environment');
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

function canonical(script: string): string {
  return canonicalArguments({ type: 'RUN', args: [script] }, 'environment')[0] ?? '';
}

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
