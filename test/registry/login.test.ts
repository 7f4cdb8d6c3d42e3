import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageRegistry } from '../../src/api/types.ts';
import { openNetwork } from '../../src/http/network.ts';
import { resolveImage } from '../../src/registry/resolve-digest.ts';
import {
  type RegistryAnswer,
  type RegistryServer,
  resolved,
  startRegistry,
  unresolved,
} from '../support/registry-server.ts';

const network = openNetwork({});
afterAll(() => network.destroy());

let registry: RegistryServer;
/** Somebody else. */
let other: RegistryServer;
beforeEach(async () => {
  [registry, other] = await Promise.all([startRegistry(), startRegistry()]);
});
afterEach(() => Promise.all([registry.close(), other.close()]));

const known = { username: 'someone', password: 'pass:word, ü "x"' };
const user: ImageRegistry = { type: 'registry', ...known };
const sent = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
const authorizationOfUser = sent(known.username, known.password);

const resolve = (credentials?: ImageRegistry) =>
  resolveImage(`${registry.host}/a/b:1`, credentials, {
    network,
    signal: new AbortController().signal,
  });

/** `METHOD path authorization`, the registry's own token by that word. */
const requestsOf = ({ requests }: RegistryServer) =>
  requests.map(
    ({ method, path, authorization }) =>
      `${method} ${path} ${authorization?.replace(/token-[\w-]+/, 'token') ?? '-'}`,
  );
const manifestPath = '/v2/a/b/manifests/1';
const tokenPath = '/token?service=registry%2C+for+tests&scope=repository%3Aa%2Fb%3Apull';

