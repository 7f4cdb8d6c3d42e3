/** The command: options, exit codes, files and streams, on a laptop and on CI systems that read files. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { layOutPackage } from '../../scripts/package.ts';
import { repositoryRoot } from '../support/runner.ts';
import { modelScreen } from '../support/screen.ts';
import { gitlabDotenv } from '../support/system-logs.ts';
import { systemVariables } from '../support/system-variables.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { test } from './command-kit.ts';

describe('help', () => {
  test.for([
    ['build', '.'],
    ['promote', 'promote'],
    ['wait', 'wait'],
    ['cleanup', 'cleanup'],
    ['list', 'list'],
    ['comment', 'comment'],
  ] as const)(
    'of %s has an option for every input, and does nothing',
    async ([name, folder], { command, service }) => {
      const { exitCode, stdout, stderr } = await command([name, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      const { inputs } = parse(readFileSync(join(repositoryRoot, folder, 'action.yml'), 'utf8'));
      for (const input of Object.keys(inputs)) expect(stdout).toMatch(new RegExp(`^ +--${input} [<[]`, 'm'));
      expect(service.requests).toEqual([]);
    },
  );

  test('comes without a command, with all of them', async ({ command }) => {
    const { exitCode, stderr } = await command([]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Exit codes: 0 done, 1 failed, 2 wrong options, 130 interrupted.');
  });
});

describe('wrong options end with exit code 2, before anything is sent', () => {
  test.for([
    [['build', '--tgas', 'v1'], 'Did you mean --tags?'],
    [['biuld'], 'Did you mean build?'],
    [['build', '--name'], 'argument missing'],
    [['build', '--cpu-count', 'many'], 'error: --cpu-count: found "many"'],
    [['build', '--wait=perhaps'], 'error: --wait: found "perhaps", expected true or false.'],
    [['build', 'one.ts', 'two.ts'], 'too many arguments'],
    [['promote', '--name', 'my-agent'], 'error: --from: is empty'],
  ] as const)('%j', async ([words, says], { command, service }) => {
    const { exitCode, stderr } = await command(words);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
    expect(service.requests).toEqual([]);
  });
});

describe('a build', () => {
  test('writes outputs, summaries and its result to the files that are named', async ({
    command,
    service,
    workspace,
  }) => {
    const files = ['outputs.json', 'summary.md', 'out/summary.html', 'result.json'];
    const [outputs = '', markdown = '', page = '', result = ''] = files.map((file) =>
      join(workspace.path, file),
    );
    const { exitCode, stdout, stderr } = await command(
      ['build', 'template.ts', '--name', 'my-agent', '--tags', 'mine', '--tags', 'other']
        .concat(['--outputs-file', 'outputs.json', '--result-file', 'result.json'])
        .concat(['--summary-file', 'summary.md', '--summary-file', 'out/summary.html']),
    );
    expect(exitCode, stdout + stderr).toBe(0);
    const [build] = service.inspect.builds();
    expect(build?.registeredTags).toEqual(expect.arrayContaining(['mine', 'other']));
    expect(JSON.parse(readFileSync(outputs, 'utf8'))).toMatchObject({
      buildId: build?.id,
      tags: 'mine,other',
      status: 'ready',
      result,
      'predicate-file': join(workspace.path, 'result.predicate.json'),
      'checksums-file': join(workspace.path, 'result.checksums.txt'),
    });
    const predicate = JSON.parse(readFileSync(join(workspace.path, 'result.predicate.json'), 'utf8'));
    expect(predicate).toMatchObject({ template: { buildId: build?.id }, run: {} });
    expect(predicate.run).toEqual({});
    expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({ buildId: build?.id });
    expect(readFileSync(markdown, 'utf8')).toContain('## Template `my-agent` is ready');
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h2>Template <code>my-agent</code> is ready</h2>');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain('mermaid');
    expect(stdout).not.toContain('::');
  });

  test('prints the result and nothing else on stdout with --json', async ({ command, service }) => {
    const { stdout, stderr } = await command(['build', '--name', 'my-agent', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'ready',
      tags: ['dev-ada'],
      buildId: service.inspect.builds()[0]?.id,
    });
    expect(stderr).toContain('Build started');
  });

  test('ends with exit code 1 when it fails, and leaves nothing of an earlier run in the files', async ({
    command,
    service,
    workspace,
  }) => {
    const words = ['build', '--name', 'my-agent', '--reuse', 'never', '--outputs-file', 'out.env'];
    words.push('--result-file', 'out.json');
    await command(words);
    expect(gitlabDotenv(readFileSync(join(workspace.path, 'out.env'), 'utf8'))).toMatchObject({
      NOVITA_DIGEST: expect.stringMatching(/^sha256:/),
      NOVITA_SUBJECT_NAME: expect.stringMatching(/\/my-agent$/),
    });
    const beside = ['out.predicate.json', 'out.checksums.txt'].map((name) => join(workspace.path, name));
    expect(beside.map((path) => existsSync(path))).toEqual([true, true]);
    service.script = [{ at: 2, fail: { message: 'exit status 3' } }];
    const { exitCode } = await command(words);
    expect(exitCode).toBe(1);
    const variables = gitlabDotenv(readFileSync(join(workspace.path, 'out.env'), 'utf8'));
    expect(variables).toMatchObject({
      NOVITA_STATUS: 'error',
      NOVITA_BUILD_ID: service.inspect.builds().at(-1)?.id,
    });
    expect(variables).not.toHaveProperty('NOVITA_DIGEST');
    expect(beside.map((path) => existsSync(path))).toEqual([false, false]);
  });

  test('is cancelled by Ctrl-C with exit code 130, and says what goes on', async ({ command, service }) => {
    service.script = [{ at: 2, until: new Promise(() => {}) }];
    let sent = false;
    const { exitCode, stdout } = await command(['build', '--name', 'my-agent'], {
      onOutput(printed, kill) {
        if (sent || !printed.includes('Build started')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(exitCode).toBe(130);
    expect(stdout).toContain('It continues at the service, which has no way to cancel a build.');
  });

  test('is only planned with --dry-run', async ({ command, service, workspace }) => {
    const plan = () => command(['build', '--name', 'my-agent', '--dry-run', '--result-file', 'r.json']);
    const first = await plan();
    expect(first.exitCode, first.stdout).toBe(0);
    expect(first.stdout).toContain('There is no template my-agent yet, so it would be built.');
    expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const result = JSON.parse(readFileSync(join(workspace.path, 'r.json'), 'utf8'));
    expect(result).toMatchObject({ status: 'planned', tags: ['dev-ada'] });
    expect(result).not.toHaveProperty('buildId');
    await command(['build', '--name', 'my-agent']);
    const before = service.requests.length;
    const { stdout } = await plan();
    expect(stdout).toContain(`Nothing would be built: my-agent:${service.inspect.builds()[0]?.id}`);
    expect(service.requests.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
    const keyless = await command(['build', '--name', 'my-agent', '--dry-run'], {
      env: { NOVITA_API_KEY: '' },
    });
    expect([keyless.exitCode, keyless.stdout]).toEqual([0, expect.stringContaining('Without an API key')]);
  });
});

test('a promotion is only shown with --dry-run', async ({ command, service }) => {
  await command(['build', '--name', 'my-agent']);
  const before = service.requests.length;
  const words = ['promote', '--name', 'my-agent', '--from', 'dev-ada', '--tags', 'latest'];
  const { exitCode, stdout } = await command([...words, '--dry-run']);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('would get latest (new)')]);
  expect(service.requests.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
  expect((await command(words)).exitCode).toBe(0);
  expect(service.inspect.resolve('my-agent', 'latest')).toBe(service.inspect.builds()[0]?.id);
});

test('a later job of GitLab gets the outputs from the dotenv report', async ({
  command,
  service,
  workspace,
}) => {
  const { exitCode, stdout } = await command(
    ['build', '--name', 'my-agent', '--outputs-file', 'template.env'],
    { env: { ...systemVariables.gitlab['a git tag'], CI_PROJECT_DIR: workspace.path } },
  );
  expect(exitCode, stdout).toBe(0);
  const { length } = service.inspect.builds();
  expect(length).toBe(1);
  expect(gitlabDotenv(readFileSync(join(workspace.path, 'template.env'), 'utf8'))).toMatchObject({
    NOVITA_REFERENCE: `my-agent:${service.inspect.builds()[0]?.id}`,
    NOVITA_TAGS: '1.4.0,1.4,1,latest,default',
  });
});

test.for([
  ['circle', 'a branch with a pull request', 'pr-12'],
  ['circle', 'a branch', 'topic'],
  ['bitbucket', 'a git tag', '1.4.0,1.4,1,latest,default'],
  ['jenkins', 'the primary branch', 'latest,sha-bbbbbbb,default'],
  ['jenkins', 'a pull request', 'pr-12'],
] as const)(
  'on %s, %s is %s in the file of the outputs',
  async ([system, what, tags], { command, workspace }) => {
    const variables: Readonly<Record<string, NodeJS.ProcessEnv>> = systemVariables[system];
    const words = ['build', '--name', 'my-agent', '--outputs-file', 'outputs.json'];
    const { exitCode, stdout } = await command(words, { env: variables[what] ?? {} });
    expect(exitCode, stdout).toBe(0);
    const outputs = JSON.parse(readFileSync(join(workspace.path, 'outputs.json'), 'utf8'));
    expect(outputs).toMatchObject({ status: 'ready', tags });
    expect(stdout).toMatch(/^▸ Plan\n {2}name: /m);
  },
);

test('on a system that names no event, tags are asked for, and nothing is sent', async ({
  command,
  service,
}) => {
  const words = ['build', '--name', 'my-agent'];
  const { exitCode, stdout } = await command(words, { env: { CI: 'true' } });
  expect([exitCode, stdout]).toEqual([1, expect.stringContaining('Set tags, such as')]);
  expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

/** Other versions of Node.js than this one, by the paths in TEST_NODES. */
const nodes = [process.execPath, ...(process.env['TEST_NODES'] ?? '').split(':').filter(Boolean)];

