import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { definitionOf, load, place, steps } from '../support/definition-project.ts';
import { answer, serve } from '../support/http-server.ts';

const definition = `import { Template } from 'novita-sandbox';\nexport const template = Template().fromTemplate('x').runCmd('a');`;

/** A package `novita-sandbox` in the repository. */
function installed(version: string, entry: string): Record<string, string> {
  return {
    'node_modules/novita-sandbox/package.json': JSON.stringify({
      name: 'novita-sandbox',
      version,
      exports: { '.': { import: './index.mjs', require: './index.cjs' } },
    }),
    'node_modules/novita-sandbox/index.mjs': entry,
    'node_modules/novita-sandbox/index.cjs': 'throw new Error("the CommonJS entry was taken");',
  };
}

describe('the SDK of a definition', () => {
  test("is the action's own where none is installed, with its version", async () => {
    expect(definitionOf(await load({ 'template.ts': definition })).sdk).toEqual({
      from: 'action',
      version: '2.1.1',
    });
  });

  test("is whole in the action's own, though it loads some libraries only when they are used", async () => {
    await using sandbox = await serve((request, response) => {
      const entry = { name: 'a', type: 'FILE_TYPE_FILE', size: '5', modifiedTime: '2026-01-02T03:04:05Z' };
      if (request.headers['content-type'] !== 'application/json') answer(response, 415);
      else if (request.url?.endsWith('/Stat')) answer(response, 200, { entry });
      else answer(response, 409, { code: 'already_exists', message: 'b' });
    });
    const loaded = await load(
      {
        'template.ts': `import { Sandbox, Template } from 'novita-sandbox';
const { files } = new Sandbox({ sandboxId: 's', envdVersion: '0.5.8', sandboxUrl: process.env.SANDBOX });
const { type, size, modifiedTime } = await files.getInfo('/a');
console.log(type, size, modifiedTime.toISOString(), await files.makeDir('/b'));
export const template = Template().fromDockerfile('FROM python\\nRUN make');`,
      },
      { env: { SANDBOX: sandbox.url } },
    );
    expect(loaded.stdout).toEqual(['file 5 2026-01-02T03:04:05.000Z false']);
    expect(steps(loaded)).toContain('RUN make <template.ts:5>');
    expect(sandbox.requests).toEqual([
      'POST /filesystem.Filesystem/Stat',
      'POST /filesystem.Filesystem/MakeDir',
    ]);
  });

  test("is the repository's where it is installed, found from the definition upwards", async () => {
    const real = JSON.stringify(
      join(dirname(fileURLToPath(import.meta.resolve('novita-sandbox'))), 'index.mjs'),
    );
    const loaded = await load({
      'images/template.ts': definition,
      ...installed('2.9.9', `export * from ${real};\nexport { default } from ${real};`),
    });
    expect(definitionOf(loaded).sdk).toEqual({ from: 'repository', version: '2.9.9' });
    expect(steps(loaded)).toEqual(['RUN a <images/template.ts:2>']);
  });

  test('that is too old to build templates is one problem with its version', async () => {
    const loaded = await load({
      'template.ts': definition,
      ...installed('1.4.2', 'export class Sandbox {}'),
    });
    expect(loaded.problems).toHaveLength(1);
    expect(loaded.problems[0]?.message).toMatch(
      /novita-sandbox 1\.4\.2 is installed .* 2\.0\.0 or newer is needed.*npm install/,
    );
    expect(place(loaded, loaded.problems[0]?.at)).toBe('template.ts:1');
  });

  test('that does not load is one problem with the reason', async () => {
    const loaded = await load({
      'template.ts': definition,
      ...installed('2.1.0', `import 'chalk-that-is-missing';`),
    });
    expect(loaded.problems).toHaveLength(1);
    expect(loaded.problems[0]?.message).toMatch(
      /novita-sandbox 2\.1\.0 .* loading it failed: Cannot find package 'chalk-that-is-missing'/,
    );
    expect(loaded.stderr).toEqual([]);
  });

  test('whose builder is not as known gives the recipe without lines', async () => {
    const loaded = await load({
      'template.ts': definition,
      ...installed(
        '3.0.0',
        `const made = (state) => ({
  fromTemplate: (name) => made({ ...state, fromTemplate: name }),
  runCmd: (command) => made({ ...state, steps: [...state.steps, { type: 'RUN', args: [command], force: false }] }),
  copy() {}, setEnvs() {}, toJSON: () => JSON.stringify(state),
});
export const Template = () => made({ steps: [] });
Template.toJSON = async (template) => template.toJSON();`,
      ),
    });
    expect(definitionOf(loaded)).toMatchObject({
      sdk: { from: 'repository', version: '3.0.0' },
      recipe: { fromTemplate: 'x' },
      steps: [{ wire: { type: 'RUN', args: ['a'], force: false } }],
      sources: {},
      contextDirectory: loaded.directory,
    });
    expect(definitionOf(loaded).steps[0]).not.toHaveProperty('source');
  });
});

describe('the names of the SDK', () => {
  test.each([
    'novita-sandbox',
    'novita-sandbox/code-interpreter',
    'novita-sandbox/desktop',
    'e2b',
    '@e2b/code-interpreter',
    '@e2b/desktop',
  ])('%s', async (name) => {
    const loaded = await load({
      'template.ts': `import Default, { Sandbox, Template, waitForPort } from '${name}';
import * as all from '${name}';
const required = require('${name}');
console.log(Default === Sandbox, all.Template === Template, required.Template === Template, typeof Sandbox.create, 'Template' in all);
export const template = Template().fromTemplate('x').setReadyCmd(waitForPort(80));`,
    });
    expect(loaded.problems).toEqual([]);
    expect(loaded.stdout).toEqual(['true true true function true']);
  });

  test('e2b is novita-sandbox also where e2b is installed', async () => {
    const files = {
      'template.ts': `import { Template } from 'e2b';\nexport const template = Template().fromBaseImage;\nexport default Template().fromTemplate('x').runCmd('a');`,
      'node_modules/e2b/package.json': '{ "name": "e2b", "main": "index.js" }',
      'node_modules/e2b/index.js': 'throw new Error("the real e2b was loaded");',
    };
    const loaded = await load(files, { exportName: 'default' });
    expect(steps(loaded)).toEqual(['RUN a <template.ts:3>']);
  });

  test('e2b is novita-sandbox also for a package that imports it', async () => {
    const loaded = await load({
      'template.ts': `import { base } from 'images';\nexport const template = base.runCmd('a');`,
      'node_modules/images/package.json': '{ "name": "images", "main": "index.js" }',
      'node_modules/images/index.js': `const { Template } = require('e2b');\nexports.base = Template().fromTemplate('x');`,
    });
    expect(steps(loaded)).toEqual(['RUN a <template.ts:2>']);
  });

  test('e2b is novita-sandbox also past the TypeScript loader', async () => {
    const loaded = await load({
      'template.ts': `import { createRequire } from 'node:module';
import * as sdk from 'novita-sandbox';
const { Template } = createRequire(import.meta.url)('e2b');
console.log(Template === sdk.Template);
export const template = Template().fromTemplate('x').runCmd('a');`,
    });
    expect(steps(loaded)).toEqual(['RUN a <template.ts:5>']);
    expect(loaded.stdout).toEqual(['true']);
  });
});
