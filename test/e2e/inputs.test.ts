/** Inputs that are wrong in a way that the runner does not see, told before anything changes. */
import { describe, expect } from 'vitest';
import { faultInterceptor } from '../../src/local/fault-plan.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import type { LocalService } from '../../src/local/service.ts';
import { testWith } from '../support/fixtures.ts';
import { changesSince, project, recipe } from './reuse-kit.ts';

const test = testWith({ files: project() });

const annotations = (log: string, kind: 'error' | 'warning') =>
  log.split('\n').filter((line) => line.startsWith(`::${kind}`));
const paths = (service: LocalService) => service.requests.map(({ path }) => path);

describe('an input that there is not', () => {
  test.for(['.', 'promote', 'wait', 'cleanup', 'comment'])(
    'stops the action in %s when it is nearly one of its inputs, and nothing is sent',
    async (folder, { service, run }) => {
      const near = folder === 'comment' ? 'results' : 'nme';
      const meant = folder === 'comment' ? 'result' : 'name';
      const { exitCode, log } = await run({ action: folder, inputs: { [near]: 'v1' } });
      expect(exitCode, log).toBe(1);
      expect(annotations(log, 'error')[0]).toBeDefined();
      expect(log).toContain(`There is no input \`${near}\`; did you mean \`${meant}\`?`);
      expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    },
  );

  test('and that hides the tags does not move latest and default', async ({ service, run }) => {
    const { exitCode, log, outputs } = await run({ inputs: { tag: 'v1' } });
    expect(exitCode).toBe(1);
    expect(log).toMatch(
      /^::error title=Input tag::Input tag: There is no input `tag`; did you mean `tags`\?/m,
    );
    expect(changesSince(service)).toEqual([]);
    expect(outputs).not.toHaveProperty('buildId');
  });

  test('is a warning when it is like none', async ({ run }) => {
    const { exitCode, log, outputs } = await run({ inputs: { dockerfile: 'x' } });
    expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
    expect(annotations(log, 'warning').join()).toContain(
      'There is no input `dockerfile`, so it does nothing.',
    );
  });
});

describe('the size of the sandboxes of a team with lower limits', () => {
  test.override({ serviceOptions: { limits: { maxCpu: 2, maxMemoryMb: 4096 } } });

  test('that the team may not use is a mistake with its limits and what fits, told with all others', async ({
    service,
    workspace,
    run,
  }) => {
    await workspace.write({ 'template.ts': recipe(undefined, "\n  .copy('none', '/x')") });
    const wrong = await run({ inputs: { 'cpu-count': '8', tag: 'v1' } });
    expect(wrong.exitCode).toBe(1);
    const errors = annotations(wrong.log, 'error').join('\n');
    expect(errors).toContain(
      'found cpu-count: 8 and memory-mb: 4096; your team may use at most 2 CPU and 4096 MiB for a sandbox, as the service says. The nearest size that fits is cpu-count: 2 and memory-mb: 4096.',
    );
    expect(errors).toContain('There is no input `tag`');
    expect(errors).toContain('Missing COPY source');
    expect(paths(service)).toEqual(['/sandboxes/quota']);
  });
});

describe('the size of the sandboxes', () => {
  test.for(['quota:401', 'quota:403', 'quota:404', 'quota:500', 'quota:html', 'quota:empty', 'quota:reset'])(
    'goes to the service where its limits cannot be asked (%s)',
    async (fault, { service, run }) => {
      service.intercept = faultInterceptor({ rules: [readFaultRule(fault)] });
      const answered = await run({ inputs: { 'cpu-count': '4' } });
      expect([answered.exitCode, answered.outputs['status']], answered.log).toEqual([0, 'ready']);
      // 512 MiB for each CPU, where nothing is said about memory.
      expect(answered.log).toContain('size:   4 CPU, 2048 MiB memory');
      expect(annotations(answered.log, 'warning')).toEqual([]);
      expect(paths(service).filter((path) => path === '/sandboxes/quota')).toHaveLength(1);
    },
  );

  test('that only the documentation refuses is built, with a warning that names the nearest', async ({
    run,
  }) => {
    const { exitCode, log, outputs } = await run({ inputs: { 'cpu-count': '4', 'memory-mb': '1024' } });
    expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
    expect(annotations(log, 'warning')).toEqual([
      expect.stringMatching(
        /^::warning title=Input memory-mb::.*The nearest such size is cpu-count: 4 and memory-mb: 2048\.$/,
      ),
    ]);
  });

  test('that everybody gets costs no request', async ({ service, run }) => {
    await run();
    await run({ inputs: { 'cpu-count': '2', 'memory-mb': '1024' } });
    expect(paths(service)).not.toContain('/sandboxes/quota');
  });

  test('is not asked about without a key, and is warned of all the same', async ({ service, run }) => {
    const planned = await run({
      inputs: { 'memory-mb': '1000', 'on-missing-credentials': 'skip' },
      env: { NOVITA_API_KEY: '' },
    });
    expect(planned.exitCode, planned.log).toBe(0);
    expect(annotations(planned.log, 'warning').join()).toContain('cpu-count: 2 and memory-mb: 1024');
    expect(service.requests).toEqual([]);
  });
});
