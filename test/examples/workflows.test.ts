import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { actionFolders } from '../../scripts/readme-tables.ts';
import { buildInputNames } from '../../src/inputs/build.ts';
import { git } from '../support/checkouts.ts';
import { repositoryRoot } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { outputProblems } from './output-rules.ts';
import {
  besideWorkspace,
  ours,
  type Published,
  readPublished,
  reusableWorkflow,
  useProblems,
  usesIn,
} from './published.ts';
import {
  concurrencyProblems,
  keyProblems,
  permissionProblems,
  pinProblems,
  scriptProblems,
  timeoutProblems,
} from './safety-rules.ts';
import { jobsOf, readWorkflow, stepsOf, type WorkflowStep } from './workflow.ts';

const read = (...path: string[]) => readFile(join(repositoryRoot, ...path), 'utf8');
const examples = (await readdir(join(repositoryRoot, 'examples', 'workflows')))
  .filter((name) => name.endsWith('.yml'))
  .map((name) => `examples/workflows/${name}`);
const published = await readPublished(repositoryRoot);

/** All that is wrong with a workflow that people paste or call. */
function problemsOf(text: string, shelf: ReadonlyMap<string, Published> = published): string[] {
  const workflow = readWorkflow(text);
  return [
    ...usesIn(workflow).flatMap((use) => useProblems(use, shelf)),
    ...outputProblems(workflow, shelf),
    ...permissionProblems(workflow, text),
    ...scriptProblems(workflow),
    ...pinProblems(text),
    ...timeoutProblems(workflow),
    ...concurrencyProblems(workflow),
    ...keyProblems(workflow),
  ];
}

describe('workflows to paste', () => {
  test.each([...examples, reusableWorkflow])('%s', async (path) => {
    expect(problemsOf(await read(path))).toEqual([]);
  });

  test('use every action, and the reusable workflow', async () => {
    const texts = await Promise.all(examples.map((path) => read(path)));
    const used = texts.flatMap((text) => usesIn(parse(text)).map(({ uses = '' }) => uses.split('@')[0]));
    expect([...new Set(used)].filter((path) => path?.startsWith(ours)).sort()).toEqual(
      [...published.keys()].sort(),
    );
  });

  test('stand in the list of README.md', async () => {
    const readme = await read('README.md');
    expect(examples.filter((path) => !readme.includes(`(${path})`))).toEqual([]);
  });

  test('follow runs of workflows that are there', async () => {
    const workflows = await Promise.all(examples.map(async (path) => readWorkflow(await read(path))));
    const followed = workflows.flatMap(
      ({ on }) => (on['workflow_run'] as { workflows: string[] } | undefined)?.workflows ?? [],
    );
    expect(followed).toHaveLength(1);
    expect(workflows.map(({ name }) => name)).toEqual(expect.arrayContaining(followed));
  });

  test('check out nothing where a run has secrets and the event is of a pull request from anywhere', async () => {
    const workflows = await Promise.all(examples.map(async (path) => readWorkflow(await read(path))));
    const trusted = workflows.filter(({ on }) => 'pull_request_target' in on || 'workflow_run' in on);
    expect(trusted).toHaveLength(2);
    expect(trusted.flatMap(stepsOf).filter(({ uses }) => uses?.startsWith('actions/checkout'))).toEqual([]);
  });
});

