import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load, steps } from '../support/definition-project.ts';
import { expectOneProblem } from './one-problem.ts';

const source = `export const l: string = 'L';`;
const packageJson = (fields: object): string => JSON.stringify({ type: 'module', ...fields });

/** A definition that imports each of these and runs what it got. */
function importing(requests: readonly string[]): string {
  const imports = requests.map((request, index) => `import { l as l${index} } from '${request}';`);
  const runs = requests.map((request, index) => `.runCmd('${request} ' + l${index})`);
  return `import { Template } from 'novita-sandbox';
${imports.join(' ')}
export const template = Template().fromTemplate('base')${runs.join('')};`;
}

/** What the definition's steps say when each of them got the TypeScript file. */
function allFound(requests: readonly string[]): string[] {
  return requests.map((request) => `RUN ${request} L <template.ts:3>`);
}

describe('a map of package.json whose JavaScript file is there as TypeScript only', () => {
  test('is followed for names of the package itself', async () => {
    const imports = {
      '#pattern/*.js': './src/*.js',
      '#bare/*': './src/*.js',
      '#bare/exact/*': './src/exact/*.js',
      '#one': './src/l.js',
      '#mjs': './src/m.mjs',
      '#cjs': './src/c.cjs',
      '#jsx': './src/x.jsx',
      '#js-as-tsx': './src/x.js',
      '#import': { browser: './no.js', import: './src/l.js', require: './no.cjs' },
      '#require': { node: { require: './src/c.cjs' }, default: './no.js' },
      '#list': ['./no.js', './src/l.js'],
    };
    const requests = [
      ...Object.keys(imports).map((name) => name.replace('*', 'l')),
      'own/l',
      'own/features/l.js',
      './lib/inner.js',
    ];
    const loaded = await load({
      'template.ts': importing(requests),
      'package.json': packageJson({
        name: 'own',
        imports,
        exports: { './l': './src/l.js', './features/*.js': './src/*.js' },
      }),
      'src/l.ts': source,
      'src/exact/l.ts': source,
      'src/m.mts': source,
      'src/c.cts': source,
      'src/x.tsx': source,
      // The package.json nearest to the importing file counts.
      'lib/package.json': packageJson({ imports: { '#one': './deep/l.js' } }),
      'lib/inner.ts': `export { l } from '#one';`,
      'lib/deep/l.ts': source,
    });
    expect(steps(loaded)).toEqual(allFound(requests));
  });

  test('is followed for packages of the workspace', async () => {
    const fields: Record<string, object> = {
      'with-subpaths': { exports: { '.': './src/l.js', './*.js': './src/*.js' } },
      '@scope/with-conditions': { exports: { types: './l.d.ts', import: './src/l.js' } },
      'with-text': { exports: './src/l.js' },
      'with-main': { main: 'src/l.js' },
    };
    const names = Object.keys(fields);
    const requests = [...names, 'with-subpaths/l.js'];
    const loaded = await load(
      {
        'template.ts': importing(requests),
        'node_modules/@scope/.keep': '',
        ...Object.fromEntries(
          names.flatMap((name) => [
            [`packages/${name}/package.json`, packageJson({ name, ...fields[name] })],
            [`packages/${name}/src/l.ts`, source],
          ]),
        ),
      },
      {
        prepare: (root) => {
          for (const name of names)
            symlinkSync(join(root, 'packages', name), join(root, 'node_modules', name));
        },
      },
    );
    expect(steps(loaded)).toEqual(allFound(requests));
  });
});

test('the JavaScript file itself is taken where it is there', async () => {
  const loaded = await load({
    'template.ts': importing(['#l']),
    'package.json': packageJson({ imports: { '#l': './src/l.js' } }),
    'src/l.js': `export const l = 'built';`,
    'src/l.ts': source,
  });
  expect(steps(loaded)).toEqual(['RUN #l built <template.ts:3>']);
});

test.each([
  ['that is not there at all', './src/l.js', /a\/src\/l\.js is imported, and there is no such file/],
  ['outside of the package', './../l.js', /^Invalid "imports" target/],
])('a target %s is a mistake', async (_, target, message) => {
  await expectOneProblem(
    {
      'a/template.ts': importing(['#l']),
      'a/package.json': packageJson({ imports: { '#l': target } }),
      'l.ts': source,
    },
    'a/template.ts:2',
    message,
  );
});
