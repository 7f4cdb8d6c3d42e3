import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createServiceClient } from '../../src/service/client.ts';
import { ServiceError } from '../../src/service/errors.ts';
import {
  defaultTransport,
  proxyAwareDispatcher,
  retryAfterMs,
  type TransportOptions,
} from '../../src/service/transport.ts';
import { answer, serve } from './server.ts';

function client(apiUrl: string, transport: Partial<TransportOptions> = {}) {
  return createServiceClient({
    apiUrl,
    apiKey: 'test-key-0123456789',
    userAgent: 'test/1',
    transport: {
      ...defaultTransport,
      firstPauseMs: 1,
      longestPauseMs: 2,
      dispatcher: proxyAwareDispatcher({}),
      ...transport,
    },
  });
}

async function failure(promise: Promise<unknown>): Promise<ServiceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ServiceError)) throw new Error(`Expected a ServiceError, got ${String(error)}`);
  return error;
}

const ready = { templateID: 't', buildID: 'b', status: 'ready', logEntries: [], logs: [] };

describe('requests', () => {
  test('carry the key and say who asks', async () => {
    let seen: IncomingMessage['headers'] = {};
    await using server = await serve((request, response) => {
      seen = request.headers;
      answer(response, 200, ready);
    });
    await client(server.url).status('t', 'b', 100);
    expect(server.requests).toEqual(['GET /templates/t/builds/b/status?logsOffset=100']);
    expect(seen).toMatchObject({ 'x-api-key': 'test-key-0123456789', 'user-agent': 'test/1' });
    expect(seen).not.toHaveProperty('authorization');
  });

  test('send a body once and whole', async () => {
    let body = '';
    await using server = await serve(async (request, response) => {
      body = await text(request);
      answer(response, 202, {
        templateID: 't',
        buildID: 'b',
        tags: ['x'],
        names: [],
        aliases: [],
        public: false,
      });
    });
    const registration = await client(server.url).register({
      name: 'n',
      tags: ['x'],
      cpuCount: 2,
      memoryMB: 512,
    });
    expect(JSON.parse(body)).toEqual({ name: 'n', tags: ['x'], cpuCount: 2, memoryMB: 512 });
    expect(registration.buildID).toBe('b');
  });
});

describe('answers', () => {
  test.each([
    [
      401,
      { code: 401, message: 'Invalid API key, please visit\nhttps://x' },
      /answered 401 .* saying: Invalid API key, please visit https:\/\/x\nThe API key is not known at 127\.0\.0\.1/,
    ],
    [
      403,
      { code: 403, message: "Alias 'x' already used" },
      /Alias 'x' already used\nThe key is valid, but it may not do this/,
    ],
    [
      404,
      { code: 404, message: 'validation error: no matching operation was found' },
      /There is no template API at 127/,
    ],
    [
      429,
      { code: 429, message: 'you have reached the maximum number of concurrent template builds (20).' },
      /Other builds of this team are running/,
    ],
    [400, { code: 400, message: 'Memory must be divisible by 2' }, /saying: Memory must be divisible by 2$/],
    [
      500,
      undefined,
      /answered 500 to POST \/v3\/templates, without a word\nThe service has a problem of its own/,
    ],
  ])('%i to a registration ends at once with its cause', async (status, body, message) => {
    await using server = await serve((_, response) => answer(response, status, body));
    const error = await failure(client(server.url).register({ name: 'n' }));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ kind: 'refused', status });
    expect(server.requests).toHaveLength(1);
  });

  test('a page of a proxy is told in its words, without its markup', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(403, { 'content-type': 'text/html' });
      response.end('<html><head><title>Blocked</title></head><body><h1>Blocked by policy</h1></body></html>');
    });
    expect((await failure(client(server.url).status('t', 'b', 0))).said).toBe('Blocked Blocked by policy');
  });

  test('a failure with an empty body is a failure, whatever its length says', async () => {
    await using server = await serve((_, response) =>
      answer(response, 503, undefined, { 'content-length': '0' }),
    );
    const error = await failure(client(server.url).start('t', 'b', { steps: [] }));
    expect(error).toMatchObject({ kind: 'refused', status: 503 });
  });

  test.each([
    ['a length of 0', { 'content-length': '0' }],
    ['chunks', { 'transfer-encoding': 'chunked' }],
  ])('202 with an empty body and %s is a success', async (_, headers) => {
    await using server = await serve((_, response) => answer(response, 202, undefined, headers));
    await client(server.url).start('t', 'b', { steps: [] });
    expect(server.requests).toEqual(['POST /v2/templates/t/builds/b']);
  });

  test('a registration without identifiers is not taken for one', async () => {
    await using server = await serve((_, response) => answer(response, 202, {}));
    expect((await failure(client(server.url).register({ name: 'n' }))).kind).toBe('unintelligible');
  });

  test('a status without entries has none', async () => {
    await using server = await serve((_, response) => answer(response, 200, { ...ready, logEntries: null }));
    expect((await client(server.url).status('t', 'b', 0)).logEntries).toEqual([]);
  });
});

