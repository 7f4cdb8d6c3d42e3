import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CopyFiles } from '../../src/context/copy-problems.ts';
import { loadIgnoreRules } from '../../src/context/ignore-rules.ts';
import { listFiles } from '../../src/context/list-files.ts';
import { ProblemsError } from '../../src/problem.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

/** The sorted paths that a COPY sends; directories end in a slash, links in ` -> target`. */
async function list(
  contextDirectory: string,
  source: string,
  options: Partial<CopyFiles> & { ignore?: string[] } = {},
) {
  const { ignore = [], ...copy } = options;
  const entries = await listFiles(
    { source, contextDirectory, ...copy },
    await loadIgnoreRules(contextDirectory, ignore),
  );
  const suffix = { file: '', directory: '/', symlink: ' -> ' };
  return entries.map((entry) => `${entry.path}${suffix[entry.type]}${entry.target ?? ''}`).sort();
}

/** The problems that a COPY is refused with. */
async function problems(...args: Parameters<typeof list>) {
  const outcome = await list(...args).catch((error: unknown) => error);
  if (!(outcome instanceof ProblemsError)) throw new Error('expected problems', { cause: outcome });
  return outcome.problems;
}

const project: Tree = {
  'app.py': '1',
  'run.sh': { run: '#!' },
  '.env': 'x',
  'src/main.py': '2',
  'src/.hidden/deep.py': '3',
  'src/lib/a.js': '4',
  'src/lib/b.ts': '5',
  'src/empty': null,
  'docs/[id]/page.md': '6',
  'docs/a b.md ': '7',
  latest: { link: 'src' },
};

describe('a COPY source', () => {
  it.each<[string, string[]]>([
    ['app.py', ['app.py']],
    ['./app.py', ['app.py']],
    ['docs/../app.py', ['app.py']],
    ['src/lib', ['src/lib/', 'src/lib/a.js', 'src/lib/b.ts']],
    ['src/lib/', ['src/lib/', 'src/lib/a.js', 'src/lib/b.ts']],
    ['src/empty', ['src/empty/']],
    ['*.py', ['app.py']],
    ['./*.sh', ['run.sh']],
    ['*v', ['.env']],
    ['**/*.py', ['app.py', 'src/.hidden/deep.py', 'src/main.py']],
    [
      'src/*',
      [
        'src/.hidden/',
        'src/.hidden/deep.py',
        'src/empty/',
        'src/lib/',
        'src/lib/a.js',
        'src/lib/b.ts',
        'src/main.py',
      ],
    ],
    [
      'src/*/',
      ['src/.hidden/', 'src/.hidden/deep.py', 'src/empty/', 'src/lib/', 'src/lib/a.js', 'src/lib/b.ts'],
    ],
    ['src/lib/**', ['src/lib/', 'src/lib/a.js', 'src/lib/b.ts']],
    ['src/l*/**/', ['src/lib/', 'src/lib/a.js', 'src/lib/b.ts']],
    ['src/empty/**', ['src/empty/']],
    ['src/**/*.{js,ts}', ['src/lib/a.js', 'src/lib/b.ts']],
    ['{app.py,src/lib/a.js}', ['app.py', 'src/lib/a.js']],
    ['src/lib/[ab].?s', ['src/lib/a.js', 'src/lib/b.ts']],
    ['src/lib/[!a].*', ['src/lib/b.ts']],
    ['docs/\\[id\\]', ['docs/[id]/', 'docs/[id]/page.md']],
    ['docs/* ', ['docs/a b.md ']],
    ['latest', ['latest -> src']],
    ['latest/lib', ['latest/lib/', 'latest/lib/a.js', 'latest/lib/b.ts']],
    ['latest/*.py', ['latest/main.py']],
  ])('%s brings what the SDK brings', async (source, expected) => {
    expect(await list(await planted(project), source)).toEqual(expected);
  });

  it.each(['.', './', '**', '**/', '*', 'src/..', '{app.py,.}'])(
    '%s brings the whole context directory',
    async (source) => {
      const paths = await list(await planted(project), source);
      expect(paths).toHaveLength(16);
      expect(paths).toContain('.env');
      expect(paths).toContain('latest -> src');
    },
  );

  it('brings two thousand files', async () => {
    const tree = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`d${index % 40}/f${index}`, String(index)]),
    );
    expect(await list(await planted(tree), '.')).toHaveLength(2040);
  });
});

