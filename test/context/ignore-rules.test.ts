import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileIgnoreRules, loadIgnoreRules } from '../../src/context/ignore-rules.ts';
import { dockerExcludes } from '../plan/docker-ignore-oracle.ts';
import { planted } from '../support/temporary-directory.ts';

function rulesOf(dockerignore: string, fileIgnorePatterns: string[] = []) {
  return compileIgnoreRules({ contextDirectory: '/context', fileIgnorePatterns, dockerignore });
}

/** What each `.dockerignore` keeps back (`no`) and sends (`yes`), as Docker documents it. */
const documented: { name: string; file: string; no?: string[]; yes?: string[] }[] = [
  { name: 'a name at the root', file: 'temp', no: ['temp'], yes: ['sub/temp', 'temporary', 'Temp'] },
  {
    name: 'a directory with everything in it',
    file: 'node_modules',
    no: ['node_modules', 'node_modules/a', 'node_modules/a/b.js'],
    yes: ['web/node_modules/a'],
  },
  {
    name: 'a path',
    file: 'src/build',
    no: ['src/build', 'src/build/x'],
    yes: ['build', 'a/src/build', 'src'],
  },
  { name: 'a leading slash', file: '/node_modules', no: ['node_modules/a'], yes: ['web/node_modules'] },
  { name: 'a leading ./', file: './out', no: ['out/a'], yes: ['a/out'] },
  { name: 'a trailing slash', file: 'out/', no: ['out', 'out/a'], yes: ['a/out'] },
  { name: 'a trailing slash on what is a file', file: 'notes.txt/', no: ['notes.txt'] },
  { name: 'leading and trailing slash', file: '/foo/bar/', no: ['foo/bar', 'foo/bar/x'], yes: ['foo'] },
  { name: 'doubled slashes', file: 'a//b', no: ['a/b'], yes: ['a'] },
  { name: 'an inner ..', file: 'a/../b', no: ['b'], yes: ['a/b', 'a'] },
  { name: 'a path out of the context', file: '../secret', yes: ['secret', '..secret'] },
  {
    name: 'a leading dot in a name',
    file: '.git',
    no: ['.git', '.git/HEAD'],
    yes: ['.gitignore', 'sub/.git'],
  },
  {
    name: '*/temp*',
    file: '*/temp*',
    no: ['somedir/temporary.txt', 'somedir/temp', 'somedir/temp/x'],
    yes: ['temp', 'a/b/temp'],
  },
  {
    name: '*/*/temp*',
    file: '*/*/temp*',
    no: ['somedir/subdir/temporary.txt'],
    yes: ['somedir/temporary.txt'],
  },
  { name: 'temp?', file: 'temp?', no: ['tempa', 'tempb'], yes: ['temp', 'tempab', 'temp/', 'a/tempa'] },
  { name: '* within one segment', file: '*.log', no: ['a.log', '.log'], yes: ['sub/a.log', 'a.log.txt'] },
  { name: '* alone', file: '*', no: ['a', '.env', 'a/b/c'] },
  { name: '* does not cross a slash', file: 'a*c', no: ['abc', 'ac'], yes: ['ab/c'] },
  {
    name: '**/ before a name',
    file: '**/*.log',
    no: ['a.log', 'x/a.log', 'x/y/z/a.log'],
    yes: ['a.log.txt'],
  },
  {
    name: '**/ before a directory',
    file: '**/node_modules',
    no: ['node_modules/a', 'web/node_modules/a/b'],
    yes: ['node_modules2'],
  },
  { name: '/** after a name', file: 'build/**', no: ['build/a', 'build/a/b'], yes: ['build', 'builds/a'] },
  { name: '/**/ between names', file: 'a/**/z', no: ['a/z', 'a/b/z', 'a/b/c/z'], yes: ['z', 'b/a/z', 'az'] },
  { name: '** alone', file: '**', no: ['a', 'a/b', '.env'] },
  { name: '**/ cleaned to **', file: '**/', no: ['a', 'a/b'] },
  { name: '** and a suffix', file: '**.pyc', no: ['a.pyc', 'x/y/a.pyc'], yes: ['a.py'] },
  { name: '** behind text', file: 'tmp**', no: ['tmp', 'tmpfile', 'tmp1/x/y'], yes: ['a/tmp'] },
  { name: '** between text', file: 'a**b', no: ['ab', 'a/b', 'ax/y/b'], yes: ['axb'] },
  { name: '**/name/**', file: '**/cache/**', no: ['cache/a', 'x/cache/a/b'], yes: ['cache', 'x/cache'] },
  { name: 'a range', file: 'file[0-3]', no: ['file0', 'file3'], yes: ['file4', 'file'] },
  { name: 'a negated range', file: 'file[^0-3]', no: ['file4', 'filex'], yes: ['file0'] },
  { name: '! in brackets is only a character', file: 'file[!a]', no: ['file!', 'filea'], yes: ['fileb'] },
  { name: 'an escaped star', file: 'a\\*b', no: ['a*b'], yes: ['axb'] },
  { name: 'an escaped bracket', file: 'a\\[1\\]', no: ['a[1]'], yes: ['a1'] },
  {
    name: 'characters of regular expressions',
    file: 'a+(b){c}|d$.e^',
    no: ['a+(b){c}|d$.e^'],
    yes: ['aab', 'a+(b){c}|d$xe^'],
  },
  { name: 'a comment', file: '# a comment\na', no: ['a'], yes: ['# a comment', ' a comment'] },
  { name: 'a # behind a space is no comment', file: ' #a', no: ['#a'] },
  { name: 'a # inside a name', file: 'a#b', no: ['a#b'], yes: ['a'] },
  { name: 'blank lines', file: '\n\n   \n\t\na\n\n', no: ['a'], yes: ['b'] },
  { name: 'spaces around a pattern', file: '  a b \t', no: ['a b'], yes: ['a', 'b'] },
  { name: 'CRLF', file: 'a\r\n*.log\r\n', no: ['a', 'x.log'], yes: ['b'] },
  { name: 'a byte order mark', file: '\uFEFFa', no: ['a'] },
  { name: 'a byte order mark before a comment', file: '\uFEFF# x\na', no: ['a'], yes: ['# x'] },
  { name: 'a lone dot', file: '.', yes: ['a', 'a/b'] },
  { name: 'a lone slash', file: '/', yes: ['a', 'a/b'] },
  { name: '! includes again', file: '*.md\n!README.md', no: ['a.md'], yes: ['README.md'] },
  {
    name: 'the last match decides: out',
    file: '*.md\n!README*.md\nREADME-secret.md',
    no: ['README-secret.md', 'x.md'],
    yes: ['README.md', 'README-a.md'],
  },
  {
    name: 'the last match decides: in',
    file: '*.md\nREADME-secret.md\n!README*.md',
    no: ['x.md'],
    yes: ['README-secret.md'],
  },
  { name: '! before its exclusion does nothing', file: '!a.txt\n*.txt', no: ['a.txt'] },
  {
    name: '! below an excluded directory',
    file: 'dir\n!dir/keep.txt',
    no: ['dir', 'dir/a', 'dir/keep.txt2'],
    yes: ['dir/keep.txt'],
  },
  {
    name: '! takes a directory in with its files',
    file: '*\n!src',
    no: ['a', 'lib/src'],
    yes: ['src', 'src/a/b'],
  },
  {
    name: '! with ** below an excluded directory',
    file: 'vendor\n!**/*.h',
    no: ['vendor/a.c'],
    yes: ['vendor/x/a.h'],
  },
  { name: '! with spaces and a slash', file: 'a*\n!  /ab/', no: ['ac'], yes: ['ab'] },
  { name: '! twice is a name with one', file: '*\n!!a', no: ['a'], yes: ['!a'] },
  {
    name: 'out, in and out again',
    file: 'a\n!a/b\na/b/c',
    no: ['a/x', 'a/b/c', 'a/b/c/d'],
    yes: ['a/b', 'a/b/d'],
  },
];

