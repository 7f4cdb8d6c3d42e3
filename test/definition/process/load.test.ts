import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionOf, load, place, steps } from '../../support/definition-project.ts';

const base = `import { Template } from 'novita-sandbox';\n`;

describe('languages and modules', () => {
  test('TypeScript with enums, types, paths, JSON, extensionless and .js imports, top-level await', async () => {
    const loaded = await load({
      'sandbox/template.ts': `
import { Template, waitForPort, type TemplateBuilder } from 'novita-sandbox';
import { helper } from './lib/helper';
import { other } from './lib/other.js';
import data from './data.json';
import { aliased } from '~/aliased';
enum Kind { A = 'kind-a' }
const awaited = await Promise.resolve('awaited');
const values = [Kind.A, helper, other, data.value, aliased, awaited] satisfies string[];
const chain: TemplateBuilder = Template().fromTemplate('base').runCmd(values.join(' '));
export const template = chain.setStartCmd('serve', waitForPort(8000));
`,
      'sandbox/lib/helper.ts': `export const helper: string = 'helper';`,
      'sandbox/lib/other.ts': `export const other = 'other';`,
      'sandbox/data.json': `{ "value": "json" }`,
      'src/aliased.ts': `export const aliased = 'aliased';`,
      'tsconfig.json': `{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }`,
    });
    expect(steps(loaded)).toEqual(['RUN kind-a helper other json aliased awaited <sandbox/template.ts:10>']);
    expect(definitionOf(loaded)).toMatchObject({
      kind: 'module',
      exportName: 'template',
      settings: {},
      notices: [],
      sdk: { from: 'action', version: '2.1.1' },
      recipe: { fromTemplate: 'base', startCmd: 'serve', readyCmd: expect.stringContaining('8000') },
      contextDirectory: join(loaded.directory, 'sandbox'),
      warnings: [],
    });
  });

  test.each([
    ['template.mts', `${base}export const template = Template().fromTemplate(await Promise.resolve('x'));`],
    ['template.js', `${base}export default Template().fromTemplate(await Promise.resolve('x'));`],
    ['template.mjs', `${base}export const template = Template().fromTemplate('x');`],
    [
      'template.cjs',
      `const { Template } = require('novita-sandbox'); module.exports = Template().fromTemplate('x');`,
    ],
    [
      'template.cjs',
      `const { Template } = require('e2b'); module.exports = { template: Template().fromTemplate('x') };`,
    ],
    ['template.js', `const { Template } = require('e2b'); exports.template = Template().fromTemplate('x');`],
  ])('%s: %s', async (name, text) => {
    expect(definitionOf(await load({ [name]: text })).recipe.fromTemplate).toBe('x');
  });

  test.each(['module', 'commonjs'])('top-level await with "type": "%s"', async (type) => {
    const loaded = await load({
      'template.ts': `${base}export const template = Template().fromTemplate(await Promise.resolve('x'));`,
      'package.json': JSON.stringify({ type }),
    });
    expect(definitionOf(loaded).recipe.fromTemplate).toBe('x');
  });

  test('__dirname, import.meta and the current directory are those of the repository', async () => {
    const loaded = await load({
      'a/template.ts': `${base}console.log([__dirname, import.meta.dirname, import.meta.url, process.cwd()].join('|'));
export const template = Template().fromTemplate('x');`,
    });
    const folder = join(loaded.directory, 'a');
    expect(loaded.stdout).toEqual([
      [folder, folder, `file://${folder}/template.ts`, loaded.directory].join('|'),
    ]);
  });
});

test('built-in modules and installed packages of either kind', async () => {
  const loaded = await load({
    'template.ts': `${base}import { existsSync } from 'node:fs';
import path from 'path';
import { awaited } from 'modern';
import { old } from 'old';
const { platform } = await import('node:os');
const { pathToFileURL } = await import(['node', 'url'].join(':'));
const found = [existsSync(__filename), path.posix.join('a', 'b'), awaited, old, typeof platform, typeof pathToFileURL];
export const template = Template().fromTemplate(found.join(' '));`,
    'node_modules/modern/package.json': '{ "name": "modern", "type": "module", "exports": "./index.js" }',
    'node_modules/modern/index.js': `export const awaited = await Promise.resolve('modern');`,
    'node_modules/old/package.json': '{ "name": "old", "main": "index.js" }',
    'node_modules/old/index.js': `exports.old = require('node:path').basename('/x/old');`,
  });
  expect(definitionOf(loaded).recipe.fromTemplate).toBe('true a/b modern old function function');
});

