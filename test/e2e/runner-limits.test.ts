/** A runner that is short of disk or files: told as that, with the build that was registered, and never as a mistake of ours. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { type RunOptions, runAction } from '../support/runner.ts';
import { publishedAction, temporaryDirectory } from '../support/temporary-directory.ts';

const action = publishedAction();
let service: LocalService;
beforeAll(async () => {
  service = await startLocalService({ executor: createSimulatedExecutor({ stepMs: 1 }) });
});
afterAll(async () => {
  await service.close();
});

const definition = `import { Template } from 'novita-sandbox';
export const template = Template()
  .fromImage('python:3.12@sha256:${'0123456789abcdef'.repeat(4)}', undefined, { inheritConfig: false })
  .copy('app.bin', '/srv/')
`;

/** Builds a file of 3 MB that does not get smaller. */
async function build(changes: Partial<RunOptions>) {
  await using workspace = await temporaryDirectory({ 'template.ts': definition });
  await writeFile(join(workspace.path, 'app.bin'), randomBytes(3_000_000));
  return await runAction({
    action: action.path,
    workspace: workspace.path,
    inputs: { name: 'short', tags: 'v1', reuse: 'never' },
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url },
    ...changes,
  });
}

/** Sets a limit of a process that runs; no shell and no root is needed for that. */
const limit = (processId: number, what: string) => execFileSync('prlimit', ['--pid', `${processId}`, what]);
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

describe.skipIf(!canLimit)('a runner on which', () => {
  test('the archive of a COPY cannot be written ends the build with what is wrong', async () => {
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

  test('nearly no file may be open says so, whenever that is noticed', async () => {
    for (const files of [24, 28, 32, 40]) {
      const { exitCode, log, outputs } = await build({
        onSpawn: (processId) => limit(processId, `--nofile=${files}`),
      });
      expect(log).not.toMatch(/Unexpected|mistake in the action|\n\s+at /);
      if (exitCode === 0) continue;
      expect([exitCode, outputs['status'], outputs['failure']]).toEqual([1, 'error', 'runner']);
      expect(log).toContain('this runner allows too few open files. Raise its limit (ulimit -n).');
    }
  });
});