test.for(nodes)(
  'the package runs where it is installed, on %s',
  async (node, { action, command, service }) => {
    await using folder = await temporaryDirectory({ 'empty/package.json': '{}' });
    layOutPackage(repositoryRoot, join(folder.path, 'package'), join(action, 'dist'));
    const npm = (directory: string, ...words: string[]) =>
      execFileSync('npm', [...words, '--offline', '--no-audit', '--no-fund', '--silent'], {
        cwd: join(folder.path, directory),
        encoding: 'utf8',
      }).trim();
    const archive = npm('package', 'pack');
    const installed = join(folder.path, 'empty');
    npm('empty', 'install', join(folder.path, 'package', archive));
    const script = join(installed, 'node_modules/.bin/novita-template');
    expect(statSync(script).mode & 0o111).not.toBe(0);
    const { exitCode, stdout, stderr } = await command(['build', '--name', 'my-agent'], { node, script });
    expect(exitCode, stdout + stderr).toBe(0);
    expect(service.inspect.builds()).toHaveLength(1);
  },
);

const hasScript = existsSync('/usr/bin/script');

test.skipIf(!hasScript).for([80, 40])(
  'on a terminal of %s columns each step leaves one line',
  async (columns, { action, env, workspace }) => {
    const words = [process.execPath, join(action, 'dist/cli.js'), 'build', '--name', 'my-agent'].join(' ');
    const { stdout } = await promisify(execFile)(
      '/usr/bin/script',
      ['-qec', `stty cols ${columns} rows 40; ${words}`, '/dev/null'],
      {
        cwd: workspace.path,
        env: { PATH: process.env['PATH'], HOME: workspace.path, USER: 'ada', TERM: 'xterm-256color', ...env },
      },
    );
    const screen = modelScreen(columns);
    screen.write(stdout.replaceAll('\r\n', '\n'));
    expect(screen.unknown).toEqual([]);
    const rows = screen.rows();
    const steps = rows.filter((row) => row.startsWith('✓'));
    expect(steps).toContainEqual(expect.stringMatching(/^✓ \[2\/2\] RUN pip install.* done in \d/));
    expect(rows.filter((row) => /^⠋|░/.test(row))).toEqual([]);
    expect(rows.join('')).toContain('tags:       dev-ada');
  },
);