describe('the reusable workflow', () => {
  test('takes ten lines in the file of its caller', async () => {
    const lines = (await read('examples/workflows/reusable.yml')).split('\n');
    expect(lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).length).toBeLessThanOrEqual(
      10,
    );
  });

  test('asks for no permission that its caller does not give', async () => {
    const caller = readWorkflow(await read('examples/workflows/reusable.yml'));
    const given = caller.jobs['template']?.permissions ?? {};
    for (const job of Object.values(readWorkflow(await read(reusableWorkflow)).jobs)) {
      expect(given).toMatchObject(job.permissions ?? {});
    }
  });

  test('keeps calls apart that build one template in several regions or from several folders', async () => {
    const { concurrency, jobs } = readWorkflow(await read(reusableWorkflow));
    const inputs = (group: unknown) => [
      ...new Set([...JSON.stringify(group).matchAll(/(?:inputs|matrix)\.([\w-]+)/g)].map(([, name]) => name)),
    ];
    const call = ['name', 'domain', 'working-directory', 'template'];
    expect(inputs(concurrency)).toEqual(call);
    expect(inputs(jobs['build']?.concurrency)).toEqual(call);
    expect(inputs(jobs['promote']?.concurrency)).toEqual(['name', 'domain']);
    expect(inputs(jobs['cleanup']?.concurrency)).toEqual(['name', 'domain']);
  });

  test('runs the actions of the commit that it was called at, from a folder that no recipe can copy', async () => {
    const text = await read(reusableWorkflow);
    expect(text).not.toContain(`uses: ${ours}`);
    const jobs = Object.entries<{ steps: readonly WorkflowStep[] }>(parse(text).jobs);
    expect(jobs.map(([name]) => name)).toEqual(['build', 'promote', 'cleanup']);
    for (const [name, { steps }] of jobs) {
      const [checkout, move, ...rest] = steps;
      expect(checkout?.with, name).toEqual({
        repository: '${{ job.workflow_repository }}',
        ref: '${{ job.workflow_sha }}',
        path: '.novita-template-action',
        'persist-credentials': false,
      });
      expect(
        rest.some(({ uses }) => uses?.startsWith(besideWorkspace)),
        name,
      ).toBe(true);

      await using folder = await temporaryDirectory({
        'work/.novita-template-action/action.yml': 'new',
        '_novita-template-action/action.yml': 'left by a job before',
      });
      const workspace = join(folder.path, 'work');
      const called = join(workspace, '.novita-template-action');
      for (const args of [
        ['init', '-q'],
        ['add', '.'],
        ['commit', '-qm', 'one'],
      ])
        git(called, ...args);
      const sha = git(called, 'rev-parse', 'HEAD');
      const script = (value: string) =>
        spawnSync('bash', ['-e', '-c', move?.run ?? ''], {
          cwd: workspace,
          encoding: 'utf8',
          env: { ...process.env, SHA: value },
        });
      expect(move?.env).toEqual({ SHA: '${{ job.workflow_sha }}' });
      for (const other of ['', sha.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))]) {
        expect(script(other)).toMatchObject({ status: 1, stdout: expect.stringMatching(/^::error::/) });
        expect(await readdir(workspace)).toEqual(['.novita-template-action']);
      }
      expect(script(sha)).toMatchObject({ status: 0, stdout: '' });
      expect(await readdir(workspace)).toEqual([]);
      expect(await readFile(join(workspace, besideWorkspace, 'action.yml'), 'utf8')).toBe('new');
    }
  });

  test('has the defaults of the build action', async () => {
    const { inputs } = parse(await read('action.yml'));
    const called = parse(await read(reusableWorkflow)).on.workflow_call.inputs;
    // The names of its jobs and of its promotion cannot come from a recipe.
    const shared = Object.keys(called).filter((name) => name in inputs && name !== 'name');
    expect(shared.length).toBeGreaterThan(5);
    for (const name of shared) expect(called[name].default, name).toBe(inputs[name].default);
  });
});