describe('repetition', () => {
  test.each([408, 425, 429, 500, 502, 503, 504])('asking is repeated after %i', async (status) => {
    const told: string[] = [];
    await using server = await serve((_, response, earlier) =>
      earlier < 2 ? answer(response, status, undefined) : answer(response, 200, ready),
    );
    await client(server.url, { onRetry: (sentence) => told.push(sentence) }).status('t', 'b', 0);
    expect(server.requests).toHaveLength(3);
    expect(told).toEqual([
      `GET /templates/t/builds/b/status: answered ${status}. Trying again (2 of 6).`,
      `GET /templates/t/builds/b/status: answered ${status}. Trying again (3 of 6).`,
    ]);
  });

  test.each([400, 401, 403, 404])('asking is not repeated after %i', async (status) => {
    await using server = await serve((_, response) =>
      answer(response, status, { code: status, message: 'no' }),
    );
    await failure(client(server.url).status('t', 'b', 0));
    expect(server.requests).toHaveLength(1);
  });

  test('asking survives resets, cut bodies, pages of a balancer and stalls', async () => {
    await using server = await serve((_, response, earlier) => {
      if (earlier === 0) response.destroy();
      else if (earlier === 1) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"templateID":');
        setTimeout(() => response.destroy(), 10);
      } else if (earlier === 2) {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>busy</html>');
      } else if (earlier > 3) answer(response, 200, ready);
    });
    const status = await client(server.url, { requestTimeoutMs: 300 }).status('t', 'b', 0);
    expect(status.status).toBe('ready');
    expect(server.requests).toHaveLength(5);
  });

  test('gives up after its attempts, with the last answer', async () => {
    await using server = await serve((_, response) => answer(response, 502));
    const error = await failure(client(server.url, { attempts: 3 }).status('t', 'b', 0));
    expect(error).toMatchObject({ kind: 'refused', status: 502 });
    expect(server.requests).toHaveLength(3);
  });

  test('a host that cannot be reached is named with the reason', async () => {
    const error = await failure(client('http://127.0.0.1:9', { attempts: 2 }).status('t', 'b', 0));
    expect(error).toMatchObject({ kind: 'unreachable' });
    expect(error.message).toMatch(/127\.0\.0\.1:9 \((ECONNREFUSED|bad port)\)/);
  });

  test('ends with the reason of the signal', async () => {
    await using server = await serve(() => {});
    const giveUp = new AbortController();
    const pending = client(server.url, { signal: giveUp.signal }).status('t', 'b', 0);
    setTimeout(() => giveUp.abort('timeout'), 50);
    await expect(pending).rejects.toBe('timeout');
  });

  test.each([
    ['7', 7000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('Retry-After %j asks for %j ms', (value, expected) => {
    expect(retryAfterMs(value, Date.UTC(2026, 0, 1))).toBe(expected);
  });
});

describe('upload', () => {
  test('sends the file with its length and without credentials', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'upload-'));
    const file = join(directory, 'archive');
    await writeFile(file, 'x'.repeat(100_000));
    let seen: IncomingMessage['headers'] = {};
    let size = 0;
    await using server = await serve(async (request, response) => {
      seen = request.headers;
      size = (await text(request)).length;
      answer(response, 200);
    });
    await client(server.url).upload(`${server.url}/put?signature=1`, file, 100_000);
    expect(size).toBe(100_000);
    expect(seen).toMatchObject({ 'content-length': '100000' });
    expect(seen).not.toHaveProperty('x-api-key');
    expect(seen).not.toHaveProperty('transfer-encoding');
    await rm(directory, { recursive: true });
  });

  test('a refusal is told with the words of the store', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'upload-')), 'archive');
    await writeFile(file, 'x');
    await using server = await serve((request, response) => {
      request.resume();
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>');
    });
    const error = await failure(client(server.url).upload(`${server.url}/put`, file, 1));
    expect(error).toMatchObject({ kind: 'refused', status: 403, said: 'AccessDenied Request has expired' });
  });
});
