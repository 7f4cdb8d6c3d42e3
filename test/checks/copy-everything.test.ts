/** A COPY of the whole context: what is named, and what looks alike and is fine. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Definition } from '../../src/definition/definition.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

interface Copy {
  readonly sources?: readonly string[];
  readonly ignorePatterns?: readonly string[];
  readonly ignoreFile?: string;
  /** The recipe, in the context. */
  readonly file?: string;
}

const request = { name: 'x', tags: ['v1'], cpuCount: 2, memoryMb: 1024, skipCache: false };

/** The findings about the copies of a context: `line: message`. */
async function found(tree: Tree, copy: Copy = {}): Promise<string[]> {
  const { sources = ['.'], ignorePatterns = [], ignoreFile, file = '../template.ts' } = copy;
  const contextDirectory = await planted(tree);
  const recipe = join(contextDirectory, file);
  const definition: Definition = {
    ...{ file: recipe, kind: 'module', settings: {}, notices: [], warnings: [], sources: {} },
    ...{ sdk: { from: 'action', version: '2.1.1' }, recipe: { fromTemplate: 'base' } },
    steps: sources.map((source, index) => ({
      wire: { type: 'COPY', args: [source, '/app', '', ''] },
      source: { file: recipe, line: index + 7 },
    })),
    ...{ contextDirectory, ignorePatterns },
    ...(ignoreFile !== undefined && { ignoreFile: join(contextDirectory, ignoreFile) }),
  };
  const { warnings = [] } = await makePlan(definition, request);
  return warnings.flatMap(({ rule, at, message }) =>
    rule === 'copy-everything' ? [`${at?.line}: ${message}`] : [],
  );
}

const app = { 'src/app.py': '' };
const modules = { ...app, 'node_modules/x/index.js': '', 'node_modules/y.js': '' };

test.each<[what: string, tree: Tree, copy: Copy, expected: RegExp]>([
  [
    'a folder of packages',
    modules,
    {},
    /^7: COPY "\." sends .*, node_modules included, .*no \.dockerignore\. Name/,
  ],
  ['one deeper', { 'web/node_modules/x.js': '' }, {}, /web\/node_modules included/],
  [
    'the recipe',
    { ...app, 'template.ts': '' },
    { file: 'template.ts' },
    /template\.ts included.* Each change of the/,
  ],
  [
    'a file of variables',
    { '.env': 'A=1', '.env.production': 'A=1' },
    {},
    /\.env, \.env\.production included/,
  ],
  [
    'many',
    { '.DS_Store': '', '.idea/x': '', '.npmrc': '', '.tox/x': '', '.venv/x': '' },
    {},
    /\.DS_Store, \.idea, \.npmrc, \.tox and more included/,
  ],
  [
    'four',
    { '.DS_Store': '', '.idea/x': '', '.npmrc': '', '.tox/x': '' },
    {},
    /\.idea, \.npmrc, \.tox included/,
  ],
  ['with credentials', { ...modules, 'gha-creds-0123456789abcdef.json': '{}' }, {}, /node_modules included/],
  ['a pattern', modules, { sources: ['src', './'] }, /^8: COPY "\.\/" sends/],
])('%s', async (_, tree, copy, expected) => {
  expect(await found(tree, copy)).toEqual([expect.stringMatching(expected)]);
});

test.each<[what: string, tree: Tree, copy?: Copy]>([
  ['what is wanted', { ...app, 'template.ts': '' }],
  ['examples of variables', { '.env.example': '', '.env.sample': '' }],
  ['names that only begin alike', { 'node_modules.md': '', '.environment': '', 'venv.py': '' }],
  ['a folder that is named', modules, { sources: ['node_modules', 'src'] }],
  ['a .dockerignore', { ...modules, '.dockerignore': 'x' }],
  ['one ignore pattern', modules, { ignorePatterns: ['x'] }],
  ['another file with ignore rules', { ...modules, 'i.dockerignore': '' }, { ignoreFile: 'i.dockerignore' }],
  ['what a warning about .git tells', { ...modules, '.git/HEAD': 'x', '.git/config': '' }],
])('not: %s', async (_, tree, copy) => expect(await found(tree, copy)).toEqual([]));
