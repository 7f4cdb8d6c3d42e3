/** Local builds of the bundled action: the recipe runs in containers, and then the test in the finished one. */
import { describe, expect, test } from 'vitest';
import { BUILD_LABEL } from '../../src/local/engine/labels.ts';
import { pullRequestFromFork } from '../support/fork-event.ts';
import { type RunOptions, type RunResult, repositoryRoot, runAction } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { BASE, skipWithoutEngine, someEngine } from './engine-fixtures.ts';

const recipe = (steps: string, start = '') => ({
  'template.ts': `import { Template, waitForPort } from 'novita-sandbox';
export const template = Template()
  .fromImage('${BASE}', undefined, { inheritConfig: false })
  ${steps}
  ${start};
`,
  'app.txt': 'hello\n',
});
const served = "setStartCmd('python3 -m http.server 8000', waitForPort(8000))";

/** Runs the published bundle as a runner of GitHub would. Without a key, and with the engine of this machine. */
async function build(
  files: Record<string, string>,
  inputs: Record<string, string>,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  await using workspace = await temporaryDirectory(files);
  const engine: Record<string, string> = {};
  for (const name of ['DOCKER_HOST', 'XDG_RUNTIME_DIR']) {
    const value = process.env[name];
    if (value) engine[name] = value;
  }
  return await runAction({
    action: repositoryRoot,
    workspace: workspace.path,
    // The image is on this machine only, so no registry has its digest.
    inputs: { name: 'my-agent', tags: 'v1', 'pin-base': 'false', ...inputs },
    ...more,
    env: { ...engine, RUNNER_ENVIRONMENT: 'github-hosted', ...more.env },
  });
}

/** The containers of the build that a log is about. Other tests may have theirs at the same time. */
async function containersOf(log: string): Promise<string[]> {
  const [, buildId] = /Building template \w+\/([\w-]+)/.exec(log) ?? [];
  expect(buildId).toBeDefined();
  const { client } = await someEngine();
  const filters = JSON.stringify({ label: [`${BUILD_LABEL}=${buildId}`] });
  const found = await client.json<{ Id: string }[]>('GET', '/containers/json', {
    query: { all: true, filters },
  });
  client.close();
  return found.map(({ Id }) => Id);
}

