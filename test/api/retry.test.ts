import { describe, expect, test, vi } from 'vitest';
import { failure, fastBudget, fastClient } from '../support/fast-client.ts';
import { answer, serve } from '../support/http-server.ts';

const ready = { templateID: 't', buildID: 'b', status: 'ready', logEntries: [], logs: [] };

/** A server that is gone: its port is closed. */
async function closedServer() {
  await using server = await serve(() => {});
  return server;
}

describe('an idempotent request', () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 524])('is retried after %i', async (status) => {
    const logged: string[] = [];
    await using server = await serve((_, response, earlier) =>
      earlier < 2 ? answer(response, status) : answer(response, 200, ready),
    );
    await fastClient(server.url, { onRetry: (sentence) => logged.push(sentence) }).status('t', 'b', 0);
    expect(server.requests).toHaveLength(3);
    expect(logged).toEqual([
      `GET build status: answered ${status}; trying again in 0.0 s (attempt 2 of 6, 60 s left)`,
    ]);
  });

  test.each([302, 400, 401, 403, 404, 501])('is not retried after %i', async (status) => {
    await using server = await serve((_, response) =>
      answer(response, status, { code: status, message: 'no' }, { location: '/elsewhere' }),
    );
    const error = await failure(fastClient(server.url).status('t', 'b', 0));
    expect(error).toMatchObject({ kind: 'refused', status, said: 'no' });
    expect(server.requests).toHaveLength(1);
  });

  test('survives resets, cut bodies, pages of a load balancer, empty and incomplete responses, and stalls', async () => {
    const responses = [
      (response: Parameters<typeof answer>[0]) => response.destroy(),
      (response: Parameters<typeof answer>[0]) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"templateID":', () => response.destroy());
      },
      (response: Parameters<typeof answer>[0]) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>busy</html>');
      },
      (response: Parameters<typeof answer>[0]) => answer(response, 200),
      (response: Parameters<typeof answer>[0]) => answer(response, 200, { templateID: 't' }),
      () => {},
      (response: Parameters<typeof answer>[0]) => answer(response, 200, ready),
    ];
    await using server = await serve((_, response, earlier) => responses[earlier]?.(response));
    const logged: string[] = [];
    const client = fastClient(server.url, {
      requestTimeoutMs: 300,
      budget: { ...fastBudget, attempts: 7 },
      onRetry: (sentence) => logged.push(sentence.split(';', 1)[0] ?? ''),
    });
    expect((await client.status('t', 'b', 0)).status).toBe('ready');
    expect(logged).toEqual([
      'GET build status: connection lost (UND_ERR_SOCKET)',
      'GET build status: answered 200 with something that is not JSON',
      'GET build status: answered with an empty answer',
      'GET build status: answered with no status',
      'GET build status: no answer within 0.3 s',
    ]);
  });

  test('ends after all attempts, with the last response and how often it was tried', async () => {
    await using server = await serve((_, response) => answer(response, 502));
    const error = await failure(
      fastClient(server.url, { budget: { ...fastBudget, attempts: 3 } }).status('t', 'b', 0),
    );
    expect(error).toMatchObject({ kind: 'refused', status: 502 });
    expect(error.message).toMatch(/answered 502 .*\nIt was tried 3 times within 1 s\.$/);
    expect(server.requests).toHaveLength(3);
  });

  test('ends when the time is up, however many attempts remain', async () => {
    await using server = await serve((_, response) =>
      answer(response, 503, undefined, { 'retry-after': '1' }),
    );
    const budget = { attempts: Number.POSITIVE_INFINITY, timeMs: 30, firstPauseMs: 1, longestPauseMs: 1 };
    const logged: string[] = [];
    const client = fastClient(server.url, { budget, onRetry: (sentence) => logged.push(sentence) });
    expect(await failure(client.status('t', 'b', 0))).toMatchObject({ status: 503 });
    // The service asks for a second, but only 30 ms remain.
    expect(logged).toEqual(['GET build status: answered 503; trying again in 0.0 s (attempt 2, 1 s left)']);
    expect(server.requests.length).toBeGreaterThan(1);
  });

  test('starts with a new budget after each success', async () => {
    await using server = await serve((_, response, earlier) =>
      earlier % 2 === 0 ? answer(response, 500) : answer(response, 200, ready),
    );
    const client = fastClient(server.url, { budget: { ...fastBudget, attempts: 2 } });
    for (let time = 0; time < 5; time++) await client.status('t', 'b', 0);
    expect(server.requests).toHaveLength(10);
  });

  test('gives up sooner on a host that never answered', async () => {
    const logged: string[] = [];
    const { url } = await closedServer();
    const client = fastClient(url, {
      budget: { ...fastBudget, attempts: 100 },
      onRetry: (sentence) => logged.push(sentence),
    });
    const error = await failure(client.status('t', 'b', 0));
    expect(error).toMatchObject({ kind: 'unreachable', notSent: true });
    expect(error.message).toMatch(
      /^no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)\nIt was tried 5 times within 1 s\.$/,
    );
    expect(logged[0]).toContain('(attempt 2 of 5,');
  });

  test('fails at once on a port that fetch refuses', async () => {
    const logged: string[] = [];
    const client = fastClient('http://127.0.0.1:1', { onRetry: (sentence) => logged.push(sentence) });
    expect((await failure(client.status('t', 'b', 0))).message).toBe(
      'no connection to 127.0.0.1:1 (bad port)',
    );
    expect(logged).toEqual([]);
  });

  test('gets no connection to a name that does not exist', async () => {
    const client = fastClient('http://template-service.invalid', { budget: { ...fastBudget, attempts: 2 } });
    const error = await failure(client.status('t', 'b', 0));
    expect(error).toMatchObject({ kind: 'unreachable', notSent: true });
    expect(error.message).toMatch(/no connection to template-service\.invalid \((ENOTFOUND|EAI_AGAIN)\)/);
  });

  test('ends with the reason of the signal, during a request and during a pause', async () => {
    for (const handle of [
      () => {},
      (_: unknown, response: Parameters<typeof answer>[0]) => answer(response, 500),
    ]) {
      await using server = await serve(handle);
      const cancelled = new AbortController();
      const pending = fastClient(server.url, {
        signal: cancelled.signal,
        budget: { ...fastBudget, firstPauseMs: 3_600_000, longestPauseMs: 3_600_000 },
      }).status('t', 'b', 0);
      setTimeout(() => cancelled.abort('timeout'), 50);
      await expect(pending).rejects.toBe('timeout');
    }
  });
});

test('a pause never goes beyond the time that remains', async () => {
  await using server = await serve((_, response) =>
    answer(response, 429, undefined, { 'retry-after': '99999999999' }),
  );
  const client = fastClient(server.url, { budget: { ...fastBudget, timeMs: 20 } });
  expect(await failure(client.status('t', 'b', 0))).toMatchObject({ status: 429 });
});

test.each(['0', '-1', '0.5', 'Wed, 31 Dec 2025 00:00:00 GMT', 'x'])(
  'Retry-After: %s leaves the pauses between attempts as they are',
  async (value) => {
    await using server = await serve((_, response) =>
      answer(response, 503, undefined, { 'retry-after': value }),
    );
    const logged: string[] = [];
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.99);
    const client = fastClient(server.url, {
      budget: { attempts: 2, timeMs: 60_000, firstPauseMs: 300, longestPauseMs: 300 },
      onRetry: (sentence) => logged.push(sentence),
    });
    await failure(client.status('t', 'b', 0));
    random.mockRestore();
    expect(logged.join()).toMatch(/trying again in 0\.[35] s/);
  },
);
