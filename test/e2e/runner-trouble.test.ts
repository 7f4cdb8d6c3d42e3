/** A runner whose files, folders or log do not take what the step writes. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import type { RunOptions } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const template = `import { Template } from 'novita-sandbox';
export const template = Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');
`;

const test = testWith({
  files: { 'template.mjs': template },
  defaults: { ownProcess: true, inputs: { name: 'my-agent' } },
});

const stack = /^\s+at .+:\d+:\d+\)?$/m;
const errorsOf = (log: string) => log.split('\n').filter((line) => line.startsWith('::error'));
const hasFullDevice = existsSync('/dev/full');

describe('a log that nobody reads', () => {
  test.for<[string, RunOptions['logTo'], boolean]>([
    ['its reader is gone', 'closed', true],
    ['its disk is full', { file: '/dev/full' }, hasFullDevice],
  ])('%s: the build goes on, and nothing is left behind', async ([_, logTo, possible], { run }) => {
    if (!possible || !logTo) return;
    await using temporary = await temporaryDirectory();
    const { exitCode, log, outputs, summary } = await run({
      logTo,
      env: { RUNNER_TEMP: temporary.path },
    });
    expect(log).toBe('');
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'ready' });
    expect(summary).toContain('is ready');
    expect(await readdir(temporary.path)).toEqual([expect.stringMatching(/\.json$/)]);
  });

  test('a slow reader gets all of it', async ({ run, workspace }) => {
    await workspace.write({
      'template.mjs': `for (let line = 0; line < 5000; line++) console.log('line', line, '-'.repeat(100));\n${template}`,
    });
    let paused = false;
    const { exitCode, log } = await run({
      env: { NOVITA_API_KEY: '' },
      inputs: { name: 'my-agent', 'on-missing-credentials': 'skip' },
      onOutput: () => {
        // The test reads nothing for as long as a run takes.
        if (!paused) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
        paused = true;
      },
    });
    expect(exitCode).toBe(0);
    expect(log.match(/line \d+ -{100}/g)).toHaveLength(5000);
    expect(log).toContain('::notice title=Not built::');
  });

  test('a mistake still has its outputs and its summary', async ({ run }) => {
    await using empty = await temporaryDirectory();
    const { exitCode, log, outputs, summary } = await run({
      workspace: empty.path,
      logTo: 'closed',
    });
    expect([exitCode, log]).toEqual([1, '']);
    expect(outputs).toEqual({ status: 'error', failure: 'invalid-input' });
    expect(summary).toContain('## Template `my-agent`: nothing was built');
  });
});

describe('an event file', () => {
  test.for([
    ['that is not JSON', 'event.json', /it is not JSON/],
    ['that is empty', 'empty.json', /it is not JSON/],
    ['that holds a list', 'list.json', /it is not a JSON object/],
    ['that holds null', 'null.json', /it is not a JSON object/],
    ['that is a folder', '.', /it cannot be read \(EISDIR\)/],
    ['that is not there', 'gone.json', /it cannot be read \(ENOENT\)/],
  ] as const)(
    '%s: is one clear mistake, with nothing sent',
    async ([_, path, says], { service, workspace, run }) => {
      await workspace.write({
        ...{ 'event.json': 'no\n', 'empty.json': '', 'list.json': '[]' },
        'null.json': 'null',
      });
      const before = service.requests.length;
      const { exitCode, log, outputs, summary } = await run({
        env: { GITHUB_EVENT_PATH: join(workspace.path, path) },
      });
      expect(exitCode, log).toBe(1);
      expect(errorsOf(log)).toEqual([expect.stringMatching(says)]);
      expect(log).toContain('Nothing was built: A mistake was found before anything was changed.');
      expect(log).not.toMatch(stack);
      expect(outputs).toEqual({ status: 'error', failure: 'invalid-input' });
      expect(summary).toMatch(/### The event of this run\n\nGITHUB\\_EVENT\\_PATH names/);
      expect(service.requests).toHaveLength(before);
    },
  );
});

describe('a folder for temporary files', () => {
  test.for(['/proc/nothing', '/dev/null', '/dev/null/below'])(
    '%s: is one clear mistake',
    async (folder, { run }) => {
      const { exitCode, log, outputs, summary } = await run({ env: { RUNNER_TEMP: folder } });
      expect(exitCode, log).toBe(1);
      expect(errorsOf(log)).toEqual([expect.stringContaining(`${folder} cannot be written to (`)]);
      expect(log).not.toMatch(stack);
      expect(outputs).toEqual({ status: 'error', failure: 'invalid-input' });
      expect(summary).toContain('### The folder for temporary files');
    },
  );

  test('that is not there yet is made', async ({ workspace, run }) => {
    const RUNNER_TEMP = join(workspace.path, 'a', 'b');
    const { exitCode, log } = await run({ env: { RUNNER_TEMP } });
    expect(exitCode, log).toBe(0);
  });
});

describe('a file of the runner that takes nothing', () => {
  const rows = [
    ['GITHUB_OUTPUT', 'The outputs of this step, which later steps and jobs read, could not be written'],
    ['GITHUB_STEP_SUMMARY', 'The job summary could not be written'],
    ['GITHUB_STATE', 'The state of the step could not be written'],
  ] as const;
  test.for(
    rows.flatMap(([variable, says]) => [
      [variable, '/dev/full', says] as const,
      [variable, '/dev/null/gone', says] as const,
    ]),
  )('%s=%s: the build is made, and this is said once', async ([variable, path, says], { run }) => {
    if (path === '/dev/full' && !hasFullDevice) return;
    const { exitCode, log } = await run({ env: { [variable]: path } });
    expect(exitCode, log).toBe(0);
    const warnings = log.split('\n').filter((line) => line.startsWith('::warning'));
    expect(warnings).toEqual([expect.stringContaining(says)]);
    expect(log).not.toMatch(stack);
  });
});

test('an error that nobody caught has outputs, a summary and no stack trace, and ends what was begun', async ({
  workspace,
  run,
}) => {
  await workspace.write({
    'template.mjs': `console.log('loading'); await new Promise((r) => setInterval(r, 1e9));\n${template}`,
    // In the action's own process, and not in that of the recipe, which does not get the runner's files.
    'crash.mjs':
      "if (process.env.GITHUB_STATE) setTimeout(() => { throw new Error('something of ours broke'); }, 800);",
  });
  await using temporary = await temporaryDirectory();
  const { exitCode, log, outputs, summary } = await run({
    env: {
      RUNNER_TEMP: temporary.path,
      NODE_OPTIONS: `--import ${JSON.stringify(join(workspace.path, 'crash.mjs'))}`,
    },
  });
  expect(exitCode, log).toBe(1);
  const says =
    'Unexpected: something of ours broke. This is a mistake in the action; please report it with a debug log.';
  expect(errorsOf(log)).toEqual([`::error::Nothing was built: ${says}`]);
  expect(log).not.toMatch(stack);
  expect(outputs).toEqual({ status: 'error', failure: 'unexpected' });
  expect(summary).toContain('This is a mistake in the action');
  expect(await readdir(temporary.path)).toEqual([]);
});
