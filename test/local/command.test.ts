import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Template } from 'novita-sandbox';
import { afterEach, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/local/main.ts', import.meta.url));
const children: ChildProcess[] = [];

function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function finished(...args: string[]) {
  const child = run(...args);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, stdout, stderr };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'serves until %s, and says how to point a client at it',
  async (signal) => {
    const child = run('--port', '0', '--step-ms', '0', '--api-key', 'sk_mine');
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    await expect.poll(() => printed).toContain('NOVITA_API_KEY=sk_mine\n');
    expect(printed).toContain('simulated');
    const apiUrl = /^NOVITA_API_URL=(http:\/\/127\.0\.0\.1:\d+)$/m.exec(printed)?.[1] ?? '';
    const options = { apiUrl, apiKey: 'sk_mine' };
    await Template.build(Template().fromTemplate('none'), 'app', options).catch(() => {});
    expect(await Template.exists('app', options)).toBe(true);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  },
);

test('--help prints every option and ends', async () => {
  const { code, stdout } = await finished('--help');
  expect(code).toBe(0);
  for (const option of [
    '--port',
    '--api-key',
    '--executor',
    '--network',
    '--step-ms',
    '--refuse-build-targets',
    '--help',
  ])
    expect(stdout).toContain(option);
});

test.each([
  [['--port', 'many'], '--port is "many"; it must be a whole number from 0 to 65535.'],
  [['--port', '70000'], '--port is "70000"; it must be a whole number'],
  [['--step-ms', '-1'], '--step-ms'],
  [['--executor', 'magic'], '--executor is "magic"; it must be simulated or engine.'],
  [['--network', 'host'], '--network is "host"; it must be bridge or none.'],
  [['--refuse-build-targets', '500'], '--refuse-build-targets is "500"; it must be 400 or 404.'],
  [['--verbose'], "Unknown option '--verbose'"],
  [['start'], "Unexpected argument 'start'"],
])('%j is refused in one line', async (args, message) => {
  const { code, stdout, stderr } = await finished(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
  expect(stderr.split('\n')).toEqual([expect.any(String), 'Try --help.', '']);
});

test('a port in use is named without a stack trace', async () => {
  const { startLocalService } = await import('../../src/local/service.ts');
  const service = await startLocalService();
  try {
    const { code, stderr } = await finished('--port', new URL(service.url).port);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The service cannot start: listen EADDRINUSE.*\n$/);
  } finally {
    await service.close();
  }
});

test('without a container engine, --executor engine says where it looked', async () => {
  const child = spawn(process.execPath, [MAIN, '--executor', 'engine'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  });
  children.push(child);
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(child.exitCode).toBe(1);
  expect(stderr).toMatch(
    /^The service cannot start: the container engine at \/nowhere\/docker\.sock does not answer: .*ENOENT.*\n$/,
  );
});
