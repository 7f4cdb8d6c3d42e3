/** Sandboxes of the embedded service, with the SDK as client. */
import { CommandExitError, Sandbox } from 'novita-sandbox';
import { describe, expect, test } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { build, serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

/** A service with one ready build of `app:v1`, and what the SDK needs to reach it. */
async function serviceWithApp(script: SimulationScript = [], limits = {}) {
  const service = await startService({ executor: createSimulatedExecutor({ stepMs: 0, script }), limits });
  const recipe = { fromImage: 'debian:12', steps: [], startCmd: 'serve', readyCmd: 'true' };
  const built = await build(service, 'app:v1', recipe);
  return { service, built, options: at(service) };
}

const at = ({ apiKey, url }: LocalService) => ({ apiKey, apiUrl: url, sandboxUrl: url });

describe('a sandbox', () => {
  test('is started from a name with a tag or a build, runs commands, and is killed', async () => {
    const { built, options } = await serviceWithApp([
      { at: 'command', text: /^python/, lines: ['Python 3.12', { text: 'a warning', stream: 'stderr' }] },
    ]);
    for (const name of ['app:v1', `app:${built.buildID}`]) {
      const sandbox = await Sandbox.create(name, options);
      const seen: string[] = [];
      const result = await sandbox.commands.run('python --version', {
        onStdout: (text) => void seen.push(`out ${text}`),
        onStderr: (text) => void seen.push(`err ${text}`),
      });
      expect(result).toMatchObject({ exitCode: 0, stdout: 'Python 3.12\n', stderr: 'a warning\n' });
      expect(seen).toEqual(['out Python 3.12\n', 'err a warning\n']);
      expect(await Sandbox.kill(sandbox.sandboxId, options)).toBe(true);
      expect(await Sandbox.kill(sandbox.sandboxId, options)).toBe(false);
    }
  });

  test('says how a command failed', async () => {
    const { options } = await serviceWithApp([{ at: 'command', text: /^false/, exitCode: 3 }]);
    const sandbox = await Sandbox.create('app:v1', options);
    await expect(sandbox.commands.run('false')).rejects.toThrow(CommandExitError);
    await expect(sandbox.commands.run('false')).rejects.toMatchObject({ exitCode: 3 });
  });

  test('lists its start command while that runs', async () => {
    const { options } = await serviceWithApp();
    const sandbox = await Sandbox.create('app:v1', options);
    expect(await sandbox.commands.list()).toMatchObject([{ cmd: '/bin/bash', args: ['-l', '-c', 'serve'] }]);

    const dead = await serviceWithApp([{ at: 'alive', fail: { message: '' } }]);
    expect(await (await Sandbox.create('app:v1', dead.options)).commands.list()).toEqual([]);
  });

  test('has metrics, and counts in the quota', async () => {
    const { service, options } = await serviceWithApp();
    const sandbox = await Sandbox.create('app:v1', options);
    expect(await sandbox.getMetrics()).toMatchObject([{ cpuCount: 2, memTotal: 1024 * 1024 * 1024 }]);
    const quota = await fetch(`${service.url}/sandboxes/quota`, { headers: { 'X-API-KEY': service.apiKey } });
    expect(await quota.json()).toMatchObject({
      usage: { concurrentInstances: 1, concurrentVcpu: 2, concurrentRamMb: 1024 },
    });
  });

  test('ends with its time limit', async () => {
    const { service, options } = await serviceWithApp();
    await Sandbox.create('app:v1', { ...options, timeoutMs: 1000 });
    await expect.poll(() => service.inspect.sandboxes().length, { timeout: 60_000 }).toBe(0);
  });

  test('ends a command that takes longer than it may', async () => {
    const { options } = await serviceWithApp([
      { at: 'command', text: /^sleep/, durationMs: Number.POSITIVE_INFINITY },
    ]);
    const sandbox = await Sandbox.create('app:v1', options);
    await expect(sandbox.commands.run('sleep 100', { timeoutMs: 300 })).rejects.toThrow(/deadline|timeout/i);
  });
});

describe('a sandbox is refused', () => {
  test.each([
    ['other', /template 'other' not found/],
    ['app:v2', /tag 'v2' does not exist for template 'app'/],
  ])('for %s', async (name, message) => {
    const { options } = await serviceWithApp();
    await expect(Sandbox.create(name, options)).rejects.toThrow(message);
  });

  test('beyond the limit of the team', async () => {
    const { options } = await serviceWithApp([], { concurrentSandboxes: 1 });
    await Sandbox.create('app:v1', options);
    await expect(Sandbox.create('app:v1', options)).rejects.toThrow(
      /maximum number of concurrent sandboxes \(1\)/,
    );
  });

  test('when its machine does not start', async () => {
    const { options } = await serviceWithApp([{ at: 'machine', fail: { message: 'no node has room' } }]);
    await expect(Sandbox.create('app:v1', options)).rejects.toThrow(/no node has room/);
  });

  test('without its token', async () => {
    const { service, options } = await serviceWithApp();
    const { sandboxId } = await Sandbox.create('app:v1', options);
    const response = await fetch(`${service.url}/process.Process/List`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'novita-sandbox-id': sandboxId },
      body: '{}',
    });
    expect(response.status).toBe(401);
  });
});
