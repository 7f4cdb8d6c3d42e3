/** The process of the definition starts before the action is loaded. Only a run that needs it gives it something to do. */

import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { recipe } from './reuse-kit.ts';

const test = testWith({
  files: {
    'template.ts': `${recipe()}
console.log('arguments', process.argv.length, 'folder', process.cwd(), 'key', process.env.NOVITA_API_KEY);\n`,
    'app/requirements.txt': '',
  },
  defaults: { ownProcess: true, inputs: { name: 'my-agent' } },
});

/** The folders of all processes that wait for a definition of this action, or evaluate one. */
async function waiting(action: string): Promise<string[]> {
  const found = await Promise.all(
    (await readdir('/proc')).filter(Number).map(async (pid) => {
      const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
      if (!command.includes(join(action, 'dist', 'definition', 'index.js'))) return [];
      return [await readlink(join('/proc', pid, 'cwd')).catch(() => '')];
    }),
  );
  return found.flat();
}

describe.runIf(process.platform === 'linux')('the process of a definition', () => {
  test('is in the workspace when it evaluates, and has neither arguments nor the key', async ({
    run,
    workspace,
  }) => {
    const { exitCode, log } = await run();
    expect(exitCode, log).toBe(0);
    expect(log).toContain(`arguments 2 folder ${workspace.path} key undefined`);
  });

  test.for([
    ['there is no definition', { inputs: { name: 'my-agent', template: 'none.ts' } }, 1],
    ['a tag was deleted', { event: { name: 'delete', payload: { ref: 'v1', ref_type: 'tag' } } }, 0],
  ] as const)('ends with the action where %s', async ([, changes, code], { run, action, service }) => {
    const { exitCode, log } = await run(changes);
    expect(exitCode, log).toBe(code);
    expect(log).not.toContain('arguments');
    expect(service.requests).toEqual([]);
    expect(await waiting(action)).toEqual([]);
  });
});
