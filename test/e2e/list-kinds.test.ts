/** The list action in a repository that writes its templates in several ways. */
import { describe, expect } from 'vitest';
import { git } from '../support/checkouts.ts';
import { testWith } from '../support/fixtures.ts';
import type { Tree } from '../support/temporary-directory.ts';
import { commitAll, namesIn, pullRequestOf, recipe, whyIn } from './list-kit.ts';
import { pullRequestRun } from './pull-request-kit.ts';
import { commits, pinned, pushOf } from './reuse-kit.ts';

const repository = {
  'sandbox-templates/agent/template.ts': recipe(),
  'sandbox-templates/agent/app/main.py': '1',
  'sandbox-templates/script/build.ts': `import { Template } from 'novita-sandbox';
import { template } from './template-of-script';
await Template.build(template, 'from-the-script', { cpuCount: 4, memoryMB: 4096 });
`,
  'sandbox-templates/script/template-of-script.ts': `${recipe()}// of the script\n`,
  'sandbox-templates/script/app/main.py': '2',
  'e2b-desktop.Dockerfile': `FROM ${pinned}\nARG MODE=plain\nCOPY desktop /desktop\nRUN echo $MODE\n`,
  'e2b-browser.Dockerfile': `FROM ${pinned}\nCOPY browser /browser\n`,
  'desktop/a.txt': '3',
  'browser/b.txt': '4',
  'toml/e2b.toml': 'template_name = "of-config"\ndockerfile = "image/e2b.Dockerfile"\n',
  'toml/image/e2b.Dockerfile': `FROM ${pinned}\nRUN echo toml\n`,
};
const templates = `sandbox-templates/*/template.ts
sandbox-templates/*/build.ts
e2b-*.Dockerfile
*/e2b.toml
`;
const all = ['browser', 'desktop', 'agent', 'script', 'of-config'];
const test = testWith({ files: repository, defaults: { inputs: {} } });

test('all are listed and built, and an unchanged pull request has none', async ({
  run,
  workspace,
  service,
}) => {
  const listed = await run({ action: 'list', inputs: { templates }, ...pushOf(commits.first) });
  expect(namesIn(listed), listed.log).toEqual(all);
  for (const inputs of JSON.parse(listed.outputs['matrix'] ?? '').include) {
    const built = await run({ ...pushOf(commits.first), inputs });
    expect(built.outputs['status'], built.log).toBe('ready');
  }
  expect(service.inspect.builds('script')).toMatchObject([{ cpuCount: 4, memoryMb: 4096 }]);
  const request = { action: 'list', inputs: { templates }, ...pullRequestRun('synchronize') };
  const same = await run(request);
  expect(same.outputs, same.log).toEqual({ matrix: '{"include":[]}', count: '0' });

  await workspace.write({
    'e2b-desktop.Dockerfile': `${repository['e2b-desktop.Dockerfile']}RUN true\n`,
    'toml/e2b.toml': `${repository['toml/e2b.toml']}start_cmd = "run"\n`,
    'sandbox-templates/script/build.ts': repository['sandbox-templates/script/build.ts'].replace('4', '2'),
  });
  const changed = await run(request);
  expect(namesIn(changed), changed.log).toEqual(['desktop', 'script', 'of-config']);
});

describe('without a key, a change', () => {
  test.for<[string, Tree, string[]]>([
    ['of a Dockerfile', { 'e2b-desktop.Dockerfile': `FROM ${pinned}\nCOPY desktop /\n` }, ['desktop']],
    ['of a file of one', { 'browser/b.txt': '5' }, ['browser']],
    [
      'of the Dockerfile that a config file names',
      { 'toml/image/e2b.Dockerfile': `FROM ${pinned}\n` },
      ['of-config'],
    ],
    [
      'of the module that a script builds',
      { 'sandbox-templates/script/template-of-script.ts': recipe() },
      ['script'],
    ],
    ['of an ignore file of one', { 'e2b-browser.Dockerfile.dockerignore': 'x' }, ['browser']],
    [
      'of an application',
      { 'src/app.ts': '1', 'desktop.ts': '', 'package-lock.json': '{}', Makefile: '' },
      [],
    ],
    [
      'of a new template',
      { 'sandbox-templates/new/template.ts': recipe(), 'sandbox-templates/new/app/a': '' },
      ['new'],
    ],
  ])('%s', async ([, changes, names], { run, workspace }) => {
    const { path } = workspace;
    git(path, 'init', '-q');
    const base = commitAll(workspace, 'main');
    git(path, 'checkout', '-qb', 'topic');
    await workspace.write(changes);
    const head = commitAll(workspace, 'topic');
    const { event, env } = pullRequestOf(head, base);
    const result = await run({
      action: 'list',
      inputs: { templates },
      event,
      env: { ...env, NOVITA_API_KEY: '' },
    });
    expect(result.exitCode, result.log).toBe(0);
    expect(namesIn(result), result.log).toEqual(names);
    if (!names.includes('agent')) expect(whyIn(result, 'agent')).toMatch(/^no unchanged/);
  });
});
