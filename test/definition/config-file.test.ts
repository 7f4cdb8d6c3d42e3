// A config file of E2B's command builds: its Dockerfile, name, size and commands, each at its line.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { definitionOf, type LoadOptions, load, place } from '../support/definition-project.ts';
import { startRegistry } from '../support/registry-server.ts';
import { expectOneProblem, type Mistake } from './one-problem.ts';

const registry = await startRegistry();
registry.push('base', 'latest');
afterAll(() => registry.close());

const image = `${registry.host}/base`;
const Dockerfile = `FROM ${image}\nRUN a\nCOPY a.txt /\n`;
const files = { 'e2b.Dockerfile': Dockerfile, 'a.txt': 'a' };

async function read(toml: string, others: Record<string, string> = files, options: LoadOptions = {}) {
  const loaded = await load({ 'e2b.toml': toml, ...others }, options);
  const definition = definitionOf(loaded);
  const settings = Object.fromEntries(
    Object.entries(definition.settings).map(([name, setting]) => [
      name,
      `${setting?.value} <${place(loaded, setting?.at)}>`,
    ]),
  );
  const steps = definition.steps.map(
    ({ wire, source }) => `${[wire.type, ...(wire.args ?? [])].join(' ').trim()} <${place(loaded, source)}>`,
  );
  return { ...loaded, definition, settings, steps };
}

test('all fields', async () => {
  const { definition, settings, steps, directory, ...loaded } =
    await read(`# This is a config for E2B sandbox template.
# Python SDK: Sandbox(template="other")
team_id = "460355b3"
memory_mb = 4_096
cpu_count = 4
start_cmd = "/start.sh"
dockerfile = "e2b.Dockerfile"
template_name = "my-agent"
template_id = "icdgvx778pzv"
`);
  expect(definition).toMatchObject({
    kind: 'config',
    file: join(directory, 'e2b.toml'),
    recipe: { fromImage: image, startCmd: '/start.sh', readyCmd: 'sleep 20' },
    contextDirectory: directory,
  });
  expect(settings).toEqual({
    name: 'my-agent <e2b.toml:8>',
    cpuCount: '4 <e2b.toml:5>',
    memoryMb: '4096 <e2b.toml:4>',
  });
  expect(steps).toContainEqual(expect.stringMatching(/^RUN a.* <e2b\.Dockerfile:2>$/));
  expect(steps).toContainEqual(expect.stringMatching(/^COPY a\.txt \/.* <e2b\.Dockerfile:3>$/));
  expect(place({ directory, ...loaded }, definition.sources.start)).toBe('e2b.toml:6');
});

describe('where the Dockerfile is', () => {
  const toml = (dockerfile: string) => `template_name = "x"\n${dockerfile}`;
  test.each<
    [label: string, dockerfile: string, files: Record<string, string>, context: string, file?: string]
  >([
    ['beside it', 'dockerfile = "Dockerfile"', { Dockerfile }, ''],
    ['in a folder', 'dockerfile = "./docker/Dockerfile"', { 'docker/Dockerfile': Dockerfile }, ''],
    ['no field', '', { 'e2b.Dockerfile': Dockerfile }, ''],
    ['in a table', '[template]\ndockerfile = "Dockerfile"', { Dockerfile }, ''],
    [
      'relative to the file',
      'dockerfile = "Dockerfile"',
      { 'app/Dockerfile': Dockerfile, Dockerfile: 'FROM other' },
      'app',
      'app/e2b.toml',
    ],
    [
      'relative to the repository',
      'dockerfile = "app/Dockerfile"',
      { 'app/Dockerfile': Dockerfile },
      '',
      'app/e2b.toml',
    ],
  ])('%s', async (_, dockerfile, others, context, file = 'e2b.toml') => {
    const loaded = await load({ [file]: toml(dockerfile), ...others, 'a.txt': 'a' });
    const { contextDirectory, recipe } = definitionOf(loaded);
    expect(contextDirectory).toBe(join(loaded.directory, context));
    expect(recipe.fromImage).toBe(image);
  });

  test('relative to a repository that the working directory is in', async () => {
    const loaded = await load(
      { 'e2b.toml': toml('dockerfile = "none"'), ...files },
      { prepare: (directory) => mkdirSync(join(directory, '.git')) },
    );
    expect(loaded.problems[0]?.title).toBe('The Dockerfile does not exist');
  });
});