describe('a registry with tokens', () => {
  test('gives one to everybody', async () => {
    registry.login = { kind: 'bearer' };
    const digest = registry.push('a/b', '1');
    expect(await resolve()).toEqual(resolved(digest));
    expect(requestsOf(registry)).toEqual([
      `HEAD ${manifestPath} -`,
      `GET ${tokenPath} -`,
      `HEAD ${manifestPath} Bearer token`,
    ]);
  });

  test('gives one for credentials, which it does not see elsewhere', async () => {
    registry.login = { kind: 'bearer', ...known };
    const digest = registry.push('a/b', '1');
    expect(await resolve(user)).toEqual(resolved(digest));
    expect(requestsOf(registry)).toEqual([
      `HEAD ${manifestPath} -`,
      `GET ${tokenPath} ${authorizationOfUser}`,
      `HEAD ${manifestPath} Bearer token`,
    ]);
  });

  test('that refuses the credentials is not tried without them', async () => {
    registry.login = { kind: 'bearer', username: 'x', password: 'y' };
    registry.push('a/b', '1');
    expect(await resolve(user)).toEqual(
      unresolved(
        `${registry.host}, which gives the tokens of the registry ${registry.host}, refused the credentials for a/b (401)`,
      ),
    );
    expect(requestsOf(registry)).toEqual([
      `HEAD ${manifestPath} -`,
      `GET ${tokenPath} ${authorizationOfUser}`,
    ]);
  });

  test('that gives none without credentials may have no such image', async () => {
    registry.login = { kind: 'bearer', username: 'x', password: 'y' };
    expect(await resolve()).toEqual(
      unresolved(
        `${registry.host}, which gives the tokens of the registry ${registry.host}, has no image a/b, or one that needs credentials (401)`,
      ),
    );
  });

  test('that refuses its own token is believed', async () => {
    registry.login = { kind: 'bearer' };
    registry.intercept = ({ path, authorization }) =>
      path === manifestPath && authorization ? { status: 401 } : undefined;
    expect(await resolve()).toEqual(
      unresolved(`the registry ${registry.host} has no image a/b, or one that needs credentials (401)`),
    );
    expect(await resolve(user)).toEqual(
      unresolved(`the registry ${registry.host} refused the credentials for a/b (401)`),
    );
  });

  test('reads its bytes with the token too', async () => {
    registry.login = { kind: 'bearer' };
    const digest = registry.push('a/b', '1');
    registry.intercept = ({ method, authorization }) =>
      method === 'HEAD' && authorization ? { status: 200 } : undefined;
    expect(await resolve()).toEqual(resolved(digest));
    expect(requestsOf(registry).at(-1)).toBe(`GET ${manifestPath} Bearer token`);
  });

  test.each<[string, RegistryAnswer, string]>([
    ['a page', { status: 200, body: '<html>' }, 'answered with something that is not JSON'],
    ['nothing', { status: 200, body: '{}' }, 'answered without a token'],
    ['null', { status: 200, body: 'null' }, 'answered without a token'],
    ['no text', { status: 200, body: '{"token":{"a":1}}' }, 'answered without a token'],
    ['what breaks a header', { status: 200, body: '{"token":"a\\r\\nb: c"}' }, 'answered without a token'],
    ['too much', { status: 200, body: ' '.repeat(2 ** 20 + 1) }, 'answered with more than 1 MB'],
    ['no address', { status: 404 }, 'answered 404'],
    ['what does not end', { status: 418, body: 'x', stalls: true }, 'answered 418'],
    [
      'a limit',
      { status: 429, headers: { 'retry-after': '60' } },
      'had too many requests without credentials lately (429)',
    ],
  ])('that answers %s gave none', async (_, answer, reason) => {
    registry.login = { kind: 'bearer' };
    registry.intercept = ({ path }) => (path.startsWith('/token') ? answer : undefined);
    expect(await resolve()).toEqual(
      unresolved(`${registry.host}, which gives the tokens of the registry ${registry.host}, ${reason}`),
    );
  });

  test('may call it access_token, and keeps what its address has', async () => {
    const realm = `http://${registry.host}/token?account=x&service=old`;
    registry.intercept = ({ path, authorization }) => {
      if (path.startsWith('/token')) return { status: 200, body: '{"token":"","access_token":"abc"}' };
      if (authorization === 'Bearer abc') return undefined;
      return { status: 401, headers: { 'www-authenticate': `bearer service=new, realm="${realm}"` } };
    };
    const digest = registry.push('a/b', '1');
    expect(await resolve()).toEqual(resolved(digest));
    expect(requestsOf(registry)[1]).toBe(
      'GET /token?account=x&service=new&scope=repository%3Aa%2Fb%3Apull -',
    );
  });

  test.each([
    'http://r.example/token',
    'https://user:secret@r.example/token',
    '/token',
    'ftp://127.0.0.1/token',
    'http://127.0.0.1.r.example/token',
    '',
  ])('at %j is not used', async (realm) => {
    registry.intercept = () => ({ status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } });
    expect(await resolve(user)).toEqual(
      unresolved(`the registry ${registry.host} names no safe address for tokens`),
    );
    expect(registry.requests).toHaveLength(1);
  });
});