describe('ignore rules', () => {
  const tree: Tree = {
    '.dockerignore': 'node_modules\n**/*.log\n!node_modules/keep/it.js\n.dockerignore\n',
    'a.txt': '1',
    'x/a.log': '2',
    'x/b.txt': '3',
    'node_modules/big/index.js': '4',
    'node_modules/keep/it.js': '5',
    'node_modules/keep/not.js': '6',
  };

  it('keep files back, and send the directories above a file taken in again', async () => {
    expect(await list(await planted(tree), '.')).toEqual([
      'a.txt',
      'node_modules/',
      'node_modules/keep/',
      'node_modules/keep/it.js',
      'x/',
      'x/b.txt',
    ]);
  });

  it('send no excluded directory into which nothing was taken again', async () => {
    const tree: Tree = { '.dockerignore': 'd\n!d/keep\n.dockerignore', 'd/a': '', a: '' };
    expect(await list(await planted(tree), '.')).toEqual(['a']);
  });

  it('hold for a source inside an excluded directory', async () => {
    expect(await list(await planted(tree), 'node_modules/*/*.js')).toEqual(['node_modules/keep/it.js']);
  });

  it('of the definition count too', async () => {
    expect(await list(await planted(tree), 'x', { ignore: ['x/b.*', '!x/a.log'] }).catch(String)).toMatch(
      /"x\/a.log" is excluded by the pattern "\*\*\/\*\.log" \(line 2 of/,
    );
    expect(await list(await planted(tree), '*.txt', { ignore: ['b.txt'] })).toEqual(['a.txt']);
  });

  it('spare the reading of excluded directories', async () => {
    // A circle of links, which resolving would trip over if it looked inside.
    const directory = await planted({ 'a.txt': '', 'node_modules/loop': { link: '..' } });
    expect(await list(directory, '.', { resolveSymlinks: true, ignore: ['node_modules'] })).toEqual([
      'a.txt',
    ]);
  });

  it('spare the reading of directories that the source cannot mean', async () => {
    const directory = await planted({ 'src/a.py': '', 'other/loop': { link: '..' } });
    expect(await list(directory, '{src,lib}/*.py', { resolveSymlinks: true })).toEqual(['src/a.py']);
  });
});

describe('symbolic links', () => {
  it('are sent as they are, with any target', async () => {
    const tree: Tree = {
      'd/broken': { link: 'nowhere' },
      'd/up': { link: '../..' },
      'd/abs': { link: '/etc/passwd' },
    };
    expect(await list(await planted(tree), 'd')).toEqual([
      'd/',
      'd/abs -> /etc/passwd',
      'd/broken -> nowhere',
      'd/up -> ../..',
    ]);
  });

  it('give way to what they point at with resolveSymlinks', async () => {
    const tree: Tree = {
      'shared/a/x.py': '1',
      'app/lib': { link: '../shared' },
      'app/one.py': { link: 'lib/a/x.py' },
    };
    expect(await list(await planted(tree), 'app', { resolveSymlinks: true })).toEqual([
      'app/',
      'app/lib/',
      'app/lib/a/',
      'app/lib/a/x.py',
      'app/one.py',
    ]);
  });

  it('may lead to the same place twice', async () => {
    const tree: Tree = { 'a/x': '1', 'b/one': { link: '../a' }, 'b/two': { link: '../a' } };
    expect(await list(await planted(tree), 'b', { resolveSymlinks: true })).toEqual([
      'b/',
      'b/one/',
      'b/one/x',
      'b/two/',
      'b/two/x',
    ]);
  });
});

describe('a COPY that cannot be sent is refused with its reason', () => {
  const bad: {
    name: string;
    tree: Tree;
    source: string;
    says: string[];
    ignore?: string[];
    resolve?: boolean;
  }[] = [
    {
      name: 'a missing file',
      tree: {},
      source: 'req.txt',
      says: ['Missing COPY source', 'COPY "req.txt"', '/req.txt, which does not exist'],
    },
    {
      name: 'a missing path below a file',
      tree: { a: '' },
      source: 'a/b',
      says: ['Missing COPY source', '/a/b, which does not exist'],
    },
    {
      name: 'a glob without matches',
      tree: { 'a.txt': '' },
      source: '*.py',
      says: ['COPY sends nothing', 'COPY "*.py" finds nothing', 'no path matches the pattern.'],
    },
    { name: 'a glob in the wrong case', tree: { 'a.txt': '' }, source: '*.TXT', says: ['no path matches'] },
    {
      name: 'a glob below nothing',
      tree: {},
      source: 'src/*.py',
      says: ['COPY sends nothing', 'no path matches'],
    },
    {
      name: 'a glob whose matches may be excluded',
      tree: { 'm/a.py': '' },
      ignore: ['m'],
      source: '**/*.py',
      says: ['COPY sends nothing', 'such as "m" (pattern "m"'],
    },
    {
      name: 'a file that is excluded',
      tree: { '.env': '' },
      ignore: ['.e*'],
      source: '.env',
      says: [
        'COPY sends nothing',
        '".env" is excluded by the pattern ".e*" (the definition\'s fileIgnorePatterns)',
      ],
    },
    {
      name: 'a file below an excluded directory',
      tree: { '.dockerignore': 'a', 'a/b/c': '' },
      source: 'a/b/c',
      says: ['"a/b/c" is excluded by the pattern "a" (line 1 of .dockerignore)'],
    },
    {
      name: 'a glob whose matches are all excluded',
      tree: { 'a.log': '', 'b.log': '' },
      ignore: ['*.log'],
      source: '*.log',
      says: ['"a.log" is excluded by the pattern "*.log"'],
    },
    {
      name: 'a directory whose files are all excluded',
      tree: { 'd/a.log': '' },
      ignore: ['**/*.log'],
      source: 'd',
      says: ['"d/a.log" is excluded by the pattern "**/*.log"'],
    },
    {
      name: 'an empty context',
      tree: {},
      source: '.',
      says: ['COPY sends nothing', 'the directory is empty'],
    },
    {
      name: 'a context that is all excluded',
      tree: { a: '' },
      ignore: ['*'],
      source: '.',
      says: ['"a" is excluded by the pattern "*"'],
    },
    { name: 'an empty source', tree: { a: '' }, source: '', says: ['Invalid COPY source', 'it is empty'] },
    {
      name: 'an absolute path',
      tree: {},
      source: '/etc/passwd',
      says: ['Invalid COPY source', '"/etc/passwd" cannot be used: it is an absolute path'],
    },
    { name: 'a Windows path', tree: {}, source: 'C:\\temp', says: ['Invalid COPY source', 'absolute path'] },
    {
      name: 'a path that leads out',
      tree: {},
      source: 'a/../../x',
      says: ['Invalid COPY source', 'leads out of the context directory'],
    },
    {
      name: 'a parent directory in braces',
      tree: {},
      source: '{a,../b}',
      says: ['leads out of the context directory'],
    },
    { name: 'a range in braces', tree: {}, source: 'a{1..3}', says: ['braces hold a range'] },
    { name: 'too many alternatives', tree: {}, source: '{a,b}'.repeat(30), says: ['too many alternatives'] },
    { name: 'an extended glob', tree: {}, source: '+(a|b)', says: ['not supported; use braces'] },
    ...[
      ['app/[id]/page.tsx', "'app/\\\\[id]/page.tsx'", 'copy the folder "app" whole'],
      ['a{b,c}.txt', "'a\\\\{b,c}.txt'", 'copy a folder that holds it'],
      ['C++ (1)/x+(2).txt', "'C++ (1)/x+\\\\(2).txt'", 'copy the folder "C++ (1)" whole'],
      ["it's [1].txt", '"it\'s \\\\[1].txt"'],
      ['what?.d/[x', "'what\\\\?.d/\\\\[x'"],
      ['n{1..3}', "'n\\\\{1..3}'"],
    ].map(([source = '', ...says]) => ({
      name: `a pattern that is a name: ${source}`,
      tree: { [source]: '' },
      source,
      says: ['A path of exactly this name exists', ...says],
    })),
    { name: 'an open bracket', tree: {}, source: 'a[b', says: ['"[" is never closed'] },
    {
      name: 'a file with a slash',
      tree: { a: '' },
      source: 'a/',
      says: ['COPY source is not a directory', 'Leave out the slash'],
    },
    {
      name: 'a way through a link that leads out',
      tree: { out: { link: '/' } },
      source: 'out/etc',
      says: ['COPY leads out of the context', 'reaches / through a symbolic link'],
    },
    {
      name: 'a pattern below a link that leads out',
      tree: { out: { link: '/etc' } },
      source: 'out/*',
      says: ['COPY leads out of the context', 'reaches /etc'],
    },
    {
      name: 'a way through a link to itself',
      tree: { a: { link: 'a' } },
      source: 'a/b',
      says: ['Unreadable path', 'lead in a circle'],
    },
    {
      name: 'a resolved link that leads out',
      tree: { 'd/l': { link: '/etc/passwd' } },
      source: 'd',
      resolve: true,
      says: ['COPY leads out', '/etc/passwd'],
    },
    {
      name: 'a resolved link to nothing',
      tree: { 'd/l': { link: 'no' } },
      source: 'd',
      resolve: true,
      says: ['Broken symbolic link', '/d/l cannot be followed (it does not exist)'],
    },
    {
      name: 'a resolved link to itself',
      tree: { 'd/l': { link: 'l' } },
      source: 'd',
      resolve: true,
      says: ['Broken symbolic link', 'circle'],
    },
    {
      name: 'a resolved link to a directory above',
      tree: { 'd/e/l': { link: '../..' } },
      source: 'd',
      resolve: true,
      says: ['Symbolic link in a circle', '/d/e/l'],
    },
    {
      name: 'resolved links that lead to each other',
      tree: { 'a/l': { link: '../b' }, 'b/m': { link: '../a' } },
      source: 'a',
      resolve: true,
      says: ['Symbolic link in a circle', '/a/l/m leads back'],
    },
  ];

  it.each(bad)('$name', async ({ tree, source, says, ignore = [], resolve = false }) => {
    const at = { file: '/repo/template.ts', line: 7 };
    const found = await problems(await planted(tree), source, { ignore, resolveSymlinks: resolve, at });
    expect(found).toHaveLength(1);
    expect(found[0].at).toEqual(at);
    for (const part of says) expect(`${found[0].title}: ${found[0].message}`).toContain(part);
  });

  it('a missing context directory, and a file in its place', async () => {
    const directory = await planted({ file: '' });
    expect((await problems(join(directory, 'no'), '.'))[0].message).toContain('it does not exist');
    expect((await problems(join(directory, 'file'), '.'))[0]).toEqual({
      title: 'Missing context directory',
      message: expect.stringContaining('it is not a directory'),
    });
  });

  it('a named pipe and a socket, neither of which is opened', async () => {
    const directory = await planted();
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    const server = createServer().listen(join(directory, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(
      (await problems(directory, '.')).map(({ title, message }) => [
        title,
        /(pipe|socket), which/.exec(message)?.[1],
      ]),
    ).toEqual([
      ['Special file in COPY', 'pipe'],
      ['Special file in COPY', 'socket'],
    ]);
  });

  it('a name that is not UTF-8', async () => {
    const directory = await planted();
    await writeFile(Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.from([0xe9])]), '');
    await writeFile(join(directory, 'fine\uFFFD'), '');
    const found = await problems(directory, '.');
    expect(found.map(({ title }) => title)).toEqual(['File name is not UTF-8']);
  });

  it('a directory that cannot be read', async () => {
    const directory = await planted({ open: '', 'closed/a': '' });
    await chmod(join(directory, 'open'), 0o644);
    await chmod(join(directory, 'closed'), 0o000);
    await chmod(directory, 0o755);
    await asSomebodyWithoutRights(async () => {
      const found = await problems(directory, '.');
      expect(found.map(({ message }) => message)).toEqual([
        expect.stringMatching(/\/closed, which cannot be read \(permission denied\)/),
      ]);
    });
  });

  it('many at once: the first ten by name, and how many more', async () => {
    const directory = await planted();
    await mkdir(join(directory, 'd'));
    for (let index = 0; index < 25; index += 1)
      await symlink('no', join(directory, 'd', `link${String(index).padStart(2, '0')}`));
    const found = await problems(directory, 'd', { resolveSymlinks: true });
    expect(found).toHaveLength(11);
    expect(found[9]?.message).toContain('link09');
    expect(found[10]?.message).toContain('15 more problems');
  });
});

/** Root may read everything, so the tests run as the user nobody for a while. */
async function asSomebodyWithoutRights(run: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}
