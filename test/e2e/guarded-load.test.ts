/** A run that a stranger may have caused, with secrets: only what is committed is loaded, whatever lies around it. */

import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { git, write } from '../support/checkouts.ts';
import { guardedTest, loaded, planted } from './guarded-kit.ts';

const plantedPackage = (name: string, code: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({
    name,
    version: '2.0.0',
    type: 'module',
    main: 'index.js',
  }),
  [`node_modules/${name}/index.js`]: code,
});
/** An SDK that would do as one, and says that it was loaded. */
const plantedSdk = plantedPackage(
  'novita-sandbox',
  `${planted('sdk')}\nexport class TemplateBase {}\nexport function Template() { return new TemplateBase(); }\nTemplate.toJSON = () => '{}';\nexport default {};\n`,
);
const curious = `import { createRequire } from 'node:module';
import { Template } from 'e2b';
const require = createRequire(import.meta.url);
const ways = {
  ts: () => import('./planted.ts'),
  mts: () => import('./planted-2.mts'),
  mjs: () => import('./planted-3.mjs'),
  cjs: () => import('./planted-4.cjs'),
  js: () => import('./planted-5.js'),
  json: async () => (await import('./planted.json')).default.text,
  extensionless: () => import('./planted-6'),
  folder: () => import('./planted-7'),
  'require js': () => require('./planted-5.js'),
  'require cjs': () => require('./planted-4.cjs'),
  'require ts': () => require('./planted.ts'),
  'require json': () => require('./planted.json').text,
  'file url': () => import(new URL('./planted-3.mjs', import.meta.url).href),
  'query': () => import(new URL('./planted-3.mjs?again', import.meta.url).href),
  'package beside': () => import('beside'),
  'package above': () => import('above'),
  'require package': () => require('above'),
  'part of the SDK': () => require('novita-sandbox/code-interpreter'),
  link: () => import('./linked.ts'),
  'link to a folder': () => import('./linked/planted.ts'),
  alias: () => import('planted-alias'),
  addon: () => require('./planted.node'),
};
for (const [name, load] of Object.entries(ways)) {
  try {
    const loaded = await load();
    console.log('LOADED ' + name + ' ' + (typeof loaded === 'string' ? loaded : ''));
  } catch (error) {
    console.log('kept out: ' + name + ': ' + String(error.message).slice(0, 200));
  }
}
console.log('through ' + Object.keys(ways).length);
export const template = Template().fromTemplate('base');
`;

const test = guardedTest({
  'curious.ts': curious,
  'docker/template.ts': `import { Template } from 'e2b';\nexport const template = Template().fromDockerfile('Dockerfile');\n`,
  'docker/Dockerfile': 'FROM Base\nRUN committed\n',
});

test.for(['issue_comment', 'pull_request_target', 'workflow_run', 'check_run', 'fork'])(
  '%s: the recipe of the base is loaded with all that is committed',
  async (event, { checkOut, runGuarded }) => {
    checkOut('the run itself');
    const { exitCode, log } = await runGuarded({ event });
    expect(log).toContain(loaded);
    expect(exitCode).toBe(0);
  },
);

test('nothing that is planted beside the recipe, or above it, is loaded in any way', async ({
  workspace,
  checkOut,
  runGuarded,
}) => {
  const { path } = workspace;
  const base = checkOut('the run itself', 'base');
  checkOut('refs/pull/7/head');
  write(path, {
    ...plantedSdk,
    ...plantedPackage('above', planted('above')),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { paths: { 'planted-alias': ['./planted.ts'], '~/*': ['./*'] } },
    }),
    'planted.ts': planted('by an alias'),
  });
  write(base, {
    ...plantedSdk,
    ...plantedPackage('beside', planted('beside')),
    ...plantedPackage('e2b', planted('e2b')),
    'planted.ts': planted('ts'),
    'planted-2.mts': planted('mts'),
    'planted-3.mjs': planted('mjs'),
    'planted-4.cjs': planted('cjs'),
    'planted-5.js': planted('js'),
    'planted-6.ts': planted('extensionless'),
    'planted-7/index.ts': planted('folder'),
    'planted.json': '{ "text": "PLANTED json" }',
    'planted.node': 'no addon',
  });
  symlinkSync(join(path, 'planted.ts'), join(base, 'linked.ts'));
  symlinkSync(path, join(base, 'linked'));
  const env = {
    NODE_PATH: join(path, 'node_modules'),
    JITI_TSCONFIG_PATHS: 'true',
    JITI_ALIAS: JSON.stringify({ 'planted-alias': join(path, 'planted.ts') }),
  };
  const { exitCode, log } = await runGuarded({ template: 'base/curious.ts', env });
  expect(log).not.toMatch(/PLANTED|LOADED/);
  const [, ways = ''] = /through (\d+)/.exec(log) ?? [];
  expect(log.match(/kept out: /g)).toHaveLength(Number(ways));
  // Refused by us, not by chance.
  for (const way of ['ts', 'json', 'require json', 'require cjs', 'package above', 'link', 'addon'])
    expect(log).toMatch(new RegExp(`kept out: ${way}: .*git does not track it`));
  expect(exitCode).toBe(0);
});

