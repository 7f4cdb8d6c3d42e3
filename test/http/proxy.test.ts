import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { noProxyRules } from '../../src/http/proxy.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Self-signed, for template-service.test, localhost and 127.0.0.1; trusted by these tests alone. */
const certificate = file('fixtures/test-only.cert.pem');

const open: Pick<Server, 'close' | 'closeAllConnections'>[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function portOf(server: Server | ReturnType<typeof createHttpsServer>): Promise<number> {
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

const ready = JSON.stringify({ templateID: 't', buildID: 'b', status: 'ready', logEntries: [], logs: [] });
const respond: Parameters<typeof createHttpServer>[1] = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(ready);
};

const startHttps = () =>
  portOf(
    createHttpsServer(
      { cert: readFileSync(certificate), key: readFileSync(file('fixtures/test-only.key.pem')) },
      respond,
    ),
  );

/** A proxy that sends every host to 127.0.0.1, so that a name which exists nowhere proves that it was used. */
async function startProxy(answer = 'HTTP/1.1 200 Connection established') {
  const requests: string[] = [];
  const server = createHttpServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, socket) => {
    requests.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    socket.on('error', () => {});
    if (!answer.includes(' 200 ')) {
      socket.end(`${answer}\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write(`${answer}\r\n\r\n`);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  return { port: await portOf(server), requests };
}

/** What a process with this environment gets; everything it wrote to stderr would stand in the user's log. */
async function ask(env: Record<string, string>) {
  const child = spawn(process.execPath, [file('ask-status.ts')], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { ...(JSON.parse(stdout) as { status?: string; error?: string; retries: string[] }), stderr };
}

describe('a proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('named in %s is used, with its credentials', async (variable) => {
    const port = await startHttps();
    const proxy = await startProxy();
    const got = await ask({
      API_URL: `https://template-service.test:${port}`,
      [variable]: `http://user:p%40ss@127.0.0.1:${proxy.port}`,
      NODE_EXTRA_CA_CERTS: certificate,
    });
    expect(got).toEqual({ status: 'ready', retries: [], stderr: '' });
    expect(proxy.requests).toEqual([
      `template-service.test:${port} Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    ]);
  });

  test.each([
    ['user@', 'user:'],
    ['user:@', 'user:'],
    [':p%40ss@', ':p@ss'],
    ['us%25er:100%@', 'us%er:100%'],
  ])('gets the credentials of %s', async (credentials, sent) => {
    const port = await startHttps();
    const proxy = await startProxy();
    const got = await ask({
      API_URL: `https://template-service.test:${port}`,
      HTTPS_PROXY: `http://${credentials}127.0.0.1:${proxy.port}`,
      NODE_EXTRA_CA_CERTS: certificate,
    });
    expect(got).toEqual({ status: 'ready', retries: [], stderr: '' });
    expect(proxy.requests).toEqual([
      `template-service.test:${port} Basic ${Buffer.from(sent).toString('base64')}`,
    ]);
  });

  test('may be named without http://, and HTTP_PROXY is for http', async () => {
    const port = await portOf(createHttpServer(respond));
    const proxy = await startProxy();
    const got = await ask({
      API_URL: `http://template-service.test:${port}`,
      HTTP_PROXY: `127.0.0.1:${proxy.port}`,
      HTTPS_PROXY: 'http://127.0.0.1:9',
    });
    expect(got).toEqual({ status: 'ready', retries: [], stderr: '' });
    expect(proxy.requests).toHaveLength(1);
  });

  test('is not used for what NO_PROXY names', async () => {
    const port = await startHttps();
    const proxy = await startProxy();
    const got = await ask({
      API_URL: `https://localhost:${port}`,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      NO_PROXY: 'example.com,localhost',
      NODE_EXTRA_CA_CERTS: certificate,
    });
    expect(got).toEqual({ status: 'ready', retries: [], stderr: '' });
    expect(proxy.requests).toEqual([]);
  });

  test('that wants other credentials is named, and not tried again', async () => {
    const proxy = await startProxy('HTTP/1.1 407 Proxy Authentication Required');
    const got = await ask({
      API_URL: 'https://template-service.test',
      HTTPS_PROXY: `http://user:secret-word@127.0.0.1:${proxy.port}`,
    });
    expect(got.error).toBe(
      'the proxy answered 407 when asked for a connection to template-service.test; check HTTPS_PROXY, its user name and password, and NO_PROXY',
    );
    expect(got.retries).toEqual([]);
    expect(got.stderr).toBe('');
  });

  test('that is out of order is tried again', async () => {
    const proxy = await startProxy('HTTP/1.1 503 Service Unavailable');
    const got = await ask({
      API_URL: 'https://template-service.test',
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    expect(got.retries[0]).toMatch(/^GET build status: the proxy answered 503; trying again/);
    expect(proxy.requests).toHaveLength(5);
  });

  test.each(['socks5://127.0.0.1:1080', 'http://user:secret-word@', ':'])(
    'that is not one (%s) fails with the name of its variable, without the value',
    async (value) => {
      const got = await ask({ API_URL: 'https://template-service.test', HTTPS_PROXY: value });
      expect(got).toEqual({
        error:
          'HTTPS_PROXY does not hold the address of a proxy; expected something like http://proxy.example.com:3128',
        retries: [],
        stderr: '',
      });
    },
  );
});

