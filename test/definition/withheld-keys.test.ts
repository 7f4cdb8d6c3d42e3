// A definition that wants the key is told that it gets none on purpose, however it says so.
import { expect, test } from 'vitest';
import { load } from '../support/definition-project.ts';

const sdk = `import { Template } from 'novita-sandbox';\n`;
const last = `\nexport const template = Template().fromTemplate('x');`;
const onPurpose = (name: string) =>
  new RegExp(`The action does not hand ${name} to a definition, on purpose.*changes nothing`);

test.each([
  [
    'it throws',
    `if (!process.env.E2B_API_KEY) throw new Error('E2B_API_KEY is required');${last}`,
    'E2B_API_KEY',
  ],
  [
    'it throws a text',
    `if (!process.env.NOVITA_API_KEY) throw 'NOVITA_API_KEY is required';${last}`,
    'NOVITA_API_KEY',
  ],
  [
    'it throws without the name',
    `const key = process.env.NOVITA_API_KEY;\nif (!key) throw new Error('Please set your API key');${last}`,
    'NOVITA_API_KEY',
  ],
  [
    'it prints and exits',
    `if (!process.env.E2B_API_KEY) {\n  console.error('E2B_API_KEY is not set');\n  process.exit(1);\n}${last}`,
    'E2B_API_KEY',
  ],
  [
    'it exits in silence',
    `if (!process.env.NOVITA_API_KEY) {\n  process.exit(1);\n}${last}`,
    'NOVITA_API_KEY',
  ],
  [
    'it prints, and has no template',
    `let made;\nif (process.env.E2B_API_KEY) made = Template();\nelse console.log('E2B_API_KEY is missing');\nexport const template = made;`,
    'E2B_API_KEY',
  ],
  [
    'a function prints, and returns nothing',
    `export default () => {\n  if (!process.env.E2B_ACCESS_TOKEN) return void console.warn('set E2B_ACCESS_TOKEN');\n  return Template().fromTemplate('x');\n};`,
    'E2B_ACCESS_TOKEN',
  ],
  ['it wants an input', `if (!process.env.INPUT_NAME) throw new Error('INPUT_NAME?');${last}`, 'INPUT_NAME'],
])('%s', async (_, code, name) => {
  const loaded = await load({ 'template.ts': sdk + code });
  expect(loaded.problems).toHaveLength(1);
  expect(loaded.problems[0]?.message).toMatch(onPurpose(name));
});

test.each([
  ['another variable', `throw new Error('OPENAI_API_KEY is required');`],
  ['another cause', `throw new Error('the registry does not answer');`],
])('nothing is said of keys for %s', async (_, code) => {
  const loaded = await load({ 'template.ts': `${sdk}${code}\n// NOVITA_API_KEY${last}` });
  expect(loaded.problems[0]?.message).toMatch(/must load without an error and export its template\.$/);
});