describe('.dockerignore', () => {
  it.each(documented)('$name', ({ file, no = [], yes = [] }) => {
    const rules = rulesOf(file);
    const verdicts = [...no, ...yes].map((path) => [path, rules.excludedBy(path) ? 'no' : 'yes']);
    expect(verdicts).toEqual([...no.map((path) => [path, 'no']), ...yes.map((path) => [path, 'yes'])]);
  });

  it('agrees with a second reading of the rules for any patterns and paths', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'ab',
      '.c',
      '*',
      '?',
      '**',
      'a*',
      '*b',
      '**b',
      'a**',
      'a**b',
      '[ab]',
      '[^a]',
      'b?',
      '\\*',
    );
    const pattern = fc
      .tuple(
        fc.constantFrom('', '', '!'),
        fc.constantFrom('', '', '/', './'),
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '/'),
      )
      .map(([not, start, pieces, end]) => not + start + pieces.join('/') + end)
      // More are refused, see below.
      .filter((text) => (text.match(/[^/]\*\*/g) ?? []).length <= 3);
    const path = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', '.c', '*', 'B'), { minLength: 1, maxLength: 5 })
      .map((names) => names.join('/'));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 6 }), path, (patterns, file) => {
        expect(rulesOf(patterns.join('\n')).excludedBy(file) !== undefined).toBe(
          dockerExcludes(patterns, file),
        );
      }),
      { numRuns: 4_000 },
    );
  });

  it('never calls a directory closed that a rule reaches into', () => {
    const piece = fc.constantFrom('a', 'b', '*', '**', 'a*', '[ab]', '\\a');
    const pattern = fc
      .tuple(fc.constantFrom('', '!'), fc.array(piece, { minLength: 1, maxLength: 4 }))
      .map(([not, pieces]) => not + pieces.join('/'));
    const names = fc.array(fc.constantFrom('a', 'b', 'aa'), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), names, (patterns, file) => {
        const rules = rulesOf(patterns.join('\n'));
        for (let depth = 1; depth < file.length; depth += 1) {
          const directory = file.slice(0, depth).join('/');
          if (!rules.excludedBy(directory) || rules.mayReincludeBelow(directory)) continue;
          expect(rules.excludedBy(file.join('/')), `${file.join('/')} below ${directory}`).toBeDefined();
        }
      }),
      { numRuns: 4_000 },
    );
  });

  it('closes an excluded directory that no ! rule can reach', () => {
    const rules = rulesOf('*\n!src/*.py\n!/docs/**/index.md');
    expect(
      ['node_modules', '.git', 'src', 'src/sub', 'docs', 'docs/a/b'].map((path) => [
        path,
        rules.mayReincludeBelow(path),
      ]),
    ).toEqual([
      ['node_modules', false],
      ['.git', false],
      ['src', true],
      ['src/sub', false],
      ['docs', true],
      ['docs/a/b', true],
    ]);
  });

  it('names the rule and its line', () => {
    expect(rulesOf('# secrets\n\n*.pem\nkeys').excludedBy('keys/a')).toEqual({
      pattern: 'keys',
      origin: 'line 4 of .dockerignore',
      reinclude: false,
    });
  });

  it.each([
    ['a[', '"[" is never closed'],
    ['a[]', '"[" is never closed'],
    ['a[^]', 'empty set'],
    ['ab\\', 'ends with a backslash'],
    ['!', 'must be followed'],
    ['a**b**c**d**e', 'more than three'],
  ])('refuses %s, as Docker does, at its line', (pattern, fault) => {
    expect(() => rulesOf(`ok\n${pattern}`)).toThrow(
      expect.objectContaining({
        problems: [
          {
            title: 'Invalid ignore pattern',
            message: expect.stringContaining(fault),
            at: { file: join('/context', '.dockerignore'), line: 2 },
          },
        ],
      }),
    );
  });

  it('names every invalid pattern at once', () => {
    expect(() => rulesOf('a[\nb\n!', ['x\\'])).toThrow(
      expect.objectContaining({ problems: expect.toSatisfy((all: unknown[]) => all.length === 3) }),
    );
  });
});

