/** The list action without a key: which files of a pull request change a template, as git says. */
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { git } from '../support/checkouts.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { type Tree, temporaryDirectory } from '../support/temporary-directory.ts';
import { commitAll, namesIn, pullRequestOf, recipe, repository, whyIn } from './list-kit.ts';

const shared = {
  'templates/shared/base.ts': 'export const packages = "a b";\n',
  'templates/shared/names.json': '{}\n',
  'templates/worker/template.ts': `import { packages } from '../shared/base.ts';
import { Template } from 'novita-sandbox';
${recipe(".runCmd('echo ' + packages)").split('\n').slice(1).join('\n')}`,
  'package.json': '{ "type": "module" }\n',
};

const test = testWith({
  files: { ...repository, ...shared },
  defaults: {
    action: 'list',
    inputs: { templates: 'templates/*/template.ts' },
    env: { NOVITA_API_KEY: '' },
  },
}).extend('proposed', async ({ run, workspace }) => {
  const { path } = workspace;
  /** A pull request with these changes, checked out as it was merged, while main went on. */
  return async (changes: Tree, { removed = [], ...more }: RunChanges & { removed?: string[] } = {}) => {
    git(path, 'init', '-q');
    const start = commitAll(workspace, 'start');
    git(path, 'checkout', '-qb', 'topic');
    for (const file of removed) git(path, 'rm', '-q', file);
    await workspace.write(changes);
    const head = commitAll(workspace, 'topic');
    git(path, 'checkout', '-q', '-B', 'main', start);
    await workspace.write({ 'templates/agent/app/on-main.py': 'print(0)\n' });
    const base = commitAll(workspace, 'main');
    git(path, 'checkout', '-q', '--detach');
    git(path, 'merge', '-q', '--no-ff', '-m', 'merge', 'topic');
    const result = await run({ ...pullRequestOf(head, base), ...more });
    expect(result.exitCode, result.log).toBe(0);
    return result;
  };
});

describe('a change', () => {
  test.for<[string, Tree, string[], string | undefined]>([
    [
      'of nothing that is built',
      { 'README.md': 'other', 'src/app.ts': '1', 'templates/README.md': '' },
      [],
      undefined,
    ],
    [
      'of a file that a template sends',
      { 'templates/agent/app/main.py': '2' },
      ['agent'],
      'templates/agent/app/main.py has changed',
    ],
    [
      'of a new file that it sends',
      { 'templates/agent/app/new.bin': '2' },
      ['agent'],
      'templates/agent/app/new.bin has changed',
    ],
    [
      'of a file that it ignores',
      { 'templates/agent/.dockerignore': 'app/*.log', 'templates/agent/app/x.log': '' },
      ['agent'],
      'templates/agent/.dockerignore has changed',
    ],
    [
      'of its definition',
      { 'templates/agent/template.ts': `${recipe()}// other\n` },
      ['agent'],
      'templates/agent/template.ts has changed',
    ],
    [
      'of a module that it imports',
      { 'templates/shared/base.ts': 'export const packages = "c";\n' },
      ['worker'],
      undefined,
    ],
    [
      'of code beside it',
      { 'templates/agent/helper.ts': '' },
      ['agent'],
      'templates/agent/helper.ts has changed',
    ],
    ['of the settings above', { 'package.json': '{}' }, ['agent', 'worker'], 'package.json has changed'],
    [
      'of both',
      { 'templates/agent/app/main.py': '2', 'templates/worker/app/main.py': '2' },
      ['agent', 'worker'],
      undefined,
    ],
  ])('%s', async ([, changes, names, why], { proposed }) => {
    const result = await proposed(changes);
    expect(namesIn(result), result.log).toEqual(names);
    if (why !== undefined) expect(whyIn(result, 'agent')).toBe(`yes ${why}`);
    if (names.length === 0) expect(whyIn(result, 'agent')).toMatch(/^no unchanged: no file of it differs/);
  });

  test('that removes a file which it sent', async ({ proposed }) => {
    const result = await proposed({}, { removed: ['templates/worker/app/main.py'] });
    // Without any file, the COPY of the definition is a mistake.
    expect(whyIn(result, 'worker')).toMatch(/^yes (its definition has a mistake|templates\/worker)/);
    expect(namesIn(result)).toEqual(['worker']);
  });

  test('that removes one of the files which it sent', async ({ proposed, workspace }) => {
    await workspace.write({ 'templates/agent/app/old.bin': '1', 'templates/agent/docs/old.md': '1' });
    const result = await proposed({}, { removed: ['templates/agent/app/old.bin'] });
    expect(whyIn(result, 'agent')).toBe('yes templates/agent/app/old.bin was removed');
    expect(namesIn(result)).toEqual(['agent']);
  });

  test('of the manifest changes all', async ({ proposed, workspace }) => {
    const manifest = (more: string) => ({
      'novita-templates.yml': `templates: [{ template: templates/agent/template.ts${more} }]`,
    });
    await workspace.write(manifest(''));
    const result = await proposed(manifest(', cpu-count: 4'), { inputs: { templates: '' } });
    expect(whyIn(result, 'agent')).toBe('yes novita-templates.yml has changed');
  });

  test('of a definition with a mistake is listed', async ({ proposed }) => {
    const result = await proposed({ 'templates/agent/template.ts': 'throw 1;' });
    expect(whyIn(result, 'agent')).toMatch(/^yes its definition has a mistake, which its job reports/);
  });
});