describe('a certificate of an own authority', () => {
  test('is trusted when NODE_EXTRA_CA_CERTS names it', async () => {
    const port = await startHttps();
    const got = await ask({ API_URL: `https://localhost:${port}`, NODE_EXTRA_CA_CERTS: certificate });
    expect(got).toEqual({ status: 'ready', retries: [], stderr: '' });
  });

  test('is refused at once otherwise, with the way to mend it', async () => {
    const port = await startHttps();
    const got = await ask({ API_URL: `https://localhost:${port}` });
    expect(got).toEqual({
      error: `the certificate of localhost:${port} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); if your own proxy signs it, set NODE_EXTRA_CA_CERTS in the env of the job to the file with its CA certificate`,
      retries: [],
      stderr: '',
    });
  });
});

test.each<[string, string, boolean]>([
  ['', 'https://api.example.com', false],
  ['*', 'https://api.example.com', true],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://api.example.com', true],
  ['.example.com', 'https://api.example.com', true],
  ['*.example.com', 'https://api.example.com', true],
  ['example.com', 'https://notexample.com', false],
  ['other.com, EXAMPLE.com', 'https://api.Example.com', true],
  ['a b\texample.com', 'https://example.com', true],
  ['example.com:8443', 'https://example.com:8443', true],
  ['example.com:8443', 'https://example.com', false],
  ['example.com:443', 'https://example.com', true],
  ['example.com:80', 'http://example.com', true],
  ['127.0.0.1', 'http://127.0.0.1:3000', true],
  ['127.0.0.1:3000', 'http://127.0.0.1:3000', true],
  ['[::1]', 'http://[::1]:3000', true],
  ['::1', 'http://[::1]:3000', true],
  ['[::1]:3000', 'http://[::1]:3000', true],
  ['[::1]:3001', 'http://[::1]:3000', false],
  [',, ,', 'https://example.com', false],
  ['example.com.', 'https://api.example.com', true],
  ['example.com', 'https://example.com.', true],
  ['.', 'https://example.com', false],
  // Networks.
  ['10.0.0.0/8', 'http://10.1.2.3:3000', true],
  ['10.9.9.9/8', 'http://10.1.2.3:3000', true],
  ['10.0.0.0/8', 'http://11.0.0.1', false],
  ['10.0.0.0/33', 'http://10.0.0.1', false],
  ['10.0.0.0/x', 'http://10.0.0.1', false],
  ['10/8', 'http://10.0.0.1', false],
  ['192.168.1.128/25', 'http://192.168.1.127', false],
  ['192.168.1.128/25', 'http://192.168.1.200', true],
  ['127.0.0.1/32', 'http://127.0.0.1:3000', true],
  ['127.0.0.1/32', 'http://127.0.0.2:3000', false],
  ['0.0.0.0/0', 'http://203.0.113.9', true],
  ['0.0.0.0/0', 'http://example.com', false],
  ['example.com/8', 'http://example.com', false],
  ['localhost,10.0.0.0/8', 'http://10.0.0.1', true],
  ['10.0.0.0/8:3000', 'http://10.0.0.1:3000', true],
  ['10.0.0.0/8:3000', 'http://10.0.0.1', false],
  ['fd00::/8', 'http://[fd12:3456::1]', true],
  ['::/0', 'http://10.0.0.1', false],
  ['0.0.0.0/0', 'http://[fd12:3456::1]', false],
  ['[fd00::]/8', 'http://[fd12:3456::1]:3000', true],
  ['[fd00::/8]:3000', 'http://[fd12:3456::1]:3000', true],
  ['[fd00::/8]:3000', 'http://[fd12:3456::1]:3001', false],
  ['fd00::/8', 'http://[fe80::1]', false],
  ['fd00::/129', 'http://[fd00::1]', false],
  ['::/0', 'http://[2001:db8::1]', true],
  ['10.0.0.0/8', 'http://[::ffff:10.0.0.1]', true],
  // Addresses are numbers and not names.
  ['0:0:0:0:0:0:0:1', 'http://[::1]', true],
  ['127.0.0.1', 'http://127.1', true],
  ['0.0.1', 'http://127.0.0.1', false],
  ['.0.0.1', 'http://127.0.0.1', false],
  ['1', 'http://127.0.0.1', false],
])('NO_PROXY=%s for %s: %s', (value, origin, bypassed) => {
  expect(noProxyRules(value)(new URL(origin))).toBe(bypassed);
});
