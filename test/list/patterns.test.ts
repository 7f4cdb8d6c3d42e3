/** Which files patterns list, and the names that their templates get. */
import { describe, expect, test } from 'vitest';
import { recipeName } from '../../src/list/recipe-name.ts';
import type { Tree } from '../support/temporary-directory.ts';
import { planted } from '../support/temporary-directory.ts';
import { listed, listIn, refused } from './list-in.ts';

const tree = (...paths: string[]): Tree => Object.fromEntries(paths.map((path) => [path, '']));
const names = async (paths: string[], templates: string) =>
  (await listIn(tree(...paths), { templates })).map(({ name, template }) => `${name} ${template}`);

const repository = [
  'sandbox-templates/nextjs/template.ts',
  'sandbox-templates/nextjs/build.dev.ts',
  'sandbox-templates/Vite App/template.ts',
  'sandbox-templates/old/template.ts',
  'sandbox-templates/README.md',
  'node_modules/x/template.ts',
  '.git/x/template.ts',
];

describe('patterns', () => {
  test.each([
    ['sandbox-templates/*/template.ts', ['nextjs', 'old', 'vite-app']],
    ['./sandbox-templates/*/template.ts', ['nextjs', 'old', 'vite-app']],
    ['**/template.ts', ['nextjs', 'old', 'vite-app']],
    ['**/template.ts\n!**/old/**', ['nextjs', 'vite-app']],
    ['!sandbox-templates/old\n**/template.ts', ['nextjs', 'vite-app']],
    ['**/template.ts\n! sandbox-templates/{old,nextjs}/*', ['vite-app']],
    ['sandbox-templates/{nextjs,old}/template.ts', ['nextjs', 'old']],
    ['sandbox-templates/[m-o]*/template.ts', ['nextjs', 'old']],
    ['sandbox-templates/nextjs/template.ts\nsandbox-templates/*/template.ts', ['nextjs', 'old', 'vite-app']],
  ])('%j', async (templates, expected) => {
    const found = await listIn(tree(...repository), { templates });
    expect(found.map(({ name }) => name).sort()).toEqual(expected);
  });

  test('of folders that begin with a dot name the dot', async () => {
    expect(await names(['agent/.novita/template.ts'], '*/.novita/template.ts')).toEqual([
      'agent agent/.novita/template.ts',
    ]);
  });

  test('are relative to the working directory, which each entry has', async () => {
    const found = await listIn(tree('services/a/template.ts', 'b/template.ts'), {
      templates: '*/template.ts',
      workingDirectory: 'services',
    });
    expect(found).toEqual([{ name: 'a', template: 'a/template.ts', 'working-directory': 'services' }]);
  });

  test('that match nothing beside others that do are told', async () => {
    const found = await listed(await planted(tree('a/template.ts')), { templates: '*/template.ts\nb/*.ts' });
    expect(found.unmatched).toEqual(['b/*.ts']);
  });
});

describe('the name of a template', () => {
  test.each([
    ['sandbox-templates/nextjs/template.ts', 'nextjs'],
    ['sandbox-templates/nextjs/build.prod.ts', 'nextjs'],
    ['services/agent/sandbox/template.mts', 'agent'],
    ['services/agent/.novita/template.cjs', 'agent'],
    ['services/agent/e2b/e2b.Dockerfile', 'agent'],
    ['agent/Dockerfile', 'agent'],
    ['agent/Containerfile', 'agent'],
    ['agent/e2b.toml', 'agent'],
    ['agent/template.py', 'agent'],
    ['agent/build.py', 'agent'],
    ['e2b-desktop.Dockerfile', 'desktop'],
    ['e2b.desktop.Dockerfile', 'desktop'],
    ['Dockerfile.worker', 'worker'],
    ['docker/worker.dockerfile', 'worker'],
    ['agents/browser.ts', 'browser'],
    ['agents/code_v2.py', 'code_v2'],
    ['agents/browser.template.ts', 'browser'],
    ['agents/template.browser.ts', 'browser'],
    ['agents/e2b-xl.toml', 'xl'],
    ['My Agent/template.ts', 'my-agent'],
    ['Übung/template.ts', 'ubung'],
    ['template.ts', undefined],
    ['sandbox/template.ts', undefined],
    ['日本/template.ts', undefined],
  ])('%s is %s', (path, name) => {
    expect(recipeName(path)).toBe(name);
  });
});

test('the name in a config file counts before that of its folder', async () => {
  const files = {
    'templates/a/e2b.toml': '# template_name = "none"\nteam_id = "t"\ntemplate_name = "my-agent"\n',
    'templates/b/novita.toml': "[template]\n  name = 'my-worker'\n",
    'templates/c/e2b.toml': 'template_id = "x"\n',
  };
  const found = await listIn(files, { templates: 'templates/*/*.toml' });
  expect(found.map(({ name }) => name)).toEqual(['my-agent', 'my-worker', 'c']);
});

describe('a mistake', () => {
  test('one name for two files', async () => {
    expect(await refused(tree(...repository), { templates: 'sandbox-templates/nextjs/*.ts' })).toEqual([
      'Input templates: found 2 templates with the name "nextjs": sandbox-templates/nextjs/build.dev.ts, sandbox-templates/nextjs/template.ts. Their builds would take each other\'s tags. Narrow the patterns, exclude files with a pattern such as !**/build.*, or write a manifest (novita-templates.yml) that names each.',
    ]);
  });

  test('a file that is no definition', async () => {
    const [message] = await refused(tree(...repository), { templates: 'sandbox-templates/*.md' });
    expect(message).toMatch(/^Wrong kind of definition file: template: sandbox-templates\/README.md has/);
  });

  test('no file at all, with what there is', async () => {
    expect(await refused(tree(...repository), { templates: 'templates/*.ts' })).toEqual([
      'Input templates: found no file in <workspace> for templates/*.ts. The patterns are relative to working-directory, and * matches no name that begins with a dot. There are files for templates: sandbox-templates/*/template.*. If the repository is empty here, run actions/checkout before this step.',
    ]);
  });

  test('neither patterns nor a manifest', async () => {
    expect(await refused(tree('e2b-a.Dockerfile', 'e2b-b.Dockerfile'))).toEqual([
      'No templates named: The input templates is empty, and there is no novita-templates.yml in <workspace>. There are files for templates: e2b-*.Dockerfile. Name the definitions by patterns (templates: sandbox-templates/*/template.ts), or write that file. If the repository is empty here, run actions/checkout before this step.',
    ]);
  });

  test.each([
    ['/etc/*', /^Input templates: found "\/etc\/\*"; it is an absolute path; expected/],
    ['../*/template.ts', /it leads out of the folder that is searched\. Set working-directory/],
    ['a/{..,b}/template.ts', /it leads out of the folder/],
    ['!', /nothing follows the "!"/],
    ['!**/old/**', /which only excludes\. Add a pattern/],
  ])('the pattern %s', async (templates, message) => {
    const said = await refused(tree('a/template.ts'), { templates });
    expect(said).toEqual([expect.stringMatching(message)]);
  });

  test('a file at the top, whose folder has no name', async () => {
    expect(await refused(tree('template.ts'), { templates: '*.ts' })).toEqual([
      expect.stringMatching(/^Input name: is empty, and the path template\.ts has no folder/),
    ]);
  });
});