describe.skipIf(skipWithoutEngine())('a local build', () => {
  test('runs the recipe and the test, and hands over no identifiers', async () => {
    const { exitCode, log, outputs, summary, result } = await build(
      recipe(
        ".copy('app.txt', '/srv/app.txt').setWorkdir('/srv').runCmd('cat app.txt; id -un')",
        `.${served}`,
      ),
      { 'build-on': 'local', test: 'curl -sf localhost:8000/app.txt\necho to-stderr >&2\n# a comment\npwd' },
    );
    expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
    expect(log).toMatch(/^::notice title=This is a local build::/m);
    // The image has no digest, so nothing names the content.
    expect(log).toContain('Content: unknown, since pin-base is false\n');
    expect(log).toMatch(/::group::\[3\/\d\] RUN cat app\.txt; id -un\n│ hello\n│ user\n/);
    expect(log).toMatch(/::group::Test 1\/3: curl -sf localhost:8000\/app\.txt\n│ hello\nDONE/);
    expect(log).toMatch(/::group::Test 2\/3: .*\n┆ to-stderr\nDONE/);
    expect(log).toMatch(/::group::Test 3\/3: pwd\n│ \/srv\nDONE/);
    expect(log).toContain('Test passed: 3 commands');
    expect(outputs).toMatchObject({ status: 'validated', reused: 'false' });
    for (const name of ['templateId', 'buildId', 'reference', 'tags', 'digest', 'predicate-file'])
      expect(outputs).not.toHaveProperty(name);
    expect(result).toMatchObject({ status: 'validated', local: true, tags: [], test: { passed: true } });
    expect(result).not.toHaveProperty('buildId');
    expect(summary).toContain('builds: a local build is ready');
    expect(summary).toContain('### Test passed');
    expect(await containersOf(log)).toEqual([]);
  });

  test('is red at the line of a step that fails', async () => {
    const { exitCode, log, outputs } = await build(recipe(".runCmd('ls /nowhere')"), { 'build-on': 'local' });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error title=Step 1 of 1 failed.*file=template\.ts,line=4/m);
    expect(outputs).toMatchObject({ status: 'error' });
  });

  test('asks a port of the container, also of a server on 127.0.0.1 alone', async () => {
    const start = "setStartCmd('python3 -m http.server 8000 --bind 127.0.0.1', waitForPort(8000))";
    const inputs = { 'build-on': 'local', test: 'true', 'test-timeout': '0.2' };
    const files = recipe(".runCmd('true')", `.${start}`);
    const { exitCode, log, summary } = await build(files, { ...inputs, 'test-url': '8000/nowhere' });
    expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
    expect(log).toMatch(/^::group::Test: GET 8000\/nowhere\nstatus 404\nDONE/m);
    expect(summary).toContain('| passed (status 404) |');
    const closed = await build(files, { ...inputs, 'test-url': '8001' });
    expect(closed.exitCode).toBe(1);
    expect(closed.outputs).toMatchObject({ failure: 'smoke-test' });
    expect(closed.log).toMatch(/8001\/ was not served within \d+ s: the last answer was status 502/);
  });

  test('is red when a command of the test fails', async () => {
    const { exitCode, log, outputs, summary } = await build(recipe(".runCmd('true')"), {
      'build-on': 'local',
      test: 'echo before\nls /nowhere\necho never',
    });
    expect(exitCode).toBe(1);
    expect(log).toContain('FAILED with exit code 2');
    expect(log).not.toContain('Test 3/3');
    expect(log).toMatch(/^::error .*ls \/nowhere ended with exit code 2/m);
    expect(outputs).toMatchObject({ status: 'error', failure: 'smoke-test' });
    expect(summary).toContain('### What was tested');
  });

  test('of a fork that nobody asked for: green, where only a local build fails', async () => {
    const { exitCode, log, outputs } = await build(
      recipe(".runCmd('systemctl start nginx')"),
      { tags: '' },
      { event: pullRequestFromFork },
    );
    expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
    expect(log).toMatch(/^::notice title=Only a local build fails here::.*no systemd/m);
    expect(log).not.toMatch(/^::error/m);
    expect(outputs).toMatchObject({ status: 'skipped', failure: 'local-build' });
  });

  test('of a fork that nobody asked for: green, where it begins with another template', async () => {
    const template =
      "import { Template } from 'novita-sandbox';\nexport default Template().fromTemplate('code-interpreter-v1').runCmd('true');\n";
    const { exitCode, log, outputs } = await build(
      { 'template.ts': template },
      { tags: '' },
      { event: pullRequestFromFork },
    );
    expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
    expect(log).toMatch(/^::notice title=Only a local build fails here::/m);
    expect(outputs).toMatchObject({ status: 'skipped', failure: 'base-template-not-found' });
  });

  test('of a fork that nobody asked for: red, where the recipe fails', async () => {
    const { exitCode, outputs } = await build(
      recipe(".runCmd('false')"),
      { tags: '' },
      { event: pullRequestFromFork },
    );
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'run' });
  });

  test('leaves no container behind when the action is killed', async () => {
    const { exitCode, log } = await build(
      recipe(".runCmd('echo begun; sleep 300')"),
      { 'build-on': 'local' },
      {
        onOutput: (printed, kill) => {
          if (printed.includes('│ begun')) kill('SIGKILL');
        },
      },
    );
    expect(exitCode).not.toBe(0);
    await expect.poll(() => containersOf(log), { interval: 1000 }).toEqual([]);
  });
});
