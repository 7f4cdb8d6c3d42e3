import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Executor } from '../../src/local/executor.ts';
import { sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import { startLocalService } from '../../src/local/service.ts';
import { ask, register, serviceStarter, start, status } from '../support/service-client.ts';

const startService = serviceStarter();

describe('the service', () => {
  test('remembers its requests with body and status', async () => {
    const service = await startService({ apiKey: 'sk_own' });
    await register(service, 'app', ['v1']);
    await ask(service, 'GET', '/templates/none?limit=1');
    expect(service.requests).toMatchObject([
      { method: 'POST', path: '/v3/templates', status: 202, body: { name: 'app', tags: ['v1'] } },
      { method: 'GET', path: '/templates/none?limit=1', status: 404, headers: { 'x-api-key': 'sk_own' } },
    ]);
    expect(service.requests[1]).not.toHaveProperty('body');
    expect(service.requests[0]?.at).toBeLessThanOrEqual(service.requests[1]?.at ?? 0);
  });

  test('keeps no more requests than its option says', async () => {
    const service = await startService({ keepRequests: 2 });
    for (const path of ['/a', '/b', '/c']) await ask(service, 'GET', path);
    expect(service.requests.map((request) => request.path)).toEqual(['/b', '/c']);
  });

  test('listens on the loopback interface only', async () => {
    const service = await startService();
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const outside = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address?.family === 'IPv4' && !address.internal);
    for (const address of outside) {
      const url = service.url.replace('127.0.0.1', address?.address ?? '');
      await expect(fetch(url)).rejects.toThrow();
    }
  });

  test('a taken port is an error', async () => {
    const service = await startService();
    const port = Number(new URL(service.url).port);
    await expect(startLocalService({ port })).rejects.toThrow('EADDRINUSE');
  });

  test('services know nothing of each other', async () => {
    const [one, two] = [await startService(), await startService()];
    await register(one, 'app');
    expect(two.inspect.templates()).toEqual([]);
    expect(two.requests).toEqual([]);
  });

  test('close() ends running builds and waiting connections, and closes the executor once', async () => {
    const events: string[] = [];
    const executor: Executor = {
      name: 'endless',
      execute: (_build, log, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            events.push('cancelled');
            log({ level: 'info', message: 'too late' });
            reject(signal.reason);
          });
        }),
      close: async () => {
        events.push('closed');
      },
    };
    const hold: Interceptor = async (request, response, next) => {
      if (request.url === '/templates/hangs') return;
      sendReply(response, await next());
    };
    const service = await startLocalService({ executor, intercept: hold });
    const registration = await register(service, 'app');
    await start(service, registration);
    expect((await status(service, registration)).status).toBe('building');
    const hanging = expect(ask(service, 'GET', '/templates/hangs')).rejects.toThrow('fetch failed');
    await expect.poll(() => service.requests.at(-1)?.path).toBe('/templates/hangs');

    await Promise.all([service.close(), service.close()]);
    await hanging;
    expect(events).toEqual(['cancelled', 'closed']);
    const [build] = service.inspect.builds('app');
    expect(build).toMatchObject({ status: 'error', reason: { message: 'build was cancelled' } });
    expect(build?.lines.at(-1)?.message).toBe('Build failed: build was cancelled');
    await expect(fetch(service.url)).rejects.toThrow();
  });
});

describe('an interceptor', () => {
  test('can answer in the place of the router, without any effect', async () => {
    const intercept: Interceptor = async (_request, response) =>
      sendReply(response, { status: 503, headers: { 'retry-after': '1' }, body: '<html>' });
    const service = await startService({ intercept });
    const answer = await ask(service, 'POST', '/v3/templates', { name: 'app' });
    expect(answer).toMatchObject({ status: 503, text: '<html>' });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(service.inspect.templates()).toEqual([]);
    expect(service.requests).toMatchObject([{ status: 503 }]);
  });

  test('can drop the answer after the effect', async () => {
    const intercept: Interceptor = async (_request, response, next) => {
      await next();
      response.destroy();
    };
    const service = await startService({ intercept });
    await expect(ask(service, 'POST', '/v3/templates', { name: 'app' })).rejects.toThrow('fetch failed');
    expect(service.inspect.templates()).toMatchObject([{ alias: 'app' }]);
    expect(service.requests).toHaveLength(1);
    expect(service.requests[0]).not.toHaveProperty('status');
  });

  test('can change the answer, and one that throws breaks only its connection', async () => {
    const intercept: Interceptor = async (request, response, next) => {
      if (request.url === '/throws') throw new Error('broken');
      const reply = await next();
      sendReply(response, { ...reply, body: reply.body.replace('found', 'lost') });
    };
    const service = await startService({ intercept });
    await expect(ask(service, 'GET', '/throws')).rejects.toThrow('fetch failed');
    expect((await ask(service, 'GET', '/templates/app')).body.message).toBe("Template 'app' not lost");
  });
});
