/** A sandbox of a local build: the finished template in a container, asked through the SDK. */
import { CommandExitError, Sandbox } from 'novita-sandbox';
import { describe, expect, test } from 'vitest';
import { run, sharedEngineService, skipWithoutEngine } from './engine-fixtures.ts';

const service = sharedEngineService();
const options = () => ({
  apiKey: service().apiKey,
  apiUrl: service().url,
  sandboxUrl: service().url,
  validateApiKey: false,
});
const SERVER = 'exec python3 -m http.server 8000 --bind 127.0.0.1';
const READY = 'curl -sf http://127.0.0.1:8000/ > /dev/null';

describe.skipIf(skipWithoutEngine())('a sandbox', () => {
  test('has the files, the user, the folder and the start command of the template, and no ENV', async () => {
    await service().make(
      {
        steps: [
          { type: 'ENV', args: ['A', 'secret'] },
          { type: 'WORKDIR', args: ['/srv/app'] },
          run('echo content > file', 'root'),
        ],
        startCmd: SERVER,
        readyCmd: READY,
      },
      'served',
    );
    const sandbox = await Sandbox.create('served', options());
    const { stdout } = await sandbox.commands.run(
      'id -un; pwd; echo "[$A]"; cat file; curl -s http://127.0.0.1:8000/file',
    );
    expect(stdout).toBe('user\n/srv/app\n[]\ncontent\ncontent\n');
    const asRoot = await sandbox.commands.run('id -un; pwd; echo "$X" >&2', {
      user: 'root',
      envs: { X: '1' },
    });
    expect([asRoot.stdout, asRoot.stderr]).toEqual(['root\n/root\n', '1\n']);
    await expect(sandbox.commands.run('exit 3')).rejects.toThrow(CommandExitError);
    const processes = await sandbox.commands.list();
    expect(processes.map(({ args }) => args.at(-1))).toEqual([SERVER]);
    await sandbox.kill();
    await expect(sandbox.commands.run('true')).rejects.toThrow();
  });

  test('kills a command that takes too long, and goes on', async () => {
    await service().make([run('true')], 'plain');
    const sandbox = await Sandbox.create('plain', options());
    const slow = sandbox.commands.run('echo begun; sleep 1000; echo never', { timeoutMs: 2000 });
    await expect(slow).rejects.toThrow(/deadline|timeout/i);
    await expect
      .poll(async () => (await sandbox.commands.run('pgrep -cx sleep || true')).stdout.trim())
      .toBe('0');
    await sandbox.kill();
  });

  test('has a start command that may die, which its list of processes shows', async () => {
    await service().make({ steps: [], startCmd: 'sleep 0.5; exit 4', readyCmd: 'true' }, 'dying');
    const sandbox = await Sandbox.create('dying', options());
    await expect.poll(() => sandbox.commands.list()).toEqual([]);
    await sandbox.kill();
  });
});
