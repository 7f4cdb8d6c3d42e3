import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { noContact } from '../../src/api/transport.ts';
import { failure, fastClient } from '../support/fast-client.ts';
import { answer, serve } from '../support/http-server.ts';

const ready = { templateID: 't', buildID: 'b', status: 'ready', logEntries: [], logs: [] };

describe('requests', () => {
  test('carry the key and say who asks', async () => {
    let headers: IncomingMessage['headers'] = {};
    await using server = await serve((request, response) => {
      headers = request.headers;
      answer(response, 200, ready);
    });
    await fastClient(server.url).status('t', 'b', 100);
    expect(server.requests).toEqual(['GET /templates/t/builds/b/status?logsOffset=100']);
    expect(headers).toMatchObject({ 'x-api-key': 'test-key-0123456789', 'user-agent': 'test/1' });
    expect(headers).not.toHaveProperty('authorization');
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
    const registration = await fastClient(server.url).register({
      name: 'n',
      tags: ['x'],
      cpuCount: 2,
      memoryMB: 512,
    });
    expect(JSON.parse(body)).toEqual({ name: 'n', tags: ['x'], cpuCount: 2, memoryMB: 512 });
    expect(registration.buildID).toBe('b');
  });
});

describe('clients of one job', () => {
  test('know together that the API has spoken, so that a page is an outage to each', async () => {
    await using server = await serve((_, response) => {
      if (server.requests.length !== 2) return answer(response, 200, ready);
      response.writeHead(403, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    });
    const contact = noContact();
    await fastClient(server.url, { contact }).status('t', 'b', 0);
    expect(await fastClient(server.url, { contact }).status('t', 'b', 0)).toMatchObject({ status: 'ready' });
    expect(server.requests).toHaveLength(3);
  });
});

describe('answers', () => {
  test.each([
    [
      401,
      { code: 401, message: 'Invalid API key, please visit\nhttps://x' },
      'saying: Invalid API key, please visit https://x',
    ],
    [403, { code: 403, message: "Alias 'x' already used" }, "saying: Alias 'x' already used"],
    [400, { code: 400, message: 'Memory must be divisible by 2' }, 'saying: Memory must be divisible by 2'],
    [302, undefined, 'without a word'],
    [500, undefined, 'without a word'],
  ])('%i to a registration is explained in its words and not retried', async (status, body, words) => {
    await using server = await serve((_, response) =>
      answer(response, status, body, status === 302 ? { location: '/elsewhere' } : {}),
    );
    const error = await failure(fastClient(server.url).register({ name: 'n' }));
    const host = new URL(server.url).host;
    expect(error.message).toBe(`${host} answered ${status} to POST /v3/templates, ${words}`);
    expect(error).toMatchObject({ kind: 'refused', status, host });
    expect(server.requests).toHaveLength(1);
  });

  test('a page of a proxy is quoted without its markup', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(403, { 'content-type': 'text/html' });
      response.end('<html><head><title>Blocked</title></head><body><h1>Blocked by policy</h1></body></html>');
    });
    expect((await failure(fastClient(server.url).status('t', 'b', 0))).said).toBe(
      'Blocked Blocked by policy',
    );
  });

  test('a failure with an empty body is a failure, whatever its length says', async () => {
    await using server = await serve((_, response) =>
      answer(response, 503, undefined, { 'content-length': '0' }),
    );
    const error = await failure(fastClient(server.url).start('t', 'b', { steps: [] }));
    expect(error).toMatchObject({ kind: 'refused', status: 503 });
  });

  test.each([
    ['a length of 0', { 'content-length': '0' }],
    ['chunks', { 'transfer-encoding': 'chunked' }],
  ])('202 with an empty body and %s is a success', async (_, headers) => {
    await using server = await serve((_, response) => answer(response, 202, undefined, headers));
    await fastClient(server.url).start('t', 'b', { steps: [] });
    expect(server.requests).toEqual(['POST /v2/templates/t/builds/b']);
  });

  test('a registration without identifiers is not taken for one', async () => {
    await using server = await serve((_, response) => answer(response, 202, {}));
    expect((await failure(fastClient(server.url).register({ name: 'n' }))).kind).toBe('unintelligible');
  });

  test('null is no answer where there should be one', async () => {
    await using server = await serve((_, response) => answer(response, 200, null));
    const { noRetry: once } = fastClient(server.url);
    for (const request of [
      once.tags('t'),
      once.template('t'),
      once.logs('t', 'b', 0),
      once.templateIdOf('n'),
    ]) {
      expect((await failure(request)).kind).toBe('unintelligible');
    }
  });

  test('a status without entries has none', async () => {
    await using server = await serve((_, response) => answer(response, 200, { ...ready, logEntries: null }));
    expect((await fastClient(server.url).status('t', 'b', 0)).logEntries).toEqual([]);
  });
});

describe('upload', () => {
  test('sends the file with its length and without credentials', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'upload-'));
    const file = join(directory, 'archive');
    await writeFile(file, 'x'.repeat(100_000));
    let headers: IncomingMessage['headers'] = {};
    let size = 0;
    await using server = await serve(async (request, response) => {
      headers = request.headers;
      size = (await text(request)).length;
      answer(response, 200);
    });
    await fastClient(server.url).upload(`${server.url}/put?signature=1`, file, 100_000);
    expect(size).toBe(100_000);
    expect(headers).toMatchObject({ 'content-length': '100000' });
    expect(headers).not.toHaveProperty('x-api-key');
    expect(headers).not.toHaveProperty('transfer-encoding');
    await rm(directory, { recursive: true });
  });

  test('may take longer than a stall as long as it moves', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'upload-'));
    const file = join(directory, 'archive');
    await writeFile(file, Buffer.alloc(16_000_000));
    let size = 0;
    await using server = await serve(async (request, response) => {
      for await (const chunk of request) {
        size += chunk.length;
        await new Promise((done) => setTimeout(done, 5));
      }
      answer(response, 200);
    });
    await fastClient(server.url, { uploadStallMs: 1000 }).upload(`${server.url}/put`, file, 16_000_000);
    expect(size).toBe(16_000_000);
    await rm(directory, { recursive: true });
  });

  test('a refusal has the words of the store', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'upload-')), 'archive');
    await writeFile(file, 'x');
    await using server = await serve((request, response) => {
      request.resume();
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>');
    });
    const error = await failure(fastClient(server.url).upload(`${server.url}/put`, file, 1));
    expect(error).toMatchObject({ kind: 'refused', status: 403, said: 'AccessDenied Request has expired' });
  });
});

test('one response with another time does not set the clock', async () => {
  await using server = await serve((_, response, earlier) =>
    answer(response, 200, ready, {
      date: new Date(Date.now() + (earlier === 3 ? 3_600_000 : 0)).toUTCString(),
    }),
  );
  const client = fastClient(server.url);
  for (let request = 0; request < 6; request += 1) await client.status('t', 'b', 0);
  expect(Math.abs(client.clockAheadMs() ?? Number.NaN)).toBeLessThan(600_000);
});
