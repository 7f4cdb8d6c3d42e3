/** What a sandbox's agent and ports may answer, by a server that does so. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { openNetwork } from '../../src/http/network.ts';
import { encodeFrame } from '../../src/smoke-test/connect-frames.ts';
import { portAddress } from '../../src/smoke-test/sandbox-address.ts';
import { sandboxCommands } from '../../src/smoke-test/sandbox-commands.ts';
import { askPort } from '../../src/smoke-test/served-port.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A sandbox whose every port is this server. */
async function sandboxThat(answers: RequestListener, more: { readonly trafficToken?: string } = {}) {
  const server = createServer(answers);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const network = openNetwork({});
  closing.push(async () => {
    await network.destroy();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  const address = {
    ...{ sandboxId: 'i1', token: 'secret', domain: 'example.com' },
    sandboxUrl: `http://127.0.0.1:${port}`,
    ...more,
  };
  return { commands: sandboxCommands(address, network), ask: askPort(address, network) };
}

const { signal } = new AbortController();
const data = (bytes: Buffer) => encodeFrame({ event: { data: { stdout: bytes.toString('base64') } } });
const end = encodeFrame({ event: { end: { exited: true, status: 'exit status 0' } } });
const last = (message: unknown) => {
  const frame = encodeFrame(message);
  frame[0] = 2;
  return frame;
};
const trailer = last({});

/** Runs a command whose answer is these bytes, and returns what it printed. */
async function printed(body: readonly Buffer[], limitMs = 10_000) {
  const { commands } = await sandboxThat((request, response) => {
    request.resume();
    for (const piece of body) response.write(piece);
    response.end();
  });
  let text = '';
  const ended = await commands.run('true', (_stream, piece) => (text += piece), limitMs, signal);
  return { text, ...ended };
}

describe('the output of a command', () => {
  test('is the same wherever its bytes and its frames are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 50 }),
        async (text, cut, pieceLength) => {
          const bytes = Buffer.from(text);
          const frames = [];
          for (let at = 0; at < bytes.length; at += cut) frames.push(data(bytes.subarray(at, at + cut)));
          const whole = Buffer.concat([...frames, end, trailer]);
          const pieces = [];
          for (let at = 0; at < whole.length; at += pieceLength)
            pieces.push(whole.subarray(at, at + pieceLength));
          expect(await printed(pieces)).toEqual({ text, exitCode: 0 });
        },
      ),
      { numRuns: 20 },
    );
  });

  test('shows a character that was cut off at the end', async () => {
    expect(await printed([data(Buffer.from('€').subarray(0, 2)), end, trailer])).toMatchObject({
      text: '\ufffd',
    });
  });

  test.each([
    ['stops', [data(Buffer.from('a'))], /stopped before the command ended/],
    ['announces a message that is too long', [Buffer.from([0, 255, 255, 255, 255])], /connection lost/],
    [
      'ends with an error',
      [last({ error: { code: 'internal', message: 'why' } })],
      /ended with internal: why/,
    ],
  ])('that %s is no result', async (_what, body, says) => {
    await expect(printed(body)).rejects.toMatchObject({
      name: 'ServiceError',
      message: expect.stringMatching(says),
    });
  });

  test.each([
    [{ exited: true, status: 'exit status 0' }, 0],
    [{ exited: true }, 0],
    [{ exited: true, status: 'exit status 3', exitCode: 3 }, 3],
    [{ status: 'signal: killed', exitCode: -1 }, -1],
    [{ status: 'signal: killed' }, -1],
    [{ error: 'signal: killed' }, -1],
  ])(
    'with the end %j has the exit code %i: none is left out of an end that is no success',
    async (how, code) => {
      expect(await printed([encodeFrame({ event: { end: how } }), trailer])).toMatchObject({
        exitCode: code,
      });
    },
  );

  test('is given up when a sandbox does not end the command at its limit', async () => {
    const { commands } = await sandboxThat((request, response) => {
      request.resume();
      response.write(data(Buffer.from('begun')));
    });
    expect(await commands.run('sleep', () => {}, 1, signal)).toEqual({});
  });
});

describe('a port of a sandbox', () => {
  test('is asked as the SDK does, with the token for its traffic, and redirections are not followed', async () => {
    const seen: unknown[] = [];
    const { ask } = await sandboxThat(
      ({ url, method, headers }, response) => {
        seen.push([method, url, headers['novita-sandbox-port'], headers['e2b-traffic-access-token']]);
        // What only the agent needs is not for a program of the user.
        expect(headers).not.toHaveProperty('x-access-token');
        response.writeHead(302, { location: '/elsewhere' }).end();
      },
      { trafficToken: 'traffic' },
    );
    expect(await ask({ port: 8080, path: '/a?b=c' }, 10_000, signal)).toBe(302);
    expect(seen).toEqual([['GET', '/a?b=c', '8080', 'traffic']]);
  });

  test('does not send a body that nobody reads to its end', async () => {
    const { ask } = await sandboxThat((_request, response) => {
      response.write('x'.repeat(100_000));
    });
    expect(await ask({ port: 1, path: '/' }, 10_000, signal)).toBe(200);
  });

  test('that does not answer is an error after the limit', async () => {
    const { ask } = await sandboxThat(() => {});
    await expect(ask({ port: 1, path: '/' }, 100, signal)).rejects.toMatchObject({
      summary: 'no answer within 0.1 s',
    });
  });

  test.each([
    [{}, 'https://8080-i1.us-phx-1.sandbox.novita.ai'],
    [{ isDebug: true }, 'http://localhost:8080'],
    [{ isDebug: true, sandboxUrl: 'https://one.example.com' }, 'https://one.example.com'],
  ] as const)('is reached, with %j, at %s', (more, base) => {
    const address = { sandboxId: 'i1', domain: 'us-phx-1.sandbox.novita.ai', ...more };
    expect(portAddress(address, 8080).base).toBe(base);
  });
});