describe('fileIgnorePatterns', () => {
  it.each([
    ['a directory with everything in it', ['node_modules'], 'node_modules/a/b', true],
    ['braces', ['**/*.{log,tmp}'], 'x/a.tmp', true],
    ['nested braces', ['{a,b{c,d}}/x'], 'bd/x', true],
    ['braces match no more than they say', ['**/*.{log,tmp}'], 'x/a.txt', false],
    ['escaped braces are characters', ['a\\{b,c\\}'], 'a{b,c}', true],
    ['a leading # is a name', ['#a'], '#a', true],
    ['an absolute path in the context', ['/context/secret'], 'secret/a', true],
    ['an absolute path elsewhere', ['/elsewhere/secret'], 'secret', false],
    ['nothing for an empty pattern', ['', '  '], 'a', false],
    ['! with braces', ['*', '!{a,b}'], 'b', false],
  ])('%s', (_name, patterns, path, excluded) => {
    expect(rulesOf('', patterns).excludedBy(path) !== undefined).toBe(excluded);
  });

  it('come before .dockerignore, which therefore has the last word', () => {
    expect(rulesOf('!a.log', ['*.log']).excludedBy('a.log')).toBeUndefined();
    expect(rulesOf('*.log', ['!a.log']).excludedBy('a.log')?.pattern).toBe('*.log');
  });

  it('refuse a range in braces, which would match nothing', () => {
    expect(() => rulesOf('', ['log{1..3}'])).toThrow(
      /"log\{1\.\.3\}" in the definition's fileIgnorePatterns is not valid/,
    );
  });
});

