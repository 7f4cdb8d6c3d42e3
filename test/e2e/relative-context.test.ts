// A recipe that is meant for another working directory says which one, and then builds in it.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
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

describe('what sets the context directory is named as the definition would write it', () => {
  const python = (options: string, source: string) =>
    `from novita_sandbox import Template\ntemplate = Template(${options}).from_image('debian:12').copy('${source}', '/app/')\n`;

  test.for([
    ['a module', 'app/template.ts', recipe('app', 'out/a'), 'fileContextPath'],
    ['a Dockerfile', 'app/Dockerfile', 'FROM 127.0.0.1:1/base\nCOPY out/a /app/\n', 'the input context'],
    ['a config file', 'app/e2b.toml', 'dockerfile = "e2b.Dockerfile"\n', 'the input context'],
  ] as const)('%s', async ([, template, text, setting], { workspace, run }) => {
    await workspace.write({
      'app/a.txt': '1',
      'app/e2b.Dockerfile': 'FROM 127.0.0.1:1/base\nCOPY out/a /app/\n',
      'elsewhere/a': '1',
      [template]: text,
    });
    symlinkSync(join(workspace.path, 'elsewhere'), join(workspace.path, 'app/out'));
    const { log, exitCode } = await run({ inputs: { template } });
    expect([exitCode, log]).toEqual([1, expect.stringContaining('COPY leads out of the context')]);
    expect(log).toContain(`or set ${setting} to a directory that holds both.`);
  });

  test.for([
    ['a relative one', "file_context_path='src/files'", "file_context_path='src/files' counts from the"],
    ['one that fits nowhere', "file_context_path='none'", 'Set file_context_path to the directory that'],
  ] as const)('Python: %s', async ([, options, says], { workspace, run, skip }) => {
    if (inject('python') === '') skip();
    await workspace.write({ 'app/src/template.py': python(options, 'start.sh') });
    const inputs = { template: 'app/src/template.py', python: inject('python') };
    const { log, exitCode } = await run({ inputs });
    expect([exitCode, log]).toEqual([1, expect.stringContaining(says)]);
  });

  test('the input, where it is given, since it wins', async ({ workspace, run }) => {
    await workspace.write({ 'app/src/template.ts': recipe('src/files', '../start.sh') });
    const inputs = { template: 'app/src/template.ts', context: 'app' };
    const { log, exitCode } = await run({ inputs });
    expect([exitCode, log]).toEqual([1, expect.stringContaining('or set the input context to a directory')]);
    await workspace.write({ 'app/src/template.ts': recipe('src', 'files/start.sh') });
    const missing = await run({ inputs: { ...inputs, context: 'app/src/files' } });
    expect(missing.log).toMatch(/context directory \S+files, and the input context names another\./);
    expect(missing.log).not.toContain('fileContextPath');
  });
});

test('the place of a mistake is named once, as the workspace spells it', async ({ workspace, run }) => {
  await workspace.write({ 'app/src/template.ts': `\nthrow new Error('no tag');\n` });
  const { log } = await run({ inputs: { 'working-directory': 'app', template: 'src/template.ts' } });
  expect(log).toMatch(
    /::app\/src\/template\.ts:2: The definition throws an error: no tag\. A definition must/,
  );
  expect(log.match(/template\.ts:2/g)).toHaveLength(1);
});
