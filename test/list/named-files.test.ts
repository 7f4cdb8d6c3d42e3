/** The files that a definition names, however it is written. */
import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { namedFiles } from '../../src/list/named-files.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

async function namedBy(file: string, tree: Tree): Promise<string[] | undefined> {
  const root = await planted(tree);
  const found = namedFiles(`${root}/${file}`, [root]);
  return found && [...found].map((path) => relative(root, path)).sort();
}

const parts: Tree = {
  'a/parts/base.ts': '',
  'a/parts/index.ts': '',
  'a/parts/data.json': '{}',
  'a/other.ts': '',
  'shared/x.py': 'import a.deep',
  'a/deep.py': '',
  'a/Dockerfile': '',
};

test.each<[label: string, file: string, text: string, named: string[]]>([
  [
    'imports',
    'a/t.ts',
    "import { b } from './parts/base.ts';\nimport data from './parts/data.json';",
    ['a/parts/base.ts', 'a/parts/data.json'],
  ],
  [
    'imports without an ending, or with that of JavaScript',
    'a/t.ts',
    "import './parts/base';\nawait import('./other.js');",
    ['a/other.ts', 'a/parts/base.ts'],
  ],
  ['a folder', 'a/t.ts', "import * as parts from './parts';", ['a/parts/index.ts']],
  [
    'files in texts of any kind',
    'a/t.ts',
    'readFileSync(`parts/data.json`); fromDockerfile("Dockerfile")',
    ['a/Dockerfile', 'a/parts/data.json'],
  ],
  ['files from the top', 'a/t.ts', "readFileSync('shared/x.py')", ['a/deep.py', 'shared/x.py']],
  ['modules of Python', 'a/t.py', 'from shared.x import (\n    y,\n)\n', ['a/deep.py', 'shared/x.py']],
  ['modules beside it', 'a/t.py', 'from . import deep, none\n', ['a/deep.py']],
  ['modules above it', 'a/t.py', 'if x:\n  from ..shared.x import y\n', ['a/deep.py', 'shared/x.py']],
  ['a config file', 'a/e2b.toml', 'dockerfile = "Dockerfile"', ['a/Dockerfile']],
  [
    'nothing of packages and addresses',
    'a/t.ts',
    "import 'node:fs'; import 'zod'; fetch('https://a.b/parts/base.ts')",
    [],
  ],
])('%s', async (_, file, text, named) => {
  expect(await namedBy(file, { ...parts, [file]: text })).toEqual([file, ...named].sort());
});

test('modules that name each other', async () => {
  const tree = { 'a.ts': "import './b.ts'", 'b.ts': "import './a.ts'" };
  expect(await namedBy('a.ts', tree)).toEqual(['a.ts', 'b.ts']);
});

test('a definition that was made to take time is not searched to its end', async () => {
  const texts = Array.from({ length: 100_000 }, (_, index) => `'${index}'`).join();
  expect(await namedBy('a.ts', { 'a.ts': texts })).toBeUndefined();
  expect(await namedBy('a.py', { 'a.py': '\n'.repeat(900_000) })).toEqual(['a.py']);
});
