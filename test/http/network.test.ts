import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openNetwork } from '../../src/http/network.ts';

test('requests that follow one another share a connection', async () => {
  let connections = 0;
  const server = createServer((_, response) => void response.end('{}')).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const network = openNetwork({});
  onTestFinished(async () => {
    await network.destroy();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (let request = 0; request < 3; request++) {
    expect(await (await network.fetch(url, {})).json()).toEqual({});
    const { body } = await network.request(url, { method: 'GET' });
    expect(await body.json()).toEqual({});
  }
  expect(connections).toBe(1);
});

test('a network that was not used can be ended', async () => {
  await expect(openNetwork({}).destroy()).resolves.toBeUndefined();
});