describe('where git does not say what has changed', () => {
  const everything =
    /::notice title=Nothing to compare with::.*All templates are listed, since it is not known/;

  test('everything is listed, and a notice says what to set', async ({ proposed, run, workspace }) => {
    const whole = await proposed({ 'README.md': 'other' });
    expect(whole.outputs['count']).toBe('0');
    const head = git(workspace.path, 'rev-parse', 'HEAD');
    const event = pullRequestOf(
      git(workspace.path, 'rev-parse', 'topic'),
      git(workspace.path, 'rev-parse', 'main'),
    );
    await using clones = await temporaryDirectory();
    const cloned = (depth: number) => {
      const path = join(clones.path, String(depth));
      git(clones.path, 'init', '-q', path);
      git(path, 'fetch', '-q', `--depth=${depth}`, `file://${workspace.path}`, head);
      git(path, 'checkout', '-q', head);
      return run({ workspace: path, ...event });
    };
    const shallow = await cloned(1);
    expect(shallow.outputs['count'], shallow.log).toBe('2');
    expect(shallow.log).toMatch(everything);
    expect(shallow.log).toContain('Set fetch-depth: 0 at actions/checkout; fetch-depth: 2 is enough');
    const deep = await cloned(2);
    expect(deep.outputs['count'], deep.log).toBe('0');
  });

  test('the branch itself may be checked out, with its history', async ({ proposed, run, workspace }) => {
    await proposed({ 'templates/worker/app/main.py': '2' });
    const [head, base] = ['topic', 'main'].map((name) => git(workspace.path, 'rev-parse', name));
    git(workspace.path, 'checkout', '-q', 'topic');
    const result = await run(pullRequestOf(head ?? '', base ?? ''));
    // Main went on with a file of agent, which is no change of this branch.
    expect(namesIn(result), result.log).toEqual(['worker']);
  });

  test('a folder without git', async ({ run }) => {
    const result = await run(pullRequestOf('c'.repeat(40), 'b'.repeat(40)));
    expect(result.outputs['count']).toBe('2');
    expect(result.log).toMatch(everything);
    expect(result.log).toContain('is no git checkout. Run actions/checkout before this step.');
  });

  test('a push with changed-only: true', async ({ run }) => {
    const result = await run({ inputs: { 'changed-only': 'true' } });
    expect(result.outputs['count']).toBe('2');
    expect(result.log).toContain('This event names no commit to compare with, as a pull request does.');
  });
});
