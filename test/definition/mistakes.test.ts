import { describe, expect, test } from 'vitest';
import { load } from '../support/definition-project.ts';
import { expectOneProblem, type Mistake } from './one-problem.ts';

const first = `import { Template, waitForPort } from 'e2b';`;

const rows: [label: string, ...mistake: Mistake][] = [
  // The file does not parse or import.
  [
    'a syntax error',
    { 'template.ts': `${first}\nexport const template = Template()\n  .fromTemplate('x'\n  .runCmd('a');\n` },
    'template.ts:4:15',
    /^Unexpected token, expected ","/,
  ],
  [
    'a syntax error, with its line',
    { 'template.ts': `${first}\n  const = 1;` },
    'template.ts:2:9',
    /^Unexpected token\. The line reads: const = 1;/,
  ],
  [
    'a syntax error in an import',
    {
      'template.ts': `import { x } from './lib';\nexport const template = x;`,
      'lib.ts': `\nexport const x = ;`,
    },
    'lib.ts:2:18',
    /^Unexpected token/,
  ],
  [
    'JSON that is not valid',
    {
      'template.ts': `import data from './data.json';\nexport const template = data;`,
      'data.json': `{ "a": `,
    },
    'data.json:1',
    /^Unexpected end of JSON input/,
  ],
  [
    'a package that is not installed',
    { 'template.ts': `${first}\nimport { z } from 'zod';\nexport const template = z;` },
    'template.ts:2',
    /^zod is imported and not installed.*npm ci/,
  ],
  [
    'a scoped package that is not installed',
    { 'template.ts': `${first}\nimport { z } from '@acme/images/base';\nexport const template = z;` },
    'template.ts:2',
    /@acme\/images\/base is imported and not installed/,
  ],
  [
    'a package that a helper imports',
    {
      'template.ts': `export { template } from './lib';`,
      'lib.ts': `\n\nimport { z } from 'zod';\nexport const template = z;`,
    },
    'lib.ts:3',
    /^zod is imported/,
  ],
  [
    'a relative import of nothing',
    { 'template.ts': `${first}\nimport { x } from './lib/none';\nexport const template = x;` },
    'template.ts:2',
    /lib\/none is imported, and there is no such file/,
  ],
  [
    'a dynamic import of nothing',
    { 'template.ts': `${first}\n\nconst { x } = await import('./none');\nexport const template = x;` },
    'template.ts:3',
    /no such file/,
  ],
  // The file throws.
  [
    'an error',
    { 'template.ts': `${first}\nthrow new Error('IMAGE_TAG must be set');` },
    'template.ts:2',
    /^IMAGE_TAG must be set\./,
  ],
  [
    'an error with a cause',
    { 'template.ts': `throw new Error('no config', { cause: new Error('ENOENT') });` },
    'template.ts:1',
    /no config\. Cause: ENOENT/,
  ],
  [
    'an error in a helper',
    {
      'template.ts': `import { image } from './lib';\nexport const template = image();`,
      'lib.ts': `\nexport function image() {\n  throw new RangeError('out');\n}`,
    },
    'lib.ts:3',
    /^RangeError: out/,
  ],
  [
    'a TypeError',
    { 'template.ts': `const config: any = undefined;\nexport const template = config.image;` },
    'template.ts:2',
    /^TypeError: Cannot read properties of undefined \(reading 'image'\)/,
  ],
  [
    'a name that is not defined',
    { 'template.ts': `\nexport const template = Template();` },
    'template.ts:2',
    /ReferenceError: Template is not defined/,
  ],
  [
    'what only Bun has',
    { 'template.ts': `${first}\nexport const template = Template().fromImage(Bun.env.IMAGE);` },
    'template.ts:2',
    /Bun is not defined\. A definition runs on Node\.js, which has no Bun: use process\.env/,
  ],
  [
    'a file that it reads is missing',
    {
      'template.ts': `import { readFileSync } from 'node:fs';\nexport const template = readFileSync('none.txt', 'utf8');`,
    },
    'template.ts:2',
    /ENOENT.*none\.txt/,
  ],
  [
    'a string is thrown',
    { 'template.ts': `\nthrow 'no image';` },
    undefined,
    /^template\.ts throws 'no image'.*Throw new Error/,
  ],
  ['undefined is thrown', { 'template.ts': `throw undefined;` }, undefined, /throws undefined/],
  ['an object is thrown', { 'template.ts': `\n\nthrow { a: 1 };` }, undefined, /throws an object/],
  [
    'a rejected promise that nobody waits for',
    {
      'template.ts': `${first}\nPromise.reject(new Error('lost'));\nawait new Promise((done) => setTimeout(done, 100));\nexport const template = Template();`,
    },
    'template.ts:2',
    /^lost/,
  ],
  [
    'a rejected promise that nobody waits for, in a template that is there at once',
    {
      'template.ts': `${first}\nPromise.reject(new Error('later'));\nexport const template = Template().fromTemplate('x');`,
    },
    'template.ts:2',
    /^later/,
  ],
  [
    'an async helper that nobody waits for',
    {
      'template.ts': `${first}\nasync function check() {\n  await null;\n  throw new Error('no tag');\n}\nexport function template() {\n  check();\n  return Template().fromTemplate('x');\n}`,
    },
    'template.ts:4',
    /^no tag/,
  ],
  [
    'an error in a timer',
    {
      'template.ts': `setTimeout(() => {\n  throw new Error('late');\n}, 1);\nawait new Promise((done) => setTimeout(done, 1000));`,
    },
    'template.ts:2',
    /^late/,
  ],
  // It wants what a definition has not.
  [
    'a failing request',
    { 'template.ts': `${first}\n\n\nawait fetch('http://127.0.0.1:1/image');` },
    'template.ts:4',
    /^fetch failed\. Cause: .*A definition should need neither the network nor an API key/,
  ],
  [
    'a failing request in a helper',
    {
      'template.ts': `import { latest } from './lib';\nexport const template = async () => latest();`,
      'lib.ts': `\nexport async function latest() {\n  await null;\n  const answer = await fetch('http://127.0.0.1:1/');\n  return answer.json();\n}`,
    },
    'lib.ts:4',
    /^fetch failed/,
  ],
  [
    'a failing connection whose line is not known',
    {
      'template.ts': `import { connect } from 'node:net';\n\nconnect(1, '127.0.0.1');\nawait new Promise(() => {});`,
    },
    undefined,
    /^template\.ts: connect ECONNREFUSED 127\.0\.0\.1:1\. A definition should need neither/,
  ],
  [
    'a sandbox without a service',
    {
      'template.ts': `import { Sandbox } from 'e2b';\n\n\nawait Sandbox.create('base', { apiKey: 'x', apiUrl: 'http://127.0.0.1:1' });`,
    },
    'template.ts:4',
    /^fetch failed.*nor an API key.*calls of the service to a separate script/,
  ],
  // The SDK does not have it, or refuses it.
  [
    'a method of e2b',
    {
      'template.ts': `${first}\nexport const template = Template()\n  .fromAlpineImage('3.20')\n  .runCmd('a');`,
    },
    'template.ts:3',
    /^templates of novita-sandbox 2\.1\.1 have no fromAlpineImage\(\)\. Use fromImage\('alpine:/,
  ],
  [
    'a method further down the chain',
    {
      'template.ts': `${first}\nexport const template = Template()\n  .fromTemplate('x')\n  .uvInstall('a');`,
    },
    'template.ts:4',
    /have no uvInstall\(\)\. Use another method, or runCmd\(\)/,
  ],
  [
    'an export of e2b',
    {
      'template.ts': `import { Template, waitForMoon } from 'e2b';\nexport const template = Template()\n  .fromTemplate('x')\n  .setReadyCmd(waitForMoon());`,
    },
    'template.ts:4',
    /e2b is novita-sandbox here, and novita-sandbox 2\.1\.1 does not export waitForMoon/,
  ],
  [
    'what only another base has',
    {
      'template.ts': `${first}\nexport const template = (Template() as any).fromTemplate('x')\n  .addMcpServer('exa');`,
    },
    'template.ts:3',
    /MCP servers can only be added to mcp-gateway template/,
  ],
  [
    'a Dockerfile that is not there',
    {
      'template.ts': `${first}\nexport const template = Template()\n  .fromDockerfile('e2b.Dockerfile');`,
    },
    'template.ts:3',
    /names a file that does not exist\. Looked for .*\/e2b\.Dockerfile\. .*working-directory/,
  ],
];

describe('one problem that names the place', () => {
  test.each(rows)('%s', (_, ...row) => expectOneProblem(...row));
});

test('looking whether a method is there does no harm', async () => {
  const loaded = await load({
    'template.ts': `import * as sdk from 'e2b';
let chain: any = sdk.Template().fromTemplate('x');
if (chain.fromAlpineImage) chain = chain.fromAlpineImage();
if ('waitForPort' in sdk) chain = chain.runCmd('a');
export const template = chain;`,
  });
  expect(loaded.problems).toEqual([]);
});
