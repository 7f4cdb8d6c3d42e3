import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Loaded, load } from '../support/definition-project.ts';

/** Tells which loader evaluates the file: Node's own knows it by its URL. */
const probe = `console.log('native', new Error().stack.split('\\n')[1].includes('file:'));`;
const sdk = `import { Template } from 'novita-sandbox'; ${probe}`;
const recipe = `export const template = Template().fromTemplate('x')`;

type Case = readonly [name: string, files: Record<string, string>, prepare?: (directory: string) => void];

/** What Node evaluates itself. */
const plain: readonly Case[] = [
  [
    'a recipe without types, with a helper, built-in modules and what it awaits',
    {
      'sandbox/template.ts': `${sdk}
import { basename } from 'node:path';
import os from 'os';
import * as path from 'path';
import { waitForPort } from 'e2b';
import { Sandbox as Interpreter, Template as Other } from '@e2b/code-interpreter';
import { Sandbox } from '@e2b/desktop';
import { tools, version as wanted } from './tools.ts';

// import { nothing } from './nothing.ts';
console.log(import.meta.url, import.meta.dirname, import.meta.filename, typeof os.tmpdir, Interpreter.name, Sandbox.name);
console.log(Other === Template, this === undefined);
const awaited = await Promise.resolve('awaited');
export const template = tools(
  Template().fromTemplate(basename('/a/x')),
)
  .runCmd(\`\${awaited} \${wanted}\`)
  .setEnvs({ PATH_TO: path.join('a', 'b') })
  .setStartCmd(
    'serve',
    waitForPort(8000),
  );`,
      'sandbox/tools.ts': `import { list } from './list.mjs';
console.log('tools');
export const version = '1.2';
export function tools(chain) {
  return chain
    .pipInstall(list)
    .runCmd('echo a > b');
}`,
      'sandbox/list.mjs': `console.log('list');\nexport const list = ['requests'];`,
    },
  ],
  [
    'types that are only taken away',
    {
      'template.ts': `${sdk}
import type { TemplateBuilder } from 'novita-sandbox';
import { type Options, image } from './image.ts';

interface Step<T> { readonly run: T }
type Steps = ReadonlyArray<Step<string>>;
const options = { tag: 'v1' } satisfies Options;
const all: Steps = [{ run: 'a' }, { run: image<Options>(options)! }];
function add(chain: TemplateBuilder, { run }: Step<string>): TemplateBuilder {
  return chain
    .runCmd(run as string);
}
export const template: TemplateBuilder = all.reduce(add, Template().fromTemplate('x'));`,
      'image.ts': `export interface Options { tag: string }
export const image = <T extends Options>(options: T): string | undefined => 'image:' + options.tag;`,
    },
  ],
  [
    'JavaScript',
    {
      'template.mjs': `${sdk}\nconst made = Template().fromTemplate('x')\n  .runCmd('a');\nexport { made };`,
    },
  ],
  [
    'JavaScript in a folder of CommonJS',
    { 'template.js': `${sdk}\n${recipe}.runCmd('a');`, 'package.json': '{ "type": "commonjs" }' },
  ],
  [
    'an error in a helper',
    {
      'template.ts': `${sdk}\nimport { image } from './lib.ts';\nexport const template = Template().fromTemplate(\n  image(),\n);`,
      'lib.ts': `\nexport function image() {\n  throw new RangeError('out');\n}`,
    },
  ],
  [
    'an error that looks like one of linking',
    { 'template.ts': `${sdk}\nexport const template = JSON.parse('{');` },
  ],
  [
    'one helper that awaits and writes a file',
    {
      'template.ts': `${sdk}\nimport { a } from './a.ts';\n${recipe}.runCmd(a);`,
      'a.ts': `import { writeFileSync } from 'node:fs';\nwriteFileSync('a.txt', 'a');\nexport const a = await Promise.resolve('a');`,
    },
  ],
  [
    'a helper that is only used within a template string',
    {
      'template.ts': `${sdk}\nimport { a } from './a.ts';\n${recipe}.runCmd(\`echo '\${a}' a\`);`,
      'a.ts': `export const a = 'a';`,
    },
  ],
  [
    'several templates, in the order in which they are told',
    {
      'template.ts': `${sdk}\nconst make = (name) => Template().fromTemplate(name);\nexport const second = make('b');\nexport function helper() {}\nexport const first = make('a');\nexport { made as again } from './made.ts';`,
      'made.ts': `import { Template } from 'e2b';\nexport const made = Template().fromTemplate('m');`,
    },
  ],
  [
    'mistakes and warnings with their lines',
    {
      'template.ts': `${sdk}\n${recipe}\n  .pipInstall(['requests>=2.31,<3'])\n  .setEnvs({\n    A: undefined,\n  })\n  .fromAlpineImage('3');`,
    },
  ],
];

