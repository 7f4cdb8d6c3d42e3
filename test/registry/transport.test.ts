import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type LookupFunction } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Agent, Dispatcher } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import type { ImageRegistry } from '../../src/api/types.ts';
import { networkOf } from '../../src/http/network.ts';
import { proxyAwareDispatcher } from '../../src/http/proxy.ts';
import { registryAddress } from '../../src/registry/endpoint.ts';
import { dockerHub } from '../../src/registry/reference.ts';
import { resolveImage } from '../../src/registry/resolve-digest.ts';
import { type RegistryServer, resolved, startRegistry, unresolved } from '../support/registry-server.ts';

const file = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../http/fixtures/${name}`, import.meta.url)));
/** Self-signed, for template-service.test, localhost and 127.0.0.1. */
const tls = { cert: file('test-only.cert.pem'), key: file('test-only.key.pem') };

/** Written once in the code. */
const hubApi = registryAddress({ host: dockerHub, repository: 'a/b' }).host;

const open: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((end) => end()));
});

async function started(options?: typeof tls): Promise<RegistryServer> {
  const registry = await startRegistry(options);
  open.push(() => registry.close());
  return registry;
}

function used<T extends Dispatcher>(dispatcher: T): T {
  open.push(() => dispatcher.destroy());
  return dispatcher;
}

const resolve = (image: string, dispatcher: Dispatcher, credentials?: ImageRegistry) =>
  resolveImage(image, credentials, {
    network: networkOf(() => dispatcher),
    signal: new AbortController().signal,
  });

/** Sends every request to one server on loopback, and keeps the addresses. */
class Diverted extends Dispatcher {
  readonly requests: string[] = [];
  readonly #agent = new Agent();
  readonly #to: string;

  constructor(to: RegistryServer) {
    super();
    this.#to = `http://${to.host}`;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandlers): boolean {
    this.requests.push(`${options.method} ${options.origin}${options.path}`);
    return this.#agent.dispatch({ ...options, origin: this.#to }, handler);
  }

  override destroy(): Promise<void> {
    return this.#agent.destroy();
  }
}

async function startProxy(answer: string) {
  const requests: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    requests.push(String(request.url));
    socket.on('error', () => {});
    if (!answer.startsWith('200')) return socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
    const upstream = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write(`HTTP/1.1 ${answer}\r\n\r\n`);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    return upstream;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

describe('a request to a registry goes', () => {
  test.each([
    ['python:3.12', 'HEAD https://<hub>/v2/library/python/manifests/3.12'],
    ['index.docker.io/a/b', 'HEAD https://<hub>/v2/a/b/manifests/latest'],
    ['ghcr.io/a/b:1', 'HEAD https://ghcr.io/v2/a/b/manifests/1'],
    ['r.example:5000/a', 'HEAD https://r.example:5000/v2/a/manifests/latest'],
    ['10.0.0.1:5000/a', 'HEAD https://10.0.0.1:5000/v2/a/manifests/latest'],
    ['127.0.0.1.r.example/a', 'HEAD https://127.0.0.1.r.example/v2/a/manifests/latest'],
    ['127.1.2.3:5000/a', 'HEAD http://127.1.2.3:5000/v2/a/manifests/latest'],
    ['localhost/a', 'HEAD http://localhost/v2/a/manifests/latest'],
    ['localhost:443/a', 'HEAD http://localhost:443/v2/a/manifests/latest'],
    ['[::1]:5000/a', 'HEAD http://[::1]:5000/v2/a/manifests/latest'],
  ])('for %s', async (image, expected) => {
    const registry = await started();
    const diverted = used(new Diverted(registry));
    await resolve(image, diverted);
    expect(diverted.requests).toEqual([expected.replace('<hub>', hubApi)]);
  });

  test('for Docker Hub to another host than references have', () => {
    expect(hubApi).toMatch(/^registry[\w-]*\.docker\.io$/);
  });

  test('by https, and then for a token by https alone', async () => {
    const registry = await started();
    const diverted = used(new Diverted(registry));
    registry.intercept = () => ({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="http://127.0.0.1/t"' },
    });
    const refused = 'the registry r.example names no safe address for tokens';
    expect(await resolve('r.example/a', diverted)).toEqual(unresolved(refused));
    registry.intercept = () => ({ status: 307, headers: { location: 'http://127.0.0.1/v2/' } });
    expect(await resolve('r.example/a', diverted)).toEqual(
      unresolved('the registry r.example redirects to an address that is not safe'),
    );
    expect(diverted.requests).toHaveLength(2);
  });

  test.each([
    ['eu-central-1', 'POST https://api.ecr.eu-central-1.amazonaws.com/'],
    ['cn-north-1', 'POST https://api.ecr.cn-north-1.amazonaws.com.cn/'],
  ])('with a token of Amazon in %s', async (awsRegion, expected) => {
    const registry = await started();
    const diverted = used(new Diverted(registry));
    registry.login = { kind: 'basic', username: 'AWS', password: 'x' };
    await resolve('r.example/a', diverted, {
      ...{ type: 'aws', awsAccessKeyId: 'a', awsSecretAccessKey: 'b', awsRegion },
    });
    expect(diverted.requests[1]).toBe(expected);
  });
});

describe('a certificate', () => {
  test('is checked', async () => {
    const registry = await started(tls);
    const digest = registry.push('a/b', '1');
    const image = `template-service.test:${registry.host.split(':')[1]}/a/b:1`;
    const lookup: LookupFunction = (_, options, done) =>
      options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
    const trusting = used(new Agent({ connect: { ca: tls.cert, lookup } }));
    expect(await resolve(image, trusting)).toEqual(resolved(digest));
    const untrusting = used(new Agent({ connect: { lookup } }));
    expect(await resolve(image, untrusting)).toEqual(
      unresolved(
        expect.stringMatching(
          /^the certificate of the registry template-service\.test:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); if your own proxy/,
        ),
      ),
    );
    expect(registry.requests).toHaveLength(1);
  });
});

describe('a proxy', () => {
  test('leads to the registry', async () => {
    const registry = await started();
    registry.login = { kind: 'bearer' };
    const digest = registry.push('a/b', '1');
    const proxy = await startProxy('200 Connection established');
    const dispatcher = used(proxyAwareDispatcher({ HTTP_PROXY: proxy.url }));
    expect(await resolve(`${registry.host}/a/b:1`, dispatcher)).toEqual(resolved(digest));
    expect(new Set(proxy.requests)).toEqual(new Set([registry.host]));
  });

  test('that refuses is named, and tried once', async () => {
    const proxy = await startProxy('403 Forbidden');
    const dispatcher = used(
      proxyAwareDispatcher({ HTTPS_PROXY: proxy.url.replace('//', '//user:secret-word@') }),
    );
    expect(await resolve('python', dispatcher)).toEqual(
      unresolved(
        'the proxy answered 403 when asked for a connection to Docker Hub; check HTTPS_PROXY, its user name and password, and NO_PROXY',
      ),
    );
    expect(proxy.requests).toEqual([`${hubApi}:443`]);
  });
});
