/** `novita-template list`: what a person sees of the templates of a repository, and what a script gets as JSON. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemVariables } from '../support/system-variables.ts';
import { test } from './command-kit.ts';
import { recipe } from './list-kit.ts';
import { commits, pinned } from './reuse-kit.ts';

const repository = {
  'agent/template.ts': recipe(),
  'agent/app/main.py': '1',
  'shell/Dockerfile': `FROM ${pinned}\nRUN true\n`,
  'broken/template.ts': "throw new Error('no');\n",
};
const words = ['list', '*/template.ts', '*/Dockerfile'];

test('says of each template whether it is published as it stands', async ({
  command,
  workspace,
  service,
}) => {
  await workspace.write(repository);
  for (const [name, file] of [
    ['agent', 'agent/template.ts'],
    ['shell', 'shell/Dockerfile'],
  ] as const)
    expect((await command(['build', file, '--name', name, '--tags', 'default'])).exitCode).toBe(0);
  await workspace.write({ 'shell/Dockerfile': `FROM ${pinned}\nRUN false\n` });
  const since = service.requests.length;
  const build = service.inspect.resolve('agent', 'default');

  const table = await command(words);
  expect(table.exitCode, table.stderr).toBe(0);
  const rows = table.stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '));
  const all = 'yes | all are, except on pull requests';
  expect(rows).toEqual(
    expect.arrayContaining([
      'template | name | kind | published | listed | why',
      `agent/template.ts | agent | module | yes | ${all}; default is on build ${build} of this content`,
      `shell/Dockerfile | shell | dockerfile | no | ${all}; no build has this content`,
      expect.stringContaining(
        `broken/template.ts | broken | module | ? | ${all}; its definition has a mistake`,
      ),
      '3 of 3 templates are listed, and 1 is published as it stands',
    ]),
  );

  const json = await command([...words, '--json', '--result-file', 'list.json']);
  expect(json.exitCode, json.stderr).toBe(0);
  const document = JSON.parse(json.stdout);
  expect(document).toMatchObject({
    schemaVersion: 1,
    templates: expect.arrayContaining([
      { ...entry('agent', 'agent/template.ts', 'module'), published: true },
      { ...entry('shell', 'shell/Dockerfile', 'dockerfile'), published: false },
      entry('broken', 'broken/template.ts', 'module'),
    ]),
    count: 3,
  });
  // Each entry goes into the inputs of a build, so it has nothing else.
  expect(document.matrix.include).toContainEqual({ name: 'agent', template: 'agent/template.ts' });
  expect(JSON.parse(readFileSync(join(workspace.path, 'list.json'), 'utf8'))).toEqual(document);
  expect(service.requests.slice(since).map(({ method }) => method)).not.toContain('POST');
});

test('of a manifest asks for the tags that it gives', async ({ command, workspace }) => {
  await workspace.write({
    ...repository,
    'novita-templates.yml': 'templates: [{ template: agent/template.ts, tags: edge }]\n',
  });
  const build = ['build', 'agent/template.ts', '--name', 'agent', '--tags'];
  expect((await command([...build, 'default'])).exitCode).toBe(0);
  expect((await command(['list'])).stdout).toMatch(/ no +yes +all are.*; agent has no tag edge$/m);
  expect((await command([...build, 'edge'])).exitCode).toBe(0);
  expect((await command(['list'])).stdout).toMatch(/ yes +yes +all are.*; edge is on build/m);
});

test('without a key reads no definition, and does not say', async ({ command, workspace, service }) => {
  await workspace.write({
    ...repository,
    'agent/template.ts': "import { writeFileSync } from 'node:fs'; writeFileSync('read', '');",
  });
  const { exitCode, stdout, stderr } = await command([...words, '--json'], { env: { NOVITA_API_KEY: '' } });
  expect(exitCode, stderr).toBe(0);
  const { templates } = JSON.parse(stdout);
  expect(templates).toHaveLength(3);
  for (const template of templates) expect(template).not.toHaveProperty('published');
  expect(existsSync(join(workspace.path, 'read'))).toBe(false);
  expect(service.requests).toEqual([]);
});

test('on a CI system asks for the tag of the branch that is built', async ({ command, workspace }) => {
  await workspace.write(repository);
  await command(['build', 'agent/template.ts', '--name', 'agent', '--tags', 'default']);
  const env = {
    ...systemVariables.gitlab['the default branch'],
    CI_COMMIT_SHA: commits.first,
    CI_PROJECT_DIR: workspace.path,
  };
  const { exitCode, stdout, stderr } = await command([...words, '--json'], { env });
  expect(exitCode, stderr).toBe(0);
  const { templates, matrix } = JSON.parse(stdout);
  expect(matrix.include).toContainEqual({ name: 'agent', template: 'agent/template.ts' });
  expect(templates).toContainEqual(expect.objectContaining({ name: 'agent', published: true, listed: true }));
});

function entry(name: string, path: string, kind: string) {
  const why = expect.stringContaining('all are, except on pull requests; ');
  return { ...{ name, path, kind, why }, listed: true };
}
