import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteForShell, readShell } from '../../src/definition/shell-text.ts';
import { definitionOf, load, place } from '../support/definition-project.ts';

/** A call as it is written, the text that the warning gives instead, and the words that the program then gets. */
const misread: ReadonlyArray<
  readonly [call: string, found: RegExp, instead: string, mended: string, words: string]
> = [
  [
    `pipInstall(['requests>=2.31,<3', 'flask'])`,
    /reads > and < as a redirection/,
    `"'requests>=2.31,<3'"`,
    `pipInstall(["'requests>=2.31,<3'", 'flask'])`,
    '<install> <requests>=2.31,<3> <flask>',
  ],
  [
    `pipInstall('requests>=2 flask')`,
    /reads >/,
    `"'requests>=2'", 'flask'`,
    `pipInstall(["'requests>=2'", 'flask'])`,
    '<install> <requests>=2> <flask>',
  ],
  [
    `pipInstall('a == 2.31')`,
    /splits it/,
    `"'a == 2.31'"`,
    `pipInstall("'a == 2.31'")`,
    '<install> <a == 2.31>',
  ],
  [
    `pipInstall('pkg @ https://x/y.whl')`,
    /splits it/,
    `"'pkg @ https://x/y.whl'"`,
    `pipInstall("'pkg @ https://x/y.whl'")`,
    '<install> <pkg @ https://x/y.whl>',
  ],
  [
    `pipInstall('git+https://x/y#egg=z&subdirectory=q')`,
    /reads &/,
    `"'git+https://x/y#egg=z&subdirectory=q'"`,
    `pipInstall("'git+https://x/y#egg=z&subdirectory=q'")`,
    '<install> <git+https://x/y#egg=z&subdirectory=q>',
  ],
  [
    `npmInstall('react@>=18 <19')`,
    /reads > and </,
    `"'react@>=18 <19'"`,
    `npmInstall("'react@>=18 <19'")`,
    '<install> <react@>=18 <19>',
  ],
  [`bunInstall('x@1 || 2')`, /reads \|/, `"'x@1 || 2'"`, `bunInstall("'x@1 || 2'")`, '<install> <x@1 || 2>'],
  [
    `aptInstall('git\\ncurl')`,
    /ends the command at its line end/,
    `'git', 'curl'`,
    `aptInstall(['git', 'curl'])`,
    '<install> <-y> <git> <curl>',
  ],
  [`makeDir(['/y z', '/b'])`, /splits it/, `"'/y z'"`, `makeDir(["'/y z'", '/b'])`, '<-p> </y z> </b>'],
  [
    `makeDir("/o'brien")`,
    /removes its quotes/,
    `"\\"/o'brien\\""`,
    `makeDir("\\"/o'brien\\"")`,
    `<-p> </o'brien>`,
  ],
  [
    `makeDir('/a\\\\b')`,
    /removes its quotes or backslashes/,
    `"'/a\\\\b'"`,
    `makeDir("'/a\\\\b'")`,
    '<-p> </a\\b>',
  ],
  [`makeDir('/p$5')`, /reads \$/, `"'/p$5'"`, `makeDir("'/p$5'")`, '<-p> </p$5>'],
  [`remove('#tmp')`, /reads # as the start of a comment/, `"'#tmp'"`, `remove("'#tmp'")`, '<#tmp>'],
  [`remove('/tmp/a b;*')`, /reads ;/, `"'/tmp/a b;'*"`, `remove("'/tmp/a b;'*")`, '</tmp/a b;*>'],
  [
    `rename('/C++ (1)', '/c')`,
    /reads \( and \)/,
    `"'/C++ (1)'"`,
    `rename("'/C++ (1)'", '/c')`,
    '</C++ (1)> </c>',
  ],
  [
    `makeSymlink('/a', '$HOME/b c')`,
    /splits it/,
    `"\\"$HOME\\"'/b c'"`,
    `makeSymlink('/a', "\\"$HOME\\"'/b c'")`,
    '<-s> </a> </root/b c>',
  ],
  [
    `gitClone('https://x/?a=1&b=2')`,
    /reads &/,
    `"'https://x/?a=1&b=2'"`,
    `gitClone("'https://x/?a=1&b=2'")`,
    '<clone> <https://x/?a=1&b=2>',
  ],
  [
    `gitClone('https://x/y', '/z', { branch: 'f(x)' })`,
    /reads \( and \)/,
    `"'f(x)'"`,
    `gitClone('https://x/y', '/z', { branch: "'f(x)'" })`,
    '<clone> <https://x/y> <--branch> <f(x)> <--single-branch> </z>',
  ],
];

const asMeant = [
  `pipInstall()`,
  `pipInstall(['uvicorn[standard]', 'flask~=2.0', 'torch==2.*'])`,
  `pipInstall('-r requirements.txt')`,
  `pipInstall("'a>=1,<2'")`,
  `pipInstall('"a>=1"')`,
  `pipInstall('a">=1"')`,
  `npmInstall(['@scope/x@^1.2', 'y@*'], { g: true })`,
  `aptInstall('git curl')`,
  `aptInstall(['php8.2-*', 'g++'])`,
  `remove(['/tmp/*', '/x/[0-9]?', '/app/{logs,data}'], { recursive: true })`,
  `remove('~/x')`,
  `makeDir('$HOME/x')`,
  "makeDir('${APP}/x')",
  `makeDir("'/a b'")`,
  `makeDir('/a\\\\ b')`,
  `makeDir('"/o\\'brien"')`,
  `makeSymlink('$(which python3 || true)', '/usr/bin/python')`,
  `gitClone('https://github.com/o/r.git', '/src', { branch: 'feature/x', depth: 1 })`,
];

const recipe = (calls: readonly string[]): string =>
  [
    `import { Template } from 'novita-sandbox';`,
    `export const template = Template().fromTemplate('x')`,
    ...calls.map((call) => `.${call}`),
  ].join('\n');

/** The words that each program of these commands is called with, as a shell reads them. */
function wordsOf(commands: readonly string[]): string[] {
  const programs = ['pip', 'npm', 'bun', 'rm', 'mv', 'mkdir', 'ln', 'git'];
  const stubs = [...programs, 'apt_get'].map(
    (name) => `${name}() { for w; do printf '<%s> ' "$w"; done; echo; }`,
  );
  const script = [
    ...stubs,
    ...commands.map((command) => command.replace('apt-get update && ', '').replace('apt-get', 'apt_get')),
  ];
  const output = execFileSync('sh', ['-c', script.join('\n')], {
    cwd: '/',
    encoding: 'utf8',
    env: { HOME: '/root' },
  });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

describe('arguments that become words of a shell command', () => {
  test('are warned of at their lines, with a text that the shell reads as it was meant', async () => {
    const loaded = await load({ 'template.ts': recipe(misread.map(([call]) => call)) });
    const { warnings } = definitionOf(loaded);
    expect(warnings.map(({ at }) => place(loaded, at))).toEqual(
      misread.map((_, index) => `template.ts:${index + 3}`),
    );
    for (const [index, [, found, instead]] of misread.entries()) {
      expect(warnings[index]?.message).toMatch(found);
      expect(warnings[index]?.message).toContain(`Write ${instead}, with the quotes`);
    }
    const mended = definitionOf(await load({ 'template.ts': recipe(misread.map(([, , , call]) => call)) }));
    expect(mended.warnings).toEqual([]);
    expect(wordsOf(mended.steps.map(({ wire }) => wire.args?.[0] ?? ''))).toEqual(
      misread.map(([, , , , words]) => words),
    );
  });

  test('draw no warning where the shell reads them as they are meant', async () => {
    expect(definitionOf(await load({ 'template.ts': recipe(asMeant) })).warnings).toEqual([]);
  });

  test('draw none for a template that is not built, and show no token of an address', async () => {
    const loaded = await load({
      'template.ts': `${recipe([`gitClone('https://u:hidden@h/r?a&b')`])}\nconst other = Template().fromTemplate('y').makeDir('/a b');`,
    });
    const { warnings } = definitionOf(loaded);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).not.toContain('hidden');
  });

  test('are one word once they are quoted, with any content', () => {
    const text = fc.string({
      unit: fc.constantFrom(...`ab1/ <>;&|()$\`"'\\*?[]{}#~!=\t\n`),
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 20 }), (texts) => {
        const quoted = texts.map(quoteForShell);
        const output = execFileSync('sh', ['-c', `printf '%s\\0' ${quoted.join(' ')}`], { encoding: 'utf8' });
        expect(output.split('\0').slice(0, -1)).toEqual(texts);
        expect(readShell(quoted.join(' '))).toEqual({
          words: texts,
          written: quoted,
          active: [],
          open: false,
        });
      }),
      { numRuns: 10 },
    );
  });
});
