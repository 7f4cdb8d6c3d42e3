/** Where a container engine is looked for, and which one is taken. Engines are stand-ins on sockets. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEngineExecutor } from '../../src/local/engine/executor.ts';
import { findEngine } from '../../src/local/engine/find-engine.ts';
import { FrameReader, LineReader } from '../../src/local/engine/frames.ts';
import { startLocalService } from '../../src/local/service.ts';
import { build } from '../support/service-client.ts';
import { planted } from '../support/temporary-directory.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

const DOCKER = { Version: '28.1.0', ApiVersion: '1.49', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' };

/** Answers `GET /version`, and keeps the paths that it was asked for. */
async function engineAt(place: string | undefined, version: object = DOCKER) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end(JSON.stringify(version));
  });
  servers.push(server);
  await new Promise<void>((done) => {
    if (place === undefined) server.listen(0, '127.0.0.1', done);
    else server.listen(place, done);
  });
  const port = place === undefined ? (server.address() as AddressInfo).port : 0;
  return { paths, host: place === undefined ? `tcp://127.0.0.1:${port}` : `unix://${place}` };
}

async function found(env: Record<string, string>) {
  const engine = await findEngine(env);
  if (!engine.ok) return engine.reason;
  engine.value.client.close();
  return engine.value.name;
}

describe('an engine', () => {
  test('is the one that DOCKER_HOST names, over a socket or TCP', async () => {
    const home = await planted();
    const socket = await engineAt(join(home, 'a.sock'));
    expect(await found({ HOME: home, DOCKER_HOST: socket.host })).toBe('docker 28.1.0');
    const tcp = await engineAt(undefined, { ...DOCKER, Version: '20.10.24+dfsg1' });
    expect(await found({ HOME: home, DOCKER_HOST: tcp.host })).toBe('docker 20.10.24');
  });

  test('is the one of the context in use', async () => {
    const id = createHash('sha256').update('mine').digest('hex');
    const home = await planted({ '.docker/config.json': '{"currentContext":"mine"}' });
    const { host } = await engineAt(join(home, 'b.sock'), {
      ...DOCKER,
      Components: [{ Name: 'Podman Engine' }],
    });
    const meta = await planted({
      'config.json': '{}',
      [`contexts/meta/${id}/meta.json`]: JSON.stringify({ Endpoints: { docker: { Host: host } } }),
    });
    expect(await found({ HOME: home, DOCKER_CONFIG: meta, DOCKER_CONTEXT: 'mine' })).toBe('podman 28.1.0');
    expect(await found({ HOME: home })).toBe(
      'the docker context "mine" names no engine; check docker context ls',
    );
  });

  test.for([
    [{ Os: 'windows' }, 'runs windows/amd64, and templates are linux/amd64'],
    [{ Arch: 'arm64' }, 'runs linux/arm64, and templates are linux/amd64'],
    [
      { ApiVersion: '1.24' },
      'does not answer: it speaks version 1.24 of its API, and 1.40 is the oldest that is supported',
    ],
  ] as const)('that is %j is not taken', async ([change, words]) => {
    const { host } = await engineAt(join(await planted(), 'c.sock'), { ...DOCKER, ...change });
    expect(await found({ DOCKER_HOST: host })).toContain(words);
  });

  test.for([
    ['ssh://me@host', 'must begin with unix://, tcp:// or npipe://'],
    ['unix:///nowhere/docker.sock', 'the container engine at /nowhere/docker.sock does not answer: '],
    ['tcp://127.0.0.1:1', 'the container engine at 127.0.0.1:1 does not answer: '],
  ])('at %s is told in one line', async ([DOCKER_HOST, words]) => {
    const said = await found({ DOCKER_HOST: DOCKER_HOST ?? '' });
    expect(said).toContain(words);
    expect(said).not.toContain('\n');
  });

  test.for([
    ['1.41', '1.12', '/v1.41/info'],
    ['1.49', '1.44', '/v1.49/info'],
    ['1.99', '1.44', '/v1.51/info'],
    ['1.99', '1.60', '/v1.60/info'],
  ])('whose API is %s, down to %s, is asked for %s', async ([ApiVersion, MinAPIVersion, path]) => {
    const { host, paths } = await engineAt(undefined, { ...DOCKER, ApiVersion, MinAPIVersion });
    const engine = await findEngine({ DOCKER_HOST: host });
    if (!engine.ok) throw new Error(engine.reason);
    await engine.value.client.text('GET', '/info');
    engine.value.client.close();
    expect(paths).toEqual(['/version', path]);
  });
});

test('an engine that fails is no fault of the recipe', async () => {
  const place = join(await planted(), 'd.sock');
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/version' ? 200 : 500;
    response.end(JSON.stringify(request.url === '/version' ? DOCKER : { message: 'disk on fire' }));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(place, done));
  const engine = await findEngine({ DOCKER_HOST: `unix://${place}` });
  if (!engine.ok) throw new Error(engine.reason);
  const service = await startLocalService({ executor: createEngineExecutor({ engine: engine.value }) });
  const { final } = await build(service, 'app');
  await service.close();
  expect(final.reason?.message).toBe(
    'the build broke off (works at the service, not in a local build: the container engine failed: disk on fire)',
  );
});

test.for([1, 3, 7, 1000])('frames become lines, however they are cut (%i bytes at once)', (size) => {
  const frame = (stream: number, text: string) => {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const bytes = Buffer.concat([
    frame(1, 'one\ntw'),
    frame(2, 'err é\n'),
    frame(1, 'o\n\nthree'),
    frame(1, ''),
  ]);
  const lines: string[] = [];
  const reader = new LineReader((stream, line) => lines.push(`${stream}:${line}`));
  const frames = new FrameReader((stream, piece) => reader.write(stream, piece));
  for (let at = 0; at < bytes.length; at += size) frames.write(bytes.subarray(at, at + size));
  reader.end();
  expect(lines).toEqual(['stdout:one', 'stderr:err é', 'stdout:two', 'stdout:', 'stdout:three']);
});