describe('a context directory', () => {
  it('has its .dockerignore read', async () => {
    const directory = await planted();
    await writeFile(join(directory, '.dockerignore'), 'a\r\n');
    const rules = await loadIgnoreRules(directory, ['b']);
    expect(['a', 'b', 'c'].map((path) => rules.excludedBy(path)?.origin)).toEqual([
      'line 1 of .dockerignore',
      "the definition's fileIgnorePatterns",
      undefined,
    ]);
  });

  it('needs no .dockerignore', async () => {
    expect((await loadIgnoreRules(await planted(), [])).rules).toEqual([]);
  });

  it('stops the build when its .dockerignore cannot be read', async () => {
    const directory = await planted();
    await mkdir(join(directory, '.dockerignore'));
    await expect(loadIgnoreRules(directory, [])).rejects.toThrow(/Unreadable \.dockerignore: .*EISDIR/);
  });

  it('reads what PowerShell writes, and refuses what it cannot read for certain', async () => {
    const directory = await planted();
    const file = join(directory, '.dockerignore');
    await writeFile(file, Buffer.from('\uFEFFnode_modules\r\n.env\r\n', 'utf16le'));
    const rules = await loadIgnoreRules(directory, []);
    expect(['node_modules/x', '.env', 'a.txt'].map((path) => rules.excludedBy(path)?.pattern)).toEqual([
      'node_modules',
      '.env',
      undefined,
    ]);
    await writeFile(file, Buffer.from('node_modules\n.env\n', 'utf16le'));
    await expect(loadIgnoreRules(directory, [])).rejects.toMatchObject({
      problems: [
        {
          message: expect.stringMatching(
            /\.dockerignore: it holds NUL bytes.*Nothing is sent.*Save the file as UTF-8/,
          ),
          at: { file, line: 1 },
        },
      ],
    });
  });
});