test.each<[label: string, fields: string, recipe: Record<string, unknown>]>([
  ['a ready command', 'start_cmd = "a"\nready_cmd = "b"', { startCmd: 'a', readyCmd: 'b' }],
  ['an empty start command', 'start_cmd = ""', {}],
  ['a ready command alone', 'ready_cmd = "b"', { readyCmd: 'b' }],
])('%s', async (_, fields, recipe) => {
  const { definition } = await read(`template_name = "x"\n${fields}`);
  const { startCmd, readyCmd } = definition.recipe;
  expect(JSON.parse(JSON.stringify({ startCmd, readyCmd }))).toEqual(recipe);
});

test('fields without a meaning are told at their line, and change nothing', async () => {
  const loaded = await read(`template_name = "x"\nvcpus = 2\nmemoryMB = 512\n\n[env]\nA = "1"\n`);
  expect(
    loaded.definition.notices
      .filter(({ at }) => at?.file.endsWith('.toml'))
      .map(({ title, at }) => `${place(loaded, at)} ${title}`),
  ).toEqual([
    'e2b.toml:2 vcpus is not read',
    'e2b.toml:3 memoryMB is not read',
    'e2b.toml:5 env is not read',
  ]);
  const all = loaded.definition.notices.map(({ message }) => message).join('\n');
  expect(all).toMatch(/Do you mean cpu_count\?[\s\S]*Do you mean memory_mb\?/);
});

test('names of older versions of the command, and fields in a table of another name', async () => {
  const loaded = await read(
    'id = "icdg"\ntemplate = "icdg"\nname = "x"\n[resources]\ncpu_count = 2\nmemory_mb = 512\n',
  );
  expect(loaded.settings).toEqual({ name: 'x <e2b.toml:3>' });
  const notices = loaded.definition.notices.filter(({ at }) => at?.file.endsWith('.toml'));
  expect(notices.map(({ message }) => message)).toEqual([
    expect.stringContaining(
      'left out, with cpu_count and memory_mb in it. Move these above the first table.',
    ),
  ]);
});

test('the input name serves where the file has an identifier only', async () => {
  const { settings } = await read('template_id = "icdg"', files, { reading: { name: 'my-agent' } });
  expect(settings).toEqual({});
});

const mistakes: [label: string, ...mistake: Mistake][] = [
  [
    'an identifier and no name',
    { 'e2b.toml': '\ntemplate_id = "icdg"', ...files },
    'e2b.toml:2',
    /template_id icdg and no template_name.*input name:/,
  ],
  ['no name', { 'e2b.toml': 'cpu_count = 2', ...files }, 'e2b.toml:1', /no template_name/],
  [
    'no TOML',
    { 'e2b.toml': 'template_name = "x"\nstart_cmd = run it\n', ...files },
    'e2b.toml:2:13',
    /no valid TOML/,
  ],
  [
    'a size that is a text',
    { 'e2b.toml': 'template_name = "x"\ncpu_count = "two"', ...files },
    'e2b.toml:2',
    /cpu_count is the text "two"; a whole number/,
  ],
  [
    'a table that swallows fields',
    { 'e2b.toml': 'template_name = "x"\n[ready_cmd]\ncpu_count = 2', ...files },
    'e2b.toml:2',
    /\[ready_cmd\] begins a table, so all lines below belong to it/,
  ],
  [
    'a Dockerfile that is not there',
    { 'e2b.toml': 'template_name = "x"\ndockerfile = "docker/none"', ...files },
    'e2b.toml:2',
    /neither beside e2b\.toml nor in/,
  ],
  [
    'no Dockerfile',
    { 'e2b.toml': 'template_name = "x"' },
    'e2b.toml:1',
    /none of e2b\.Dockerfile, novita\.Dockerfile, Dockerfile stands beside/,
  ],
  ['bytes that are no text', { 'e2b.toml': 'template_name = "x"\0' }, 'e2b.toml:1', /NUL bytes/],
];

test.each(mistakes)('mistake: %s', (_, ...row) => expectOneProblem(...row));
