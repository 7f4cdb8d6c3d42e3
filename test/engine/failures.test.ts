/** How failures of commands are told, and which are of a local build alone. */
import { describe, expect, test } from 'vitest';
import { failures } from '../../src/local/failures.ts';
import { build, register, settled, start, status } from '../support/service-client.ts';
import {
  BASE,
  containersOf,
  engineStarter,
  run,
  sharedEngineService,
  skipWithoutEngine,
  someEngine,
} from './engine-fixtures.ts';

const service = sharedEngineService({ ready: { limitMs: 4000, gapMs: 100 } });
const startService = engineStarter();
const local = (message: string, because: string) =>
  `${message} (works at the service, not in a local build: ${because})`;
const SERVER =
  'python3 -c "import http.server as h; h.HTTPServer((\'\', 8000), h.SimpleHTTPRequestHandler).serve_forever()"';

describe.skipIf(skipWithoutEngine())('a step', () => {
  test('that needs too much memory is killed, and it says so', async () => {
    const command = 'python3 -c "b = bytearray(3 * 2**30)"; exit $?';
    const built = await service().make([run(command)]);
    expect(built.reason?.message).toBe(failures.runKilled(command));
    expect(built.warnings).toEqual([
      'Memory ran out: the kernel killed a process, as this build has 1024 MiB.',
    ]);
  });

  test('has the limits of the template', async () => {
    const read = 'cat /sys/fs/cgroup/$1/$2 2>/dev/null || cat /sys/fs/cgroup/$3';
    const built = await service().make([
      run(`set -- pids pids.max pids.max; ${read}`),
      run(`set -- memory memory.limit_in_bytes memory.max; ${read}`),
      run(`set -- cpu cpu.cfs_quota_us cpu.max; ${read}; df --output=size -B1M /dev/shm | tail -1`),
    ]);
    expect(built.output(1)).toEqual(['4096']);
    expect(built.output(2)).toEqual([String(1024 * 2 ** 20)]);
    expect(built.output(3)).toEqual([expect.stringMatching(/^\d+/), '512']);
  });

  test.for<[string, string, number, string]>([
    [
      'systemd',
      'echo "System has not been booted with systemd as init system (PID 1)." >&2; exit 1',
      1,
      'a container has no systemd',
    ],
    ['a mount', 'sudo mount -t tmpfs none /mnt', 32, 'a container may not mount file systems or use devices'],
    [
      'a kernel setting',
      'sudo sysctl -w kernel.panic=1',
      1,
      "a container may not change the kernel's settings",
    ],
    [
      'a nested engine',
      'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1',
      1,
      'a container cannot run another container engine',
    ],
    ['the log of the kernel', 'sudo dmesg', 1, 'a container does not reach the kernel of its machine'],
    ['a route', 'sudo ip link add x type dummy', 2, 'a container may not change network rules'],
    ['a full disk', 'head -c 600M /dev/zero > /dev/shm/x', 1, 'the disk of this machine is full'],
    ['a network, in a build without', 'curl -sS http://example.test', 6, 'this build has no network'],
  ])('that needs %s works at the service only', async ([, command, code, because]) => {
    const { reason, log } = await service().make([run(command)]);
    expect(reason?.message, log.join('\n')).toBe(local(failures.runFailed(command, code), because));
  });

  test('that leaves its output open goes on, with a warning', async () => {
    const built = await service().make([
      run('sleep 300 & echo started'),
      run('pgrep -x sleep > /dev/null && echo runs'),
    ]);
    expect(built.warnings).toEqual([
      expect.stringMatching(/^The command has ended, but \w+ still has its output open/),
    ]);
    expect([built.output(1), built.output(2)]).toEqual([['started'], ['runs']]);
    const quiet = await service().make([
      run('sleep 300 > /dev/null 2>&1 & echo started'),
      run('yes | head -2 > /tmp/x'),
    ]);
    expect(quiet.warnings).toEqual([]);
  });
});

describe.skipIf(skipWithoutEngine())('start and ready command', () => {
  test('a server is waited for, and its output shown until then', async () => {
    const readyCmd = 'curl -sf http://127.0.0.1:8000/ > /dev/null';
    const built = await service().make({ steps: [], startCmd: `echo begins; ${SERVER}`, readyCmd });
    expect(built.status, built.log.join('\n')).toBe('ready');
    expect(built.output('start')).toContain('begins');
    expect(built.log.at(-3)).toBe('Template is ready');
  });

  test('run as the last user, in the last folder, with all variables', async () => {
    const built = await service().make({
      steps: [
        { type: 'ENV', args: ['A', '1'] },
        { type: 'USER', args: ['dev'] },
        { type: 'WORKDIR', args: ['/srv/app'] },
      ],
      startCmd: 'id -un; pwd; echo $A; ls -A /tmp; stat -c %a /usr/local /code; stat -c %U /home/user',
      readyCmd: 'sleep 1',
    });
    expect(built.output('start')).toEqual(['dev', '/srv/app', '1', '777', '777', 'user']);
  });

  test.for<[string, string, string, string]>([
    ['a start command that exits', 'echo oops >&2; exit 3', 'sleep 30', failures.startFailed(3)],
    ['a start command that is missing', 'nosuch', 'sleep 30', failures.startFailed(127)],
    ['a ready command that never succeeds', 'sleep 100', 'false', failures.readyTimedOut()],
    ['a ready command that hangs', 'sleep 100', 'sleep 1000', failures.readyTimedOut()],
  ])('%s fails the build', async ([, startCmd, readyCmd, message]) => {
    const built = await service().make({ steps: [], startCmd, readyCmd });
    expect(built.reason, built.log.join('\n')).toEqual({ message, step: 'finalize' });
  });

  test('a start command may end without a fault, and may die once the template is ready', async () => {
    const ended = await service().make({ steps: [], startCmd: 'true', readyCmd: 'sleep 0.3' });
    expect(ended.status).toBe('ready');
    const dying = await service().make({ steps: [], startCmd: 'sleep 1; exit 1', readyCmd: 'true' });
    expect(dying.status).toBe('ready');
  });

  test('each attempt of the ready command is told', async () => {
    const readyCmd = '[ -f /tmp/tried ] || { touch /tmp/tried; exit 7; }';
    const { log } = await service().make({ steps: [], readyCmd });
    expect(log).toContain('Template is not ready: exit status 7');
  });
});

describe.skipIf(skipWithoutEngine())('a build', () => {
  test('whose recipe ends all processes says so', async () => {
    const { reason } = await service().make([run('true'), run('kill -9 -1; sleep 5', 'root'), run('true')]);
    expect(reason?.message).toMatch(/has ended all of its processes|signal: killed|exit status 137/);
    expect(reason?.step).toBe('2');
  });

  test('that a newer one replaces ends at once, with its containers', async () => {
    const own = await startService();
    const first = await register(own, 'app');
    await start(own, first, { fromImage: BASE, steps: [run('echo here; sleep 500')] });
    await expect.poll(async () => JSON.stringify(await status(own, first))).toContain('[stdout]: here');
    const second = await build(own, 'app', { fromImage: BASE, steps: [run('true')] });
    expect(second.final.status).toBe('ready');
    expect((await settled(own, first)).reason?.message).toBe(failures.cancelled());
    const engine = await someEngine();
    await expect.poll(() => containersOf(engine, first.buildID)).toEqual([]);
    engine.client.close();
  });
});