describe('a tsconfig.json', () => {
  const template = `${base}import { x } from '~/x';
import { y } from 'y';
export const template = Template().fromTemplate(x + y);`;
  const paths = '"paths": { "~/*": ["./lib/*"], "y": ["./lib/y.ts"], }';

  test.each([
    ['with comments', `{ // comment\n "compilerOptions": { ${paths} } }`],
    ['with a baseUrl', `{ "compilerOptions": { "baseUrl": "lib", "paths": { "~/*": ["*"], "y": ["y"] } } }`],
    [
      'that extends a package that is not installed',
      `{ "extends": "@tsconfig/node24", /* c */ "compilerOptions": { ${paths} }, }`,
    ],
  ])('%s gives its path aliases', async (_, tsconfig) => {
    const loaded = await load({
      'images/template.ts': template,
      'lib/x.ts': `export const x: string = 'x';`,
      'lib/y.ts': `export const y = 'y';`,
      'tsconfig.json': tsconfig,
    });
    expect(definitionOf(loaded).recipe.fromTemplate).toBe('xy');
  });

  test.each(['{ "extends": "@tsconfig/node24" }', '{ "compilerOptions": {', 'not JSON at all', ''])(
    'that cannot be used does not hinder: %s',
    async (tsconfig) => {
      const loaded = await load({
        'template.ts': `${base}export const template = Template().fromTemplate('x');`,
        'tsconfig.json': tsconfig,
      });
      expect(definitionOf(loaded).recipe.fromTemplate).toBe('x');
    },
  );
});

test.each(['template.ts', 'template.mts', 'template.js', 'template.mjs'])(
  'using declarations, also at the top of a module: %s',
  async (name) => {
    const loaded = await load({
      [name]: `${base}const resource = (name) => ({ name, [Symbol.dispose]: () => console.log('closed', name) });
using outer = resource('outer');
await using late = { [Symbol.asyncDispose]: async () => console.log('closed late') };
function make() {
  using inner = resource('inner');
  return Template().fromTemplate(inner.name).runCmd('a');
}
export const template = make();`,
    });
    expect(steps(loaded)).toEqual([`RUN a <${name}:7>`]);
    expect(loaded.stdout).toEqual(['closed inner', 'closed late', 'closed outer']);
  },
);

test('a guard for the main module is false', async () => {
  const loaded = await load({
    'template.ts': `${base}import { fileURLToPath } from 'node:url';
export const template = Template().fromTemplate('x').runCmd('a');
if (import.meta.main) await Template.build(template, 'x');
if (require.main === module) await Template.build(template, 'x');
if (process.argv[1] === fileURLToPath(import.meta.url)) await Template.build(template, 'x');`,
  });
  expect(steps(loaded)).toEqual(['RUN a <template.ts:3>']);
  expect(definitionOf(loaded).contextDirectory).toBe(loaded.directory);
});

