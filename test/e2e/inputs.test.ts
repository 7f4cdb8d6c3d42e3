/** Inputs that are wrong in a way that the runner does not see, told before anything changes. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFaultRule } from '../../src/local/read-faults.ts';
import { type LocalService, type LocalServiceOptions, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { type RunOptions, type RunResult, runActionHere } from '../support/runner.ts';
import {
  publishedAction,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../support/temporary-directory.ts';
import { changesSince, project, recipe } from './reuse-kit.ts';

const action = publishedAction();
let workspace: TemporaryDirectory;
beforeAll(async () => {
  workspace = await temporaryDirectory(project());
});
afterAll(async () => {
  await workspace[Symbol.asyncDispose]();
});

interface Run extends RunResult {
  readonly service: LocalService;
}

/** One run of the build action, or of the one in `folder`, on a service of its own. */
async function run(
  inputs: Record<string, string>,
  options: LocalServiceOptions = {},
  { folder = '.', ...more }: Partial<RunOptions> & { folder?: string } = {},
): Promise<Run> {
  const service = await startLocalService({ executor: createSimulatedExecutor({ stepMs: 1 }), ...options });
  const result = await runActionHere({
    action: join(action.path, folder),
    workspace: workspace.path,
    inputs: { name: 'my-agent', ...inputs },
    ...more,
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url, ...more.env },
  });
  await service.close();
  return { ...result, service };
}

const annotations = (log: string, kind: 'error' | 'warning') =>
  log.split('\n').filter((line) => line.startsWith(`::${kind}`));
const paths = ({ service }: Run) => service.requests.map(({ path }) => path);

describe('an input that there is not', () => {
  test.each(['.', 'promote', 'wait', 'cleanup', 'comment'])(
    'stops the action in %s when it is nearly one of its inputs, and nothing is sent',
    async (folder) => {
      const near = folder === 'comment' ? 'results' : 'nme';
      const meant = folder === 'comment' ? 'result' : 'name';
      const { exitCode, log, service } = await run({ [near]: 'v1' }, {}, { folder });
      expect(exitCode, log).toBe(1);
      expect(annotations(log, 'error')[0]).toBeDefined();
      expect(log).toContain(`There is no input \`${near}\`; did you mean \`${meant}\`?`);
      expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    },
  );

  test('and that hides the tags does not move latest and default', async () => {
    const { exitCode, log, service, outputs } = await run({ tag: 'v1' });
    expect(exitCode).toBe(1);
    expect(log).toMatch(
      /^::error title=Input tag::Input tag: There is no input `tag`; did you mean `tags`\?/m,
    );
    expect(changesSince(service)).toEqual([]);
    expect(outputs).not.toHaveProperty('buildId');
  });

  test('is a warning when it is like none', async () => {
    const { exitCode, log, outputs } = await run({ dockerfile: 'x' });
    expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
    expect(annotations(log, 'warning').join()).toContain(
      'There is no input `dockerfile`, so it does nothing.',
    );
  });
});

describe('the size of the sandboxes', () => {
  const free = { limits: { maxCpu: 2, maxMemoryMb: 4096 } };

  test('that the team may not use is a mistake with its limits and what fits, told with all others', async () => {
    await using broken = await temporaryDirectory({
      'template.ts': recipe(undefined, "\n  .copy('none', '/x')"),
    });
    const wrong = await run({ 'cpu-count': '8', tag: 'v1' }, free, { workspace: broken.path });
    expect(wrong.exitCode).toBe(1);
    const errors = annotations(wrong.log, 'error').join('\n');
    expect(errors).toContain(
      'found cpu-count: 8 and memory-mb: 4096; your team may use at most 2 CPU and 4096 MiB for a sandbox, as the service says. The nearest size that fits is cpu-count: 2 and memory-mb: 4096.',
    );
    expect(errors).toContain('There is no input `tag`');
    expect(errors).toContain('Missing COPY source');
    expect(paths(wrong)).toEqual(['/sandboxes/quota']);
  });

  test.each(['quota:401', 'quota:403', 'quota:404', 'quota:500', 'quota:html', 'quota:empty', 'quota:reset'])(
    'goes to the service where its limits cannot be asked (%s)',
    async (fault) => {
      const answered = await run(
        { 'cpu-count': '4' },
        { faults: { rules: [readFaultRule(fault)] }, limits: { maxCpu: 8 } },
      );
      expect([answered.exitCode, answered.outputs['status']], answered.log).toEqual([0, 'ready']);
      // 512 MiB for each CPU, where nothing is said about memory.
      expect(answered.log).toContain('size:   4 CPU, 2048 MiB memory');
      expect(annotations(answered.log, 'warning')).toEqual([]);
      expect(paths(answered).filter((path) => path === '/sandboxes/quota')).toHaveLength(1);
    },
  );

  test('that only the documentation refuses is built, with a warning that names the nearest', async () => {
    const { exitCode, log, outputs } = await run({ 'cpu-count': '4', 'memory-mb': '1024' });
    expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
    expect(annotations(log, 'warning')).toEqual([
      expect.stringMatching(
        /^::warning title=Input memory-mb::.*The nearest such size is cpu-count: 4 and memory-mb: 2048\.$/,
      ),
    ]);
  });

  test('that everybody gets costs no request', async () => {
    expect(paths(await run({}))).not.toContain('/sandboxes/quota');
    expect(paths(await run({ 'cpu-count': '2', 'memory-mb': '1024' }))).not.toContain('/sandboxes/quota');
  });

  test('is not asked about without a key, and is warned of all the same', async () => {
    const planned = await run(
      { 'memory-mb': '1000', 'on-missing-credentials': 'skip' },
      {},
      { env: { NOVITA_API_KEY: '' } },
    );
    expect(planned.exitCode, planned.log).toBe(0);
    expect(annotations(planned.log, 'warning').join()).toContain('cpu-count: 2 and memory-mb: 1024');
    expect(planned.service.requests).toEqual([]);
  });
});
