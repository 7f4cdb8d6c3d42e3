/** What a recipe does not reach, and that nothing is left of a build, however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { register, start, status } from '../support/service-client.ts';
import { BASE, containersOf, engineStarter, run, skipWithoutEngine, someEngine } from './engine-fixtures.ts';

const startService = engineStarter();
const METADATA = '169.254.169.254';

/** A server that would answer, if it were reached. `undefined` where this machine has no such address. */
async function serverOn(host: string): Promise<{ port: number; close(): void } | undefined> {
  const server = createServer((_request, response) => response.end('reached'));
  const listens = await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, host, () => resolve(true));
  });
  if (!listens) return undefined;
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe.skipIf(skipWithoutEngine())('a recipe', () => {
  test("reaches neither this machine's loopback interface nor its addresses, nor the service that builds it", async () => {
    const service = await startService({ network: 'bridge' });
    const everywhere = await serverOn('0.0.0.0');
    const loopback = await serverOn('127.0.0.1');
    const own = Object.values(networkInterfaces())
      .flatMap((addresses = []) => addresses)
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => `${address}:${everywhere?.port}`);
    const gateway = `$(python3 -c "print('.'.join(str(b) for b in bytes.fromhex(next(l.split()[2] for l in open('/proc/net/route') if l.split()[1]=='00000000'))[::-1]))")`;
    const urls = [
      service.url.replace('http://', ''),
      `127.0.0.1:${loopback?.port}`,
      `${gateway}:${everywhere?.port}`,
      `host.docker.internal:${everywhere?.port}`,
      ...own,
    ];
    const built = await service.make([
      run(urls.map((url) => `curl -s -m 3 "http://${url}/" || echo "no $?"`).join('\n')),
      run('cat /proc/net/route | wc -l'),
    ]);
    everywhere?.close();
    loopback?.close();
    expect(built.output(1), built.log.join('\n')).toEqual(
      urls.map(() => expect.stringMatching(/^no (?:6|7|28)$/)),
    );
    expect(Number(built.output(2)[0])).toBeGreaterThan(2);
  });

  test('does not reach the metadata address, and cannot open the way to it', async () => {
    const stand = await serverOn(METADATA);
    const service = await startService({ network: 'bridge' });
    const ask = `curl -s -m 3 http://${METADATA}:${stand?.port ?? 80}/ || echo "no $?"`;
    const built = await service.make([
      run(ask),
      run(`ip route del unreachable 169.254.0.0/16 2>/dev/null && echo removed; ${ask}`, 'root'),
      run(
        'nsenter -t 1 -n true 2>/dev/null && echo entered; cat /proc/1/environ 2>/dev/null | wc -c',
        'root',
      ),
    ]);
    stand?.close();
    expect(built.output(1)).toEqual(['no 7']);
    expect(built.output(2)).toEqual(['no 7']);
    expect(built.output(3)).toEqual(['0']);
  });

  test("has no socket of the engine, no files of this machine, and the engine's usual privileges", async () => {
    const built = await (await startService()).make([
      run(
        'ls /var/run/docker.sock /run/docker.sock /run/podman 2>/dev/null; ' +
          'grep -h -e ^CapEff -e ^Seccomp: /proc/self/status; ' +
          'grep -cE " /(etc/hosts|etc/hostname|etc/resolv.conf|proc|sys|dev)" /proc/self/mountinfo > /dev/null; ' +
          'grep -vE " /(etc/hosts|etc/hostname|etc/resolv.conf|proc|sys|dev)|^[0-9]+ [0-9]+ [0-9:]+ / / " /proc/self/mountinfo || echo no mounts',
        'root',
      ),
    ]);
    expect(built.output(1)).toEqual([
      expect.stringMatching(/^CapEff:\s+00000000a80425fb$/),
      expect.stringMatching(/^Seccomp:\s+2$/),
      'no mounts',
    ]);
  });

  test('that builds without a network has none', async () => {
    const built = await (await startService()).make([run('cat /proc/net/route | tail -n +2; echo end')]);
    expect(built.output(1)).toEqual(['end']);
  });
});

describe.skipIf(skipWithoutEngine())('nothing is left', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** The service in a process of its own, as `npm run local-service` starts it. */
  async function serviceProcess(): Promise<{ child: ChildProcess; service: LocalService }> {
    const main = fileURLToPath(new URL('../../src/local/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--executor', 'engine'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    await expect.poll(() => printed).toMatch(/NOVITA_API_KEY=.*\n/);
    const url = /NOVITA_API_URL=(.*)/.exec(printed)?.[1] ?? '';
    const apiKey = /NOVITA_API_KEY=(.*)/.exec(printed)?.[1] ?? '';
    return { child, service: { url, apiKey } as LocalService };
  }

  // A process that holds the write end of what keeps a build alive would keep it alive.
  const stubborn =
    'exec 9>/proc/1/fd/0 || true; kill -STOP 1 2>/dev/null; trap "" TERM HUP INT; ' +
    'setsid sleep 999 > /dev/null 2>&1 & echo here; sleep 999';

  test.for([
    ['SIGKILL', 0, 'sleep 999'],
    ['SIGKILL', 300, 'sleep 999'],
    ['SIGKILL', 900, 'sleep 999'],
    ['SIGKILL', 2500, stubborn],
    ['SIGTERM', 700, stubborn],
    ['SIGINT', 1500, 'sleep 999'],
  ] as const)('after %s, %i ms into a build', async ([signal, delay, command]) => {
    const engine = await someEngine();
    const { child, service } = await serviceProcess();
    const registered = await register(service, 'app');
    await start(service, registered, { fromImage: BASE, steps: [run(command, 'root')] });
    await new Promise((done) => setTimeout(done, delay));
    child.kill(signal);
    await once(child, 'exit');
    await expect.poll(() => containersOf(engine, registered.buildID), { interval: 200 }).toEqual([]);
    engine.client.close();
  });

  test('of a sandbox after SIGKILL', async () => {
    const engine = await someEngine();
    const { child, service } = await serviceProcess();
    const registered = await register(service, 'app');
    const steps = [run('true')];
    await start(service, registered, { fromImage: BASE, steps, startCmd: 'sleep 999', readyCmd: 'true' });
    await expect.poll(async () => (await status(service, registered)).status).toBe('ready');
    await fetch(`${service.url}/sandboxes`, {
      method: 'POST',
      headers: { 'x-api-key': service.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ templateID: 'app' }),
    });
    await expect.poll(() => containersOf(engine, registered.buildID)).toEqual(['build', 'guard']);
    child.kill('SIGKILL');
    await expect.poll(() => containersOf(engine, registered.buildID), { interval: 200 }).toEqual([]);
    engine.client.close();
  });

  test('of ten builds at once, which end as one does', async () => {
    const engine = await someEngine();
    const service = await startService();
    const names = Array.from({ length: 10 }, (_, index) => `app-${index}`);
    const built = await Promise.all(
      names.map((name) => service.make([run('echo same'), run(`echo ${name} > f; cat f`)], name)),
    );
    expect(built.map((one) => [one.status, ...one.output(1), ...one.output(2)])).toEqual(
      names.map((name) => ['ready', 'same', name]),
    );
    for (const { buildId } of built) await expect.poll(() => containersOf(engine, buildId)).toEqual([]);
    engine.client.close();
  });
});