const enumOf = `enum Kind { A = 'a' }\nconsole.log('evaluated', Kind.A);\n`;
/** What the transformer is for, and what it reads otherwise than Node. */
const transformed: readonly Case[] = [
  ['an enum', { 'template.ts': `${sdk}\n${enumOf}${recipe}.runCmd(Kind.A);` }],
  [
    'an enum in a helper, behind what has side effects',
    {
      'template.ts': `${sdk}\nimport { first } from './first.ts';\nimport { Kind } from './kind.ts';\nconsole.log('template');\n${recipe}.runCmd(Kind.A + first);`,
      'first.ts': `console.log('first');\nexport const first = 1;`,
      'kind.ts': `console.log('kind');\nexport enum Kind { A = 'a' }`,
    },
  ],
  [
    'namespaces and parameter properties',
    {
      'template.ts': `${sdk}\nnamespace Names { export const a = 'a'; }\nclass Step { constructor(readonly run: string) {} }\n${recipe}.runCmd(new Step(Names.a).run);`,
    },
  ],
  [
    'a decorator',
    {
      'template.js': `${sdk}\nconst mark = (value) => value;\n@mark\nclass Step { run = 'a'; }\n${recipe}.runCmd(new Step().run);`,
    },
  ],
  [
    'a field that is only a type, which would hide the one that is inherited',
    {
      'template.ts': `${sdk}\nclass One { run = 'a'; }\nclass Two extends One { run: string }\nconst two = new Two() as One;\n${recipe}.runCmd(two.run);`,
    },
  ],
  [
    'paths, and imports without and with another extension',
    {
      'template.ts': `${sdk}\nimport { a } from '~/a';\nimport { b } from './b';\nimport { c } from './c.js';\nimport data from './data.json';\n${recipe}.runCmd(a + b + c + data.d);`,
      'src/a.ts': `export const a = 'a';`,
      'b.ts': `export const b = 'b';`,
      'c.ts': `export const c = 'c';`,
      'data.json': '{ "d": "d" }',
      'tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
    },
  ],
  [
    'a mixture with CommonJS',
    {
      'template.ts': `${sdk}\nimport { old } from './old.cjs';\nconst { other } = require('./other.js');\n${recipe}.runCmd(old + other + typeof __dirname);`,
      'old.cjs': `exports.old = 'old';`,
      'other.js': `exports.other = 'other';`,
    },
  ],
  [
    'JSX beside it',
    {
      'template.ts': `${sdk}\nimport { view } from './view.tsx';\n${recipe}.runCmd(view);`,
      'view.tsx': `export const view: string = 'view';`,
    },
  ],
  [
    'what is imported only when it is asked for',
    {
      'template.ts': `${sdk}\nconst { a } = await import('./a');\n${recipe}.runCmd(a);`,
      'a.ts': `export const a = 'a';`,
    },
  ],
  [
    'a circle',
    {
      'template.ts': `${sdk}\nimport { a } from './a.ts';\n${recipe}.runCmd(String(a));`,
      'a.ts': `import { b } from './b.ts';\nexport const a = b;`,
      'b.ts': `import { a } from './a.ts';\nexport const b = typeof a;`,
    },
  ],
  [
    'a name of the SDK that is only a type',
    {
      'template.ts': `${sdk}\nimport { TemplateBuilder } from 'novita-sandbox';\nconst chain: TemplateBuilder = Template().fromTemplate('x');\nexport const template = chain.runCmd('a');`,
    },
  ],
  [
    'an import of types that do not say so',
    {
      'template.ts': `${sdk}\nimport { options } from './options.ts';\nconst given: typeof options = { a: 'options' };\n${recipe}.runCmd(given.a);`,
      'options.ts': `console.log('never');\nexport const options = { a: '' };`,
    },
  ],
  ...[
    ['a property', 'const made = { options: 1 };\nconsole.log(made.options);'],
    ['text', 'console.log(`options`);'],
  ].map(
    ([name, code]): Case => [
      `an import that is not used, while ${name} has its name`,
      {
        'template.ts': `${sdk}\nimport { options } from './options.ts';\n${code}\n${recipe};`,
        'options.ts': `console.log('never');\nexport const options = 1;`,
      },
    ],
  ),
  [
    'a helper that awaits what the next one needs',
    {
      'template.ts': `${sdk}\nimport { a } from './a.ts';\nimport { b } from './b.ts';\n${recipe}.runCmd(a + b);`,
      'a.ts': `export const a = await Promise.resolve('a');\nglobalThis.made = a;`,
      'b.ts': `export const b = String(globalThis.made);`,
    },
  ],
  ...[
    ["import { writeFileSync } from 'node:fs';", 'writeFileSync(path, "export const b = \'new\';");'],
    [
      "import { execFileSync } from 'child_process';",
      "execFileSync('sh', ['-c', `echo \"export const b = 'new'\" >\"$1\"`, '', path]);",
    ],
  ].map(
    ([imported, write]): Case => [
      `a helper that writes the next one: ${imported}`,
      {
        'template.ts': `${sdk}\nimport { a } from './a.ts';\nimport { b } from './b.ts';\n${recipe}.runCmd(a + b);`,
        'a.ts': `${imported}\nconst path = import.meta.dirname + '/b.ts';\n${write}\nexport const a = 'a';`,
        'b.ts': `export const b = 'old';`,
      },
    ],
  ),
  [
    'an import of types alone',
    {
      'template.ts': `${sdk}\nimport { type Tag } from './tag.ts';\nconst tag: Tag = 'a';\n${recipe}.runCmd(tag);`,
      'tag.ts': `console.log('never');\nexport type Tag = string;`,
    },
  ],
  [
    'what the SDK does not have',
    {
      'template.ts': `${sdk}\nimport { waitForMoon } from 'e2b';\n${recipe}\n  .setReadyCmd(waitForMoon());`,
    },
  ],
  [
    'the SDK as a whole',
    {
      'template.ts': `${sdk}\nimport * as all from 'e2b';\nconsole.log('waitForPort' in all);\n${recipe}.setReadyCmd(all.waitForMoon());`,
    },
  ],
  [
    'an installed package',
    {
      'template.ts': `${sdk}\nimport { a } from 'a';\n${recipe}.runCmd(a);`,
      'node_modules/a/package.json': '{ "name": "a", "main": "index.js" }',
      'node_modules/a/index.js': `exports.a = 'a';`,
    },
  ],
  [
    'a guard for the main module',
    { 'template.ts': `${sdk}\n${recipe};\nif (import.meta.main) await Template.build(template, 'x');` },
  ],
  ['a mistake of syntax', { 'template.ts': `${sdk}\n${recipe}\n  .runCmd('a';` }],
  [
    'a package that is not installed',
    { 'template.ts': `${sdk}\nimport { z } from 'zod';\n${recipe}.runCmd(z);` },
  ],
  [
    'a link to a helper',
    {
      'template.ts': `${sdk}\nimport { a } from './a.ts';\n${recipe}.runCmd(a);`,
      'real/a.ts': `import { b } from './b.ts';\nexport const a = b;`,
      'real/b.ts': `export const b = 'b beside the file';`,
      'b.ts': `export const b = 'b beside the link';`,
    },
    (directory) => symlinkSync('real/a.ts', join(directory, 'a.ts')),
  ],
];

