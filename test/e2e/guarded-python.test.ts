/** A recipe in Python in a run that a stranger may have caused: only sources of the commit are loaded. */

import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { write } from '../support/checkouts.ts';
import { guardedTest } from './guarded-kit.ts';

const planted = (what: string) => `print('PLANTED ${what}')`;

const recipe = `from e2b import Template
from parts.packages import packages
import colorsys
print('the recipe was loaded with', packages)
template = Template().from_template('base').run_cmd('echo ' + packages)
`;

/** Tries to load what is planted, each in another way, and goes on where it cannot. */
const curious = `import importlib.util, os, sys
from e2b import Template
here = os.path.dirname(os.path.abspath(__file__))
def by_path(path):
    spec = importlib.util.spec_from_file_location('by_path', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
def from_elsewhere(folder, name):
    sys.path.insert(0, os.path.join(here, folder))
    try:
        __import__(name)
    finally:
        sys.path.pop(0)
ways = {
    'module': lambda: __import__('planted'),
    'package': lambda: __import__('planted_package'),
    'in a namespace': lambda: __import__('planted_folder.module'),
    'compiled only': lambda: __import__('compiled'),
    'extension': lambda: __import__('extension'),
    'link': lambda: __import__('linked'),
    'path': lambda: by_path(os.path.join(here, 'planted.py')),
    'compiled path': lambda: by_path(os.path.join(here, 'compiled.pyc')),
    'above': lambda: from_elsewhere('..', 'above'),
    'site-packages': lambda: from_elsewhere('.venv/lib/site-packages', 'inside'),
    'archive': lambda: from_elsewhere('archive.zip', 'zipped'),
    'environment': lambda: __import__('by_environment'),
    'installed': lambda: __import__('pip'),
}
for name, load in ways.items():
    try:
        load()
        print('LOADED', name)
    except ImportError as error:
        print('kept out:', name + ':', str(error)[:200])
    except Exception as error:
        print('kept out:', name + ':', type(error).__name__, str(error)[:200])
print('through', len(ways))
template = Template().from_template('base')
`;

const files = { 'agent.py': recipe, 'curious.py': curious, 'parts/packages.py': "packages = 'curl'\n" };
const python = inject('python');
const test = guardedTest(files).skipIf(python === '' || inject('wheels') === '');
/** Where packages come from: the machine's settings. */
const env = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: inject('wheels'), PATH: process.env['PATH'] ?? '' };

test('the recipe of the base is loaded with all that is committed, and the SDK of the lock file', async ({
  checkOut,
  runGuarded,
}) => {
  checkOut('the run itself');
  const { exitCode, log } = await runGuarded({ template: 'agent.py', env });
  expect(log).toContain('the recipe was loaded with curl');
  expect(log).toMatch(/^Installing novita-sandbox 2\.1\.1 for /m);
  expect(log).toMatch(/^Read by: Python .*, novita-sandbox 2\.1\.1, installed for this run$/m);
  expect(exitCode, log).toBe(0);
});