describe('what comes back', () => {
  test('the recipe without its steps, and what is not for the wire beside it', async () => {
    const loaded = await load({
      'template.ts': `${base}
export const template = Template({ fileContextPath: './app', fileIgnorePatterns: ['*.log', 'tmp'] })
  .fromImage('registry.example/app:1', { username: 'u', password: 'p' }, { inheritConfig: false })
  .setPatchCmd('patch')
  .copy('a', '/a', { forceUpload: true, user: 'root', mode: 0o755 })
  .skipCache()
  .copy('b', '/b', { resolveSymlinks: true })
  .setReadyCmd('true');`,
    });
    const definition = definitionOf(loaded);
    expect(definition.recipe).toEqual({
      fromImage: 'registry.example/app:1',
      fromImageRegistry: { type: 'registry', username: 'u', password: 'p' },
      preBootScript: 'patch',
      readyCmd: 'true',
      force: false,
    });
    expect(definition.steps).toMatchObject([
      { wire: { type: 'COPY', args: ['a', '/a', 'root', '0755'], force: true }, forceUpload: true },
      { wire: { type: 'COPY', args: ['b', '/b', '', ''], force: true }, resolveSymlinks: true },
    ]);
    for (const { wire } of definition.steps)
      expect(Object.keys(wire).sort()).toEqual(['args', 'force', 'type']);
    expect(definition.contextDirectory).toBe(join(loaded.directory, 'app'));
    expect(definition.ignorePatterns).toEqual(['*.log', 'tmp']);
  });

  test('the step that the SDK adds for the environment is marked', async () => {
    const loaded = await load({
      'template.ts': `${base}export const template = Template().fromTemplate('x').setEnvs({ A: '1' }).runCmd('last');`,
    });
    expect(steps(loaded)).toEqual([
      'ENV A 1 <template.ts:2>',
      'RUN last <template.ts:2>',
      'RUN (environment)',
    ]);
  });

  test('the context is the folder of the file that calls Template()', async () => {
    const loaded = await load({
      'template.ts': `export { template } from './images/base';`,
      'images/base.ts': `${base}export const template = Template().fromTemplate('x').runCmd('a');`,
    });
    expect(definitionOf(loaded).contextDirectory).toBe(join(loaded.directory, 'images'));
    expect(steps(loaded)).toEqual(['RUN a <images/base.ts:2>']);
  });

  test('a recipe of many megabytes', async () => {
    const loaded = await load({
      'template.ts': `${base}let chain: any = Template().fromTemplate('x');
for (let i = 0; i < 300; i++) chain = chain.runCmd('é'.repeat(20_000));
export const template = chain;`,
    });
    const { steps: all } = definitionOf(loaded);
    expect(all).toHaveLength(300);
    expect(new Set(all.map(({ wire }) => wire.args?.[0]))).toEqual(new Set(['é'.repeat(20_000)]));
  });
});

describe('what a definition prints', () => {
  test('arrives line by line on its stream, complete, without warnings of Node', async () => {
    const loaded = await load({
      'template.ts': `${base}for (let i = 0; i < 3000; i++) console.log('line', i);
console.error('to stderr');
new Buffer(1);
process.stdout.write('no line end');
export const template = Template().fromTemplate('x');`,
    });
    definitionOf(loaded);
    expect(loaded.stdout).toEqual([...Array.from({ length: 3000 }, (_, i) => `line ${i}`), 'no line end']);
    expect(loaded.stderr).toEqual(['to stderr']);
  });

  test('is complete also where the definition fails', async () => {
    const loaded = await load({
      'template.ts': `for (let i = 0; i < 3000; i++) console.log('line', i);\nprocess.exit(1);`,
    });
    expect(loaded.stdout).toHaveLength(3000);
    expect(loaded.problems).toHaveLength(1);
  });

  test('is cut where it is without measure, and the definition still loads', async () => {
    const loaded = await load({
      'template.ts': `${base}for (let i = 0; i < 12_000; i++) console.log(i);\nexport const template = Template().fromTemplate('x');`,
    });
    definitionOf(loaded);
    expect(loaded.stdout).toHaveLength(10_001);
    expect(loaded.stdout.at(-1)).toMatch(/cut here/);
  });
});

test("the definition sees the job's variables, and no key, token, input or command file", async () => {
  const loaded = await load(
    {
      'template.ts': `${base}console.log(Object.keys(process.env).filter((name) => name !== 'NOVITA_DEFINITION_RUN').sort().join(' '));\nexport const template = Template().fromTemplate('x');`,
    },
    {
      env: {
        // That of the tests.
        NODE_COMPILE_CACHE: undefined,
        API_BASE: 'x',
        NOVITA_API_KEY: 'secret',
        'INPUT_API-KEY': 'secret',
        GITHUB_OUTPUT: '/tmp/out',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
        NODE_OPTIONS: '--require /nowhere.js',
      },
    },
  );
  definitionOf(loaded);
  expect(loaded.stdout).toEqual(['API_BASE PATH']);
});

test('lines of base, start and ready command', async () => {
  const loaded = await load({
    'template.ts': `${base}export const template = Template()
  .fromTemplate('x')
  .runCmd('a')
  .setStartCmd('serve', 'true')
  .setReadyCmd('true');`,
  });
  const { sources } = definitionOf(loaded);
  expect([sources.base, sources.start, sources.ready].map((at) => place(loaded, at))).toEqual([
    'template.ts:3',
    'template.ts:5',
    'template.ts:6',
  ]);
});