/** All that came of it, but for the folder and for what the probe says. */
function resultOf(loaded: Loaded): unknown {
  const { directory, definition, problems, stdout, stderr } = loaded;
  const others = stdout.filter((line) => !line.startsWith('native '));
  const text = JSON.stringify({ definition, problems, stdout: others, stderr }, null, 1);
  return JSON.parse(text.replaceAll(directory, '/repository'));
}

/** A word of CommonJS, in a comment too, is enough for the transformer to be taken. */
const forTransformer = (files: Record<string, string>): Record<string, string> => {
  const [[name, text] = ['', ''], ...others] = Object.entries(files);
  return Object.fromEntries([[name, `${text}\n// require`], ...others]);
};

describe.each([
  ['Node itself', plain, 'native true'],
  ['the transformer', transformed, 'native false'],
])('%s evaluates, once and with the same result', (_, cases, told) => {
  test.each(cases.map(([name, ...rest]) => [name, rest] as const))('%s', async (_name, [files, prepare]) => {
    const options = prepare ? { prepare } : {};
    const given = await load(files, options);
    const other = await load(forTransformer(files), options);
    expect(given.stdout.filter((line) => line !== told && line.startsWith('native '))).toEqual([]);
    expect(resultOf(given)).toEqual(resultOf(other));
    if (given.definition) expect(given.stdout.filter((line) => line === told)).toHaveLength(1);
  });
});