test('nothing that is planted beside the recipe, or above it, is loaded in any way', async ({
  workspace,
  checkOut,
  runGuarded,
}) => {
  const { path } = workspace;
  const base = checkOut('the run itself', 'base');
  write(path, { 'above.py': planted('above'), 'environment/by_environment.py': planted('by PYTHONPATH') });
  write(base, {
    'planted.py': planted('module'),
    'planted_package/__init__.py': planted('package'),
    'planted_folder/module.py': planted('in a namespace'),
    'compiled.py': planted('compiled'),
    'extension.so': 'no extension',
    'sitecustomize.py': planted('sitecustomize'),
    'usercustomize.py': planted('usercustomize'),
    'environment/by_environment.py': planted('by PYTHONPATH'),
    'colorsys.py': planted('in place of the library'),
    'novita_sandbox/__init__.py': planted('sdk'),
    '.venv/bin/python': '#!/bin/sh\necho PLANTED interpreter\n',
    '.venv/lib/site-packages/inside.py': planted('in .venv'),
    'zipped.py': planted('in an archive'),
    'pip.conf': '[global]\nindex-url = http://127.0.0.1:9/planted\n',
  });
  chmodSync(join(base, '.venv/bin/python'), 0o755);
  symlinkSync(join(path, 'above.py'), join(base, 'linked.py'));
  const compile = `import py_compile, zipfile
py_compile.compile('compiled.py', 'compiled.pyc')
open('planted_source.py', 'w').write(open('parts/packages.py').read())
with zipfile.ZipFile('archive.zip', 'w') as archive: archive.write('zipped.py')`;
  execFileSync(python, ['-c', compile], { cwd: base });
  execFileSync('rm', [join(base, 'compiled.py'), join(base, 'zipped.py')]);
  const { exitCode, log } = await runGuarded({
    template: 'base/curious.py',
    env: {
      ...env,
      PYTHONPATH: join(base, 'environment'),
      PYTHONSTARTUP: join(base, 'planted.py'),
      PYTHONUSERBASE: join(base, '.venv'),
      PIP_CONFIG_FILE: join(base, 'pip.conf'),
    },
  });
  expect(log).not.toMatch(/PLANTED|LOADED/);
  const [, ways = ''] = /through (\d+)/.exec(log) ?? [];
  expect(log.match(/kept out: /g), log).toHaveLength(Number(ways));
  // Refused by us, not by chance.
  for (const way of [
    'module',
    'package',
    'in a namespace',
    'extension',
    'link',
    'path',
    'above',
    'site-packages',
  ])
    expect(log).toMatch(new RegExp(`kept out: ${way}: .*git does not track it`));
  expect(exitCode).toBe(0);
});

test('a compiled file that claims to be of a committed source is not loaded', async ({
  checkOut,
  runGuarded,
  workspace,
}) => {
  checkOut('the run itself');
  const { path } = workspace;
  const compile = `import importlib.util, os, py_compile, sys
source = 'parts/packages.py'
before = open(source).read()
stat = os.stat(source)
open(source, 'w').write("packages = 'evil'\\n"[:stat.st_size])
os.utime(source, (stat.st_atime, stat.st_mtime))
py_compile.compile(source)
open(source, 'w').write(before)
os.utime(source, (stat.st_atime, stat.st_mtime))`;
  execFileSync(python, ['-c', compile], { cwd: path });
  utimesSync(join(path, 'agent.py'), 1, 1);
  const { log } = await runGuarded({ template: 'agent.py', env });
  expect(log).toContain('the recipe was loaded with curl');
  expect(log).not.toContain('evil');
});

describe('is refused, with none of it run:', () => {
  test('a part that was changed', async ({ checkOut, runGuarded, workspace }) => {
    checkOut('the run itself');
    write(workspace.path, { 'parts/packages.py': planted('part') });
    const { exitCode, log } = await runGuarded({ template: 'agent.py', env });
    expect(log).not.toContain('PLANTED');
    expect(log).toMatch(/agent\.py.*line=2.*parts\/packages\.py is loaded, and it differs from its commit/);
    expect(exitCode).toBe(1);
  });

  test('an interpreter of the checkout', async ({ checkOut, runGuarded, workspace, run, origin }) => {
    checkOut('the run itself');
    write(workspace.path, { '.venv/bin/python': '#!/bin/sh\necho PLANTED\n' });
    chmodSync(join(workspace.path, '.venv/bin/python'), 0o755);
    const payload = {
      issue: { number: 7, pull_request: {} },
      repository: { full_name: 'octo-org/agent', default_branch: 'main' },
    };
    const { exitCode, log } = await run({
      inputs: { template: 'agent.py', python: '.venv/bin/python' },
      event: { name: 'issue_comment', payload },
      env: { GITHUB_SHA: origin.commits.main, ...env },
    });
    expect(log).toMatch(/Python of the checkout.*is in the checkout/);
    expect(log).not.toContain('PLANTED');
    expect(exitCode).toBe(1);
    expect(runGuarded).toBeDefined();
  });
});
