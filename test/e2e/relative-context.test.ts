// A recipe that is meant for another working directory says which one, and then builds in it.
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';

const recipe = (context: string, source: string) => `import { Template } from 'novita-sandbox';
export const template = Template({ fileContextPath: '${context}' })
  .fromImage('debian:12', undefined, { inheritConfig: false })
  .copy('${source}', '/app/');
`;

const test = testWith({
  files: { 'app/src/files/start.sh': 'echo', '.git/HEAD': 'ref: refs/heads/main' },
  defaults: { inputs: { name: 'my-agent', tags: 'v1' } },
});

test.for([
  [
    'a folder that does not exist here',
    'src/files',
    'start.sh',
    'Missing context directory',
    'app/src/files exists',
  ],
  ['a file that does not', 'src', 'files/start.sh', 'Missing context directory', 'app/src exists'],
  [
    'the working directory itself',
    '.',
    'files/start.sh',
    'Missing COPY source',
    'app/src/files/start.sh exists',
  ],
] as const)('%s', async ([, context, source, title, exists], { workspace, run }) => {
  await workspace.write({ 'app/src/template.ts': recipe(context, source) });
  const failed = await run({ inputs: { template: 'app/src/template.ts' } });
  expect(failed.exitCode, failed.log).toBe(1);
  const folder = context === '.' ? 'app/src' : 'app';
  const template = context === '.' ? 'template.ts' : 'src/template.ts';
  expect(failed.log).toContain(`title=${title},file=app/src/template.ts,line=4`);
  expect(failed.log).toContain(
    `counts from the working directory, and ${exists}: set the inputs working-directory: ${folder} and template: ${template}.`,
  );
  const { exitCode, log } = await run({ inputs: { 'working-directory': folder, template } });
  expect(exitCode, log).toBe(0);
});

test('a path that fits nowhere is told as before', async ({ workspace, run }) => {
  await workspace.write({ 'app/src/template.ts': recipe('src/none', 'start.sh') });
  const { log } = await run({ inputs: { template: 'app/src/template.ts' } });
  expect(log).toContain('Set fileContextPath to the directory that holds the files.');
});

test('the place of a mistake is named once, as the workspace spells it', async ({ workspace, run }) => {
  await workspace.write({ 'app/src/template.ts': `\nthrow new Error('no tag');\n` });
  const { log } = await run({ inputs: { 'working-directory': 'app', template: 'src/template.ts' } });
  expect(log).toMatch(
    /::app\/src\/template\.ts:2: The definition throws an error: no tag\. A definition must/,
  );
  expect(log.match(/template\.ts:2/g)).toHaveLength(1);
});