describe('a list of templates', () => {
  test('reaches the build step of the reusable workflow with every key that a manifest may have', async () => {
    const { jobs } = readWorkflow(await read(reusableWorkflow));
    const step = jobs['build']?.steps?.find(({ id }) => id === 'template');
    const handed = Object.entries(step?.with ?? {}).filter(([key, value]) =>
      `${value}`.includes(`matrix.${key} `),
    );
    // A deployment needs a permission that the workflow does not ask for. A plan alone gives its later jobs nothing.
    const keys = buildInputNames().filter(
      (name) => !['api-key', 'github-token', 'gitlab-token', 'environment', 'dry-run'].includes(name),
    );
    expect(handed.map(([key]) => key).sort()).toEqual(keys.toSorted());
  });

  test('makes no job where nothing has changed', async () => {
    const guarded: string[] = [];
    for (const path of examples) {
      for (const [name, job] of jobsOf(readWorkflow(await read(path)))) {
        if (!JSON.stringify(job).includes('needs.list.outputs.matrix')) continue;
        guarded.push(path);
        expect((job as { if?: string }).if, `${path}: ${name}`).toBe(
          "${{ needs.list.outputs.count != '0' }}",
        );
      }
    }
  });

  test('is one template where the caller has no list', async () => {
    const text = await read(reusableWorkflow);
    const matrices = [...text.matchAll(/matrix: (\$\{\{ fromJSON.*)$/gm)].map(([, matrix]) => matrix);
    expect(new Set(matrices).size).toBe(1);
    expect(matrices).toHaveLength(3);
    const [, form = ''] = /format\('(.*)', toJSON/.exec(matrices[0] ?? '') ?? [];
    const json = form.replaceAll('{{', '{').replaceAll('}}', '}').replace('{0}', JSON.stringify('my-agent'));
    expect(JSON.parse(json)).toEqual({ include: [{ name: 'my-agent' }] });
  });
});

describe('documents', () => {
  const documents = ['README.md', 'docs/tags.md', 'docs/pull-requests.md'];
  const readmes = actionFolders(repositoryRoot).filter((folder) => folder !== '.');
  const outputs = [...published.values()].flatMap((action) => action.outputs);

  test.each([...documents, ...readmes.map((folder) => `${folder}/README.md`)])('%s', async (path) => {
    const blocks = [...(await read(path)).matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const yaml = parse(block);
      expect(usesIn(yaml).flatMap((use) => useProblems(use, published))).toEqual([]);
      if (yaml.jobs && yaml.on) {
        expect([...outputProblems(yaml, published), ...scriptProblems(yaml), ...keyProblems(yaml)]).toEqual(
          [],
        );
      } else {
        const named = [...block.matchAll(/\.outputs\.([\w-]+)/g)].map(([, output]) => output);
        expect(outputs).toEqual(expect.arrayContaining(named));
      }
    }
  });
});

describe('what the checks find', () => {
  const good = [
    'on: { push: {} }',
    'jobs:',
    '  build:',
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 70',
    '    permissions:',
    '      contents: read # checkout',
    '    outputs:',
    '      reference: ${{ steps.template.outputs.reference }}',
    '    steps:',
    '      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
    '      - id: template',
    `        uses: ${ours}@v0`,
    '        with:',
    '          name: my-agent',
    '          api-key: key',
    '      - run: echo hello',
    '  deploy:',
    '    needs: build',
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 5',
    '    permissions: {}',
    '    concurrency: { group: deploy, cancel-in-progress: false, queue: max }',
    '    steps:',
    `      - uses: ${ours}/promote@v0`,
    '        with: { name: my-agent, from: "${{ needs.build.outputs.reference }}", api-key: key }',
  ].join('\n');

  test('nothing, where nothing is wrong', () => {
    expect(problemsOf(good)).toEqual([]);
  });

  test.each([
    ['/promote@v0', '/promot@v0', `${ours}/promot@v0: there is no ${ours}/promot`],
    ['/promote@v0', '/promote@v1', `${ours}/promote@v1: expected @v0`],
    ['from:', 'form:', `${ours}/promote@v0: no input form`],
    ['from:', 'form:', `${ours}/promote@v0: from is required`],
    ['          api-key: key\n', '', `${ours}@v0: no api-key`],
    ['template.outputs.reference', 'template.outputs.ref', 'build: no output ref of step template'],
    ['steps.template.', 'steps.tmplate.', 'build: no step tmplate'],
    ['build.outputs.reference', 'build.outputs.status', 'deploy: no output status of job build'],
    ['needs: build', 'needs: built', 'deploy: no job built'],
    ['    needs: build\n', '', 'deploy: does not need build'],
    ['    permissions: {}\n', '', 'deploy: states no permissions'],
    ['permissions: {}', 'permissions: write-all', 'deploy: takes permissions in bulk'],
    ['read # checkout', 'read', 'no reason stands at contents: read'],
    ['echo hello', 'echo "${{ github.head_ref }}"', 'build: an expression in echo "${{ github.head_ref }}"'],
    [/@3d3c\w+ # v7.0.1/, '@v7', 'not pinned: - uses: actions/checkout@v7'],
    [/timeout-minutes: 5\n/, 'if: true\n', 'deploy: no timeout-minutes'],
    ['minutes: 70', 'minutes: 60', 'build: ends before the build may'],
    ['progress: false, queue: max', 'progress: true', 'deploy: may be cancelled'],
    [', queue: max', '', 'deploy: a run that waits may be pushed out'],
    ['progress: false', 'progress: true', 'deploy: queue does not go with cancel-in-progress'],
    ['runs-on:', 'run-on:', 'unknown key run-on'],
  ])('%s as %s: %s', (part, instead, problem) => {
    const broken = good.replace(part, instead);
    expect(broken).not.toBe(good);
    expect(problemsOf(broken)).toContain(problem);
  });

  test.each([
    [reusableWorkflow, '      domain:\n', '      region:\n', 'no input domain'],
    [
      reusableWorkflow,
      "github.event.action != 'closed' && github.ref",
      'github.ref_name',
      'promote: may be cancelled',
    ],
    [reusableWorkflow, '      domain:\n', '      region:\n', 'the input region is never used'],
    [reusableWorkflow, '      novita-api-key:', '      api-key:', 'no secret novita-api-key'],
    [reusableWorkflow, 'jobs.build.outputs.tags', 'jobs.build.outputs.tag', 'no output tag of job build'],
    [reusableWorkflow, '"short=', '"long=', 'promote: no output short of step commit'],
    ['examples/workflows/reusable.yml', '{ novita-api-key', '{ key', 'no secret key'],
    ['examples/workflows/reusable.yml', '{ name: my-agent', '{ names: my-agent', 'name is required'],
    ['examples/workflows/reusable.yml', 'with:', 'timeout-minutes: 5\n    with:', 'takes no timeout-minutes'],
    ['examples/workflows/background.yml', 'minutes: 70', 'minutes: 30', 'finish: ends before the build may'],
  ])('in %s %s as %s: %s', async (path, part, instead, problem) => {
    const text = await read(path);
    const broken = text.replace(part, instead);
    expect(broken).not.toBe(text);
    expect(problemsOf(broken)).toContainEqual(expect.stringContaining(problem));
  });
});