test('a tsconfig.json above the checkout means nothing, and the one that is committed counts', async ({
  workspace,
  checkOut,
  runGuarded,
}) => {
  const { path } = workspace;
  checkOut('the run itself', 'base');
  checkOut('refs/pull/7/head');
  write(path, {
    ...plantedSdk,
    'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '*': ['./evil/*'] } } }),
    'evil/novita-sandbox.ts': planted('sdk by an alias'),
  });
  const { exitCode, log } = await runGuarded({ template: 'base/template.ts' });
  expect(log).not.toContain('PLANTED');
  expect(log).toContain(loaded);
  expect(exitCode).toBe(0);
});

describe('is refused, with none of it run:', () => {
  const rows: [string, (base: string, path: string, main: string) => string | undefined, RegExp][] = [
    [
      'a recipe that was changed',
      (base) => void write(base, { 'template.ts': planted('recipe') }),
      /template\.ts.*it differs from the file in the commit [0-9a-f]{40}/,
    ],
    [
      'a recipe that git does not track',
      (base) => {
        write(base, { 'generated.ts': planted('recipe') });
        return 'base/generated.ts';
      },
      /git does not track it at the commit/,
    ],
    [
      'an import that was changed',
      (base) => void write(base, { 'parts/packages.ts': planted('import') }),
      /parts\/packages\.ts is loaded, and it differs from its commit/,
    ],
    [
      'a Dockerfile that was changed',
      (base) => {
        write(base, { 'docker/Dockerfile': 'FROM Base\nRUN PLANTED\n' });
        return 'base/docker/template.ts';
      },
      /docker\/Dockerfile is loaded, and it differs from its commit/,
    ],
    [
      'a Dockerfile that is found before the committed one',
      (_, path) => {
        write(path, { Dockerfile: 'FROM Base\nRUN PLANTED\n' });
        return 'base/docker/template.ts';
      },
      /Dockerfile is loaded, and git does not track it/,
    ],
    [
      'JSON that was changed',
      (base) => void write(base, { 'settings.json': '{ "size": "PLANTED" }' }),
      /settings\.json is loaded, and it differs from its commit/,
    ],
    [
      'a file that comes before the committed one',
      (base) => void write(base, { 'parts/packages.js': planted('js') }),
      /parts\/packages\.js is loaded, and git does not track it/,
    ],
    [
      'a tsconfig.json that was changed',
      (base) => {
        const paths = { 'novita-sandbox': ['./planted.ts'] };
        write(base, {
          'tsconfig.json': JSON.stringify({ compilerOptions: { paths } }),
          'planted.ts': planted('ts'),
        });
      },
      /tsconfig\.json is loaded, and it differs from its commit/,
    ],
    [
      'a package.json that was changed',
      (base) => void write(base, { 'package.json': '{ "imports": { "#user": "./planted.ts" } }' }),
      /package\.json says how template\.ts is read, and it differs from its commit/,
    ],
    [
      'a package.json that git does not track',
      (base) => void write(base, { 'parts/package.json': '{ "type": "commonjs" }' }),
      /parts\/package\.json says how parts\/packages\.ts is read, and git does not track it/,
    ],
    [
      'a link in place of the recipe',
      (base, path) => {
        rmSync(join(base, 'template.ts'));
        symlinkSync(join(path, 'template.ts'), join(base, 'template.ts'));
      },
      /it is checked out from refs\/remotes\/pull\/7\/head/,
    ],
    [
      'a link in place of its folder',
      (base, path) => {
        symlinkSync(path, join(base, 'sandbox'));
        return 'base/sandbox/template.ts';
      },
      /it is checked out from refs\/remotes\/pull\/7\/head/,
    ],
    [
      'a link to the base in the pull request, with a package beside',
      (base, path) => {
        write(base, { 'parts/packages.ts': planted('import') });
        symlinkSync(join(base, 'template.ts'), join(path, 'linked.ts'));
        return 'linked.ts';
      },
      /parts\/packages\.ts is loaded, and it differs from its commit/,
    ],
    [
      'a repository within that says it is at the commit of the run',
      (base, _path, main) => {
        write(base, {
          'nested/template.ts': planted('recipe'),
          'nested/.git/HEAD': main,
        });
        write(base, { 'nested/.git/objects/info/alternates': join(base, '.git', 'objects') });
        return 'base/nested/template.ts';
      },
      /it differs from the file in the commit [0-9a-f]{40}/,
    ],
    [
      'a .git file that leads to the repository of the base',
      (base) => {
        write(base, {
          'nested/template.ts': planted('recipe'),
          'nested/.git': `gitdir: ${join(base, '.git')}`,
        });
        return 'base/nested/template.ts';
      },
      /it differs from the file in the commit [0-9a-f]{40}/,
    ],
    [
      'a commit whose objects were replaced',
      (base, _path, main) => {
        write(base, { 'template.ts': planted('recipe') });
        git(base, 'add', '.');
        git(base, 'commit', '-qm', 'evil');
        git(base, 'replace', '-f', main, 'HEAD');
        writeFileSync(join(base, '.git', 'HEAD'), main);
      },
      /it differs from the file in the commit [0-9a-f]{40}/,
    ],
    [
      'a folder that is no checkout',
      (base, path) => {
        for (const place of [base, path]) rmSync(join(place, '.git'), { recursive: true });
      },
      /its folder is not a git checkout/,
    ],
  ];

  test.for(rows)('%s', async ([_, change, message], { workspace, checkOut, runGuarded, origin }) => {
    const { path } = workspace;
    const base = checkOut('the run itself', 'base');
    checkOut('refs/pull/7/head');
    const template = change(base, path, origin.commits.main) ?? 'base/template.ts';
    const { exitCode, log } = await runGuarded({ template });
    expect(log).not.toContain('PLANTED');
    expect(log).not.toContain('the recipe was loaded');
    expect(log).toMatch(message);
    expect(log.match(/^::error/gm)?.length).toBeLessThanOrEqual(2);
    expect(exitCode).toBe(1);
  });
});

test('variables of git do not change what is checked out', async ({ workspace, checkOut, runGuarded }) => {
  const { path } = workspace;
  checkOut('the run itself', 'base');
  checkOut('refs/pull/7/head', 'pull');
  const own = join(path, 'base', '.git');
  const env = { GIT_DIR: own, GIT_WORK_TREE: join(path, 'pull'), GIT_OBJECT_DIRECTORY: join(own, 'objects') };
  const { exitCode, log } = await runGuarded({ template: 'pull/template.ts', env });
  expect(log).toMatch(/it is checked out from refs\/remotes\/pull\/7\/head/);
  expect(log).not.toContain('PLANTED');
  expect(exitCode).toBe(1);
});

test('no program that a checkout names for git is run', async ({ workspace, checkOut, runGuarded }) => {
  const { path } = workspace;
  const base = checkOut('the run itself', 'base');
  const evil = `sh -c "echo ran > ${join(path, 'ran')}"`;
  for (const name of ['core.fsmonitor', 'core.sshCommand', 'filter.x.clean', 'filter.x.smudge', 'core.pager'])
    git(base, 'config', name, evil);
  write(base, { '.git/info/attributes': '* filter=x\n' });
  const { log } = await runGuarded({ template: 'base/template.ts' });
  expect(log).toContain(loaded);
  expect(() => rmSync(join(path, 'ran'))).toThrow();
});
