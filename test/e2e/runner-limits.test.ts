/** A runner that is short of disk or files: told as that, with the build that was registered, and never as a mistake of ours. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';

const definition = `import { Template } from 'novita-sandbox';
export const template = Template()
  .fromImage('python:3.12@sha256:${'0123456789abcdef'.repeat(4)}', undefined, { inheritConfig: false })
  .copy('app.bin', '/srv/')
`;

/** Builds a file of 3 MB that does not get smaller. */
const test = testWith({
  files: { 'template.ts': definition },
  defaults: { ownProcess: true, inputs: { name: 'short', tags: 'v1', reuse: 'never' } },
}).extend('build', ({ workspace, run }) => async (changes: RunChanges) => {
  await writeFile(join(workspace.path, 'app.bin'), randomBytes(3_000_000));
  return run(changes);
});

/** Sets a limit of a process that runs; no shell and no root is needed for that. */
const limit = (processId: number, what: string) => execFileSync('prlimit', ['--pid', `${processId}`, what]);
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

describe.skipIf(!canLimit)('a runner on which', () => {
  test('the archive of a COPY cannot be written ends the build with what is wrong', async ({
    service,
    build,
  }) => {
    const { exitCode, log, outputs, summary } = await build({
      onSpawn: (processId) => limit(processId, '--fsize=1000000'),
    });
    expect(exitCode).toBe(1);
    expect(log).toContain('EFBIG');
    expect(log).toContain('This runner limits how large a file may be. Raise its limit (ulimit -f).');
    expect(log).toContain('The build was registered and will not be started');
    expect(log).not.toMatch(/Unexpected|mistake in the action|\n\s+at /);
    const [waiting] = service.inspect.builds('short').slice(-1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'runner', buildId: waiting?.id });
    expect(summary).toContain('This runner limits how large a file may be.');
  });

  test('nearly no file may be open says so, whenever that is noticed', async ({ build }) => {
    for (const files of [24, 28, 32, 40]) {
      const { exitCode, log, outputs } = await build({
        onSpawn: (processId) => limit(processId, `--nofile=${files}`),
      });
      expect(log).not.toMatch(/Unexpected|mistake in the action|\n\s+at /);
      if (exitCode === 0) continue;
      expect([exitCode, outputs['status'], outputs['failure']]).toEqual([1, 'error', 'runner']);
      expect(log).toMatch(/this runner allows too few open files\. Raise its limit \(ulimit -n\)\./i);
    }
  });
});
