// `dotenv` needs no installation: it reads `.env` where it is there, and never overrides or gives a key.
import { expect, test } from 'vitest';
import { load, steps } from '../support/definition-project.ts';

const recipe = `import { Template } from 'novita-sandbox';\nexport const template = Template().fromTemplate('x').runCmd([process.env.A, process.env.B, process.env.E2B_API_KEY].join(' '));`;

test.each([
  ['an import that reads it', `import 'dotenv/config';\n`],
  ['the default export', `import dotenv from 'dotenv';\ndotenv.config();\n`],
  ['a name', `import { config } from 'dotenv';\nconfig({ path: '.env', override: true });\n`],
  ['all names', `import * as dotenv from 'dotenv';\ndotenv.config({ path: ['.env', '.env.local'] });\n`],
  ['require', `require('dotenv').config();\n`],
  ["Node's own means", `process.loadEnvFile();\n`],
])('%s', async (_, code) => {
  const loaded = await load(
    { 'template.ts': code + recipe, '.env': 'A=file\nB="quoted value" # why\nE2B_API_KEY=secret\n' },
    { env: { A: 'job' } },
  );
  expect(steps(loaded)).toEqual([`RUN job quoted value  <template.ts:${code.split('\n').length + 1}>`]);
});

test('without the file, nothing is read, and the result says so', async () => {
  const loaded = await load({
    'template.ts': `import dotenv from 'dotenv';\nconsole.log(dotenv.config(), dotenv.parse('X=1'));\n${recipe}`,
  });
  expect(loaded.stdout).toEqual(["{ parsed: {} } { X: '1' }"]);
});