describe('a registry with passwords', () => {
  test('gets it after its challenge', async () => {
    registry.login = { kind: 'basic', ...known };
    const digest = registry.push('a/b', '1');
    expect(await resolve(user)).toEqual(resolved(digest));
    expect(requestsOf(registry)).toEqual([
      `HEAD ${manifestPath} -`,
      `HEAD ${manifestPath} ${authorizationOfUser}`,
    ]);
  });

  test.each([403, 404])('that answers %i without a login is asked how to log in', async (status) => {
    registry.login = { kind: 'basic', ...known };
    const digest = registry.push('a/b', '1');
    registry.intercept = ({ path, authorization }) =>
      path === manifestPath && !authorization ? { status } : undefined;
    expect(await resolve(user)).toEqual(resolved(digest));
    expect(requestsOf(registry)).toEqual([
      `HEAD ${manifestPath} -`,
      'GET /v2/ -',
      `HEAD ${manifestPath} ${authorizationOfUser}`,
    ]);
    await resolve();
    expect(registry.requests).toHaveLength(4);

    registry.intercept = ({ path }) => ({ status: path === '/v2/' ? 200 : status });
    expect(await resolve(user)).toHaveProperty('reason', expect.stringContaining(`(${status})`));
  });

  test('that has a limit even for those says so', async () => {
    registry.login = { kind: 'basic', ...known };
    registry.intercept = ({ authorization }) =>
      authorization ? { status: 429, headers: { 'retry-after': '60' } } : undefined;
    expect(await resolve(user)).toEqual(
      unresolved(`the registry ${registry.host} had too many requests lately (429)`),
    );
  });

  test('that refuses it is not tried again', async () => {
    registry.login = { kind: 'basic', username: 'x', password: 'y' };
    expect(await resolve(user)).toEqual(
      unresolved(`the registry ${registry.host} refused the credentials for a/b (401)`),
    );
    expect(registry.requests).toHaveLength(2);
  });

  test('is not answered where there is none', async () => {
    registry.login = { kind: 'basic', username: 'x', password: 'y' };
    expect(await resolve()).toEqual(
      unresolved(`the registry ${registry.host} has no image a/b, or one that needs credentials (401)`),
    );
    expect(registry.requests).toHaveLength(1);
  });

  test('or tokens is asked for a token, in two headers or one', async () => {
    const digest = registry.push('a/b', '1');
    const offers = ['Negotiate', 'Basic realm="a, b"', `Bearer realm="http://${registry.host}/token"`];
    for (const header of [offers, offers.join(', '), offers.toReversed()]) {
      registry.intercept = ({ path, authorization }) =>
        path.startsWith('/token') || authorization?.startsWith('Bearer')
          ? undefined
          : { status: 401, headers: { 'www-authenticate': header } };
      expect(await resolve(user)).toEqual(resolved(digest));
    }
  });
});

describe('what is given to the registry', () => {
  const leadTo = (location: string, only = '') =>
    (registry.intercept = ({ path, authorization }) =>
      authorization && path.includes(only) ? { status: 307, headers: { location } } : undefined);

  test.each(['basic', 'bearer'] as const)('by %s does not go where it redirects to', async (kind) => {
    registry.login = { kind, ...known };
    const digest = other.push('a/b', '1');
    leadTo(`http://${other.host}${manifestPath}`, manifestPath);
    expect(await resolve(user)).toEqual(resolved(digest));
    expect(requestsOf(other)).toEqual([`HEAD ${manifestPath} -`]);
  });

  test('does not go where the address for tokens redirects to', async () => {
    registry.login = { kind: 'bearer', ...known };
    leadTo(`http://${other.host}/token`, '/token');
    await resolve(user);
    expect(requestsOf(other)).toEqual(['GET /token -']);
  });

  test('does not come back with a redirect that somebody else wrote', async () => {
    registry.login = { kind: 'basic', ...known };
    leadTo(`http://${other.host}/x`);
    other.intercept = () => ({
      status: 307,
      headers: { location: `http://${registry.host}/v2/c/manifests/1` },
    });
    expect(await resolve(user)).toEqual(
      unresolved(`${registry.host}, to which the registry ${registry.host} redirects, answered 401`),
    );
    expect(requestsOf(registry).at(-1)).toBe('HEAD /v2/c/manifests/1 -');
  });

  test('is not given to a stranger who asks for it', async () => {
    registry.intercept = () => ({
      status: 307,
      headers: { location: `http://${other.host}${manifestPath}` },
    });
    other.login = { kind: 'basic', ...known };
    expect(await resolve(user)).toEqual(
      unresolved(`${other.host}, to which the registry ${registry.host} redirects, answered 401`),
    );
    expect(requestsOf(other)).toEqual([`HEAD ${manifestPath} -`]);
  });

  test('is given to the realm that it names, and nothing to that realm otherwise', async () => {
    other.login = { kind: 'bearer' };
    registry.intercept = ({ authorization }) =>
      authorization
        ? undefined
        : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${other.host}/token"` } };
    const digest = registry.push('a/b', '1');
    expect(await resolve(user)).toEqual(resolved(digest));
    expect(requestsOf(other)).toEqual([`GET /token?scope=repository%3Aa%2Fb%3Apull ${authorizationOfUser}`]);
    expect(JSON.stringify(registry.requests)).not.toContain(authorizationOfUser);
  });
});
