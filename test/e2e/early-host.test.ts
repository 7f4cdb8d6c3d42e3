/** The process of the definition starts before the action is loaded. Only a run that needs it gives it something to do. */

import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { recipe } from './reuse-kit.ts';

const test = testWith({
  files: {
    'template.ts': `${recipe()}
console.log('arguments', process.argv.length, 'folder', process.cwd(), 'key', process.env.NOVITA_API_KEY, 'run', process.env.TEST_RUN);\n`,
    'app/requirements.txt': '',
  },
  defaults: { ownProcess: true, inputs: { name: 'my-agent' } },
});

/** The processes that a run has left behind. A variable tells them from those of tests that run beside it. */
async function leftBehind(run: string): Promise<string[]> {
  const found = await Promise.all(
    (await readdir('/proc')).filter(Number).map(async (pid) => {
      const environment = await readFile(join('/proc', pid, 'environ'), 'utf8').catch(() => '');
      return environment.split('\0').includes(`TEST_RUN=${run}`) ? [pid] : [];
    }),
  );
  return found.flat();
}

describe.runIf(process.platform === 'linux')('the process of a definition', () => {
  test('is in the workspace when it evaluates, and has neither arguments nor the key', async ({
    run,
    workspace,
  }) => {
    const { exitCode, log } = await run({ env: { TEST_RUN: 'first' } });
    expect(exitCode, log).toBe(0);
    expect(log).toContain(`arguments 2 folder ${workspace.path} key undefined run first`);
  });

  test.for([
    ['there is no definition', { inputs: { name: 'my-agent', template: 'none.ts' } }, 1],
    ['a tag was deleted', { event: { name: 'delete', payload: { ref: 'v1', ref_type: 'tag' } } }, 0],
  ] as const)('ends with the action where %s', async ([, changes, code], { run, service }) => {
    const id = randomUUID();
    const { exitCode, log } = await run({ ...changes, env: { TEST_RUN: id } });
    expect(exitCode, log).toBe(code);
    expect(log).not.toContain('arguments');
    expect(service.requests).toEqual([]);
    expect(await leftBehind(id)).toEqual([]);
  });

  test('ends with an action that is killed, even if the workspace is gone at once', async ({
    run,
    workspace,
  }) => {
    const id = randomUUID();
    await workspace.write({
      'template.ts': `console.log('loading'); await new Promise((r) => setInterval(r, 1e9));\n${recipe()}`,
    });
    await run({
      env: { TEST_RUN: id },
      onOutput: (printed, send) => {
        if (printed.includes('loading')) send('SIGKILL');
      },
    });
    await rm(workspace.path, { recursive: true });
    await expect.poll(() => leftBehind(id)).toEqual([]);
  });
});
