import { Agent } from 'undici';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { networkOf, openNetwork } from '../../src/http/network.ts';
import { resolveImage } from '../../src/registry/resolve-digest.ts';
import {
  digestOf,
  type RegistryAnswer,
  type RegistryServer,
  resolved,
  startRegistry,
  unresolved,
} from '../support/registry-server.ts';

const network = openNetwork({});
afterAll(() => network.destroy());
const never = new AbortController().signal;

let registry: RegistryServer;
beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.close());

const resolve = (repositoryAndTag: string, limitMs = 20_000) =>
  resolveImage(`${registry.host}/${repositoryAndTag}`, undefined, { network, signal: never, limitMs });

describe('an image', () => {
  test('is what its tag means at the moment', async () => {
    const first = registry.push('a/b', '1');
    expect(await resolve('a/b:1')).toEqual(resolved(first));
    const second = registry.push('a/b', '1');
    expect(second).not.toBe(first);
    expect(await resolve('a/b:1')).toEqual(resolved(second));
    registry.push('a/b', '1', first);
    expect(await resolve('a/b:1')).toEqual(resolved(first));
  });

  test('is requested once, without its body, in all formats, since registries convert for clients with fewer', async () => {
    registry.push('b', 'latest');
    await resolve('b');
    expect(registry.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /v2/b/manifests/latest',
    ]);
    expect(registry.requests[0]?.headers.accept).toMatch(
      /oci\.image\.index.*manifest\.list.*oci\.image\.manifest.*distribution\.manifest\.v2/,
    );
  });

  test('with a digest needs no request', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(await resolve(`a/b:1@${digest}`)).toEqual(resolved(digest));
    expect(registry.requests).toEqual([]);
  });

  test.each(['', 'A/B', 'https://x/y', 'a b', 'x:', '127.0.0.1:99999/x'])('cannot be %j', async (image) => {
    expect(await resolveImage(image, undefined, { network, signal: never })).toEqual(
      unresolved('it is not an image reference such as python:3.12 or ghcr.io/owner/name:tag'),
    );
  });
});

const manifest = JSON.stringify({ schemaVersion: 2, layers: [] });
const withoutHeader = (body: string | Buffer) => () => ({ status: 200, body });

describe('a registry that does not say the digest', () => {
  test('sends the bytes', async () => {
    registry.intercept = withoutHeader(manifest);
    expect(await resolve('a/b')).toEqual(resolved(digestOf(manifest)));
    expect(registry.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  test('or knows no HEAD, too', async () => {
    registry.intercept = ({ method }) =>
      method === 'HEAD' ? { status: 405 } : { status: 200, body: manifest };
    expect(await resolve('a/b')).toEqual(resolved(digestOf(manifest)));
  });

  test.each<[string, string | Buffer, string]>([
    ['a page', '<html>please log in</html>', 'answered with something that is not a manifest'],
    ['other JSON', '{"errors":[]}', 'answered with something that is not a manifest'],
    ['null', 'null', 'answered with something that is not a manifest'],
    ['the old format', '{"schemaVersion":1}', 'answered with something that is not a manifest'],
    ['more than 8 MB', Buffer.alloc(8 * 2 ** 20 + 1, ' '), 'answered with more than 8 MB'],
  ])('and gives %s leaves it unknown', async (_, body, reason) => {
    registry.intercept = withoutHeader(body);
    expect(await resolve('a/b')).toEqual(unresolved(`the registry ${registry.host} ${reason}`));
  });

  test('until it does, must say that of what it gives', async () => {
    registry.intercept = ({ method }) =>
      method === 'HEAD'
        ? { status: 200 }
        : { status: 200, body: manifest, headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } };
    expect(await resolve('a/b')).toEqual(
      unresolved(
        `the registry ${registry.host} answered with a manifest that does not have the digest it says`,
      ),
    );
  });
});

describe('what a registry answers', () => {
  test.each<[string, RegistryAnswer, string]>([
    ['no such image', { status: 404 }, 'has no image a/b:1 (404)'],
    ['not for everybody', { status: 403 }, 'has no image a/b, or one that needs credentials (403)'],
    ['no way to log in', { status: 401 }, 'answered 401 and offers no login that this action supports'],
    [
      'too many requests for a while',
      { status: 429, headers: { 'retry-after': '3600' } },
      'had too many requests without credentials lately (429)',
    ],
    ['not made for this', { status: 501 }, 'answered 501'],
    ['something odd', { status: 418 }, 'answered 418'],
    ['a redirect to nowhere', { status: 302 }, 'answered 302'],
    [
      'a redirect to what is not safe',
      { status: 302, headers: { location: 'http://r.example/v2/' } },
      'redirects to an address that is not safe',
    ],
    [
      'a redirect with a password',
      { status: 302, headers: { location: 'https://u:p@r.example/v2/' } },
      'redirects to an address that is not safe',
    ],
    ...['sha256:abc', `sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(128)}`, 'x'].map(
      (digest): [string, RegistryAnswer, string] => [
        `the digest ${digest.slice(0, 10)}`,
        { status: 200, headers: { 'docker-content-digest': digest } },
        'answered with a digest that is not sha256 and 64 hexadecimal digits',
      ],
    ),
  ])('%s is the result of one request', async (_, answer, reason) => {
    registry.intercept = () => answer;
    expect(await resolve('a/b:1')).toEqual(unresolved(`the registry ${registry.host} ${reason}`));
    expect(registry.requests).toHaveLength(1);
  });

  test.each([500, 502, 503, 429])('%i is retried, three attempts at most', async (status) => {
    const digest = registry.push('a/b', '1');
    registry.intercept = (_, earlier) => (earlier < 2 ? { status } : undefined);
    expect(await resolve('a/b:1')).toEqual(resolved(digest));

    registry.intercept = () => ({ status });
    expect(await resolve('a/b:1')).toHaveProperty('reason', expect.stringContaining(String(status)));
    expect(registry.requests).toHaveLength(6);
  });

  test('a redirect is followed, but not forever', async () => {
    const digest = registry.push('a/b', '1');
    registry.intercept = ({ path }) =>
      path === '/v2/a/b/manifests/1'
        ? { status: 307, headers: { location: '/v2/a/b/manifests/x' } }
        : undefined;
    registry.push('a/b', 'x', digest);
    expect(await resolve('a/b:1')).toEqual(resolved(digest));

    registry.intercept = ({ path }) => ({ status: 307, headers: { location: path } });
    expect(await resolve('a/b:1')).toEqual(
      unresolved(`the registry ${registry.host} redirects without an end`),
    );
  });
});

describe('the verdict of a registry on an image', () => {
  const judge = (credentials?: { username: string; password: string }) =>
    resolveImage(`${registry.host}/a/b:1`, credentials && { type: 'registry', ...credentials }, {
      network,
      signal: never,
      judge: true,
    });

  test('that there is none takes two requests', async () => {
    expect(await judge()).toEqual({
      ok: false,
      reason: `the registry ${registry.host} has no image a/b:1 (404)`,
      verdict: 'missing',
    });
    expect(registry.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  test('is not that there is none, where only HEAD is not known', async () => {
    const digest = registry.push('a/b', '1');
    registry.intercept = ({ method }) => (method === 'HEAD' ? { status: 404 } : undefined);
    expect(await judge()).toEqual(resolved(digest));
  });

  test.each([401, 403, 500])('is not that there is none, where the second answer is %i', async (status) => {
    registry.intercept = ({ method }) => (method === 'HEAD' ? { status: 404 } : { status });
    expect(await judge()).not.toHaveProperty('verdict', 'missing');
  });

  test.each(['basic', 'bearer'] as const)('is that there is none after a login (%s)', async (kind) => {
    registry.login = { kind, username: 'u', password: 'p' };
    expect(await judge({ username: 'u', password: 'p' })).toHaveProperty('verdict', 'missing');
  });

  test('is nothing while it has no use for the credentials, since it may hide what is private', async () => {
    registry.intercept = () => ({ status: 404 });
    const found = await judge({ username: 'u', password: 'p' });
    expect(found).toEqual(unresolved(expect.stringContaining('(404)')));
  });

  test('is a refusal, which some give for missing images too', async () => {
    registry.login = { kind: 'bearer', username: 'u', password: 'p' };
    expect(await judge()).toHaveProperty('verdict', 'refused');
    expect(await judge({ username: 'u', password: 'x' })).toHaveProperty('verdict', 'refused');
    registry.login = undefined;
    registry.intercept = () => ({ status: 403 });
    expect(await judge()).toHaveProperty('verdict', 'refused');
  });

  test.each([429, 500, 503])('is nothing where it answers %i', async (status) => {
    registry.intercept = () => ({ status });
    expect(await judge()).not.toHaveProperty('verdict');
  });

  test('is nothing where somebody else answers, to whom it redirects', async () => {
    await using other = await startRegistry();
    registry.intercept = ({ path }) => ({
      status: 307,
      headers: { location: `http://${other.host}${path}` },
    });
    expect(await judge()).toEqual(unresolved(expect.stringContaining('redirects, answered 404')));
  });
});

describe('a registry that does not answer', () => {
  test('gets three attempts where there is no connection', async () => {
    await registry.close();
    expect(await resolve('a/b')).toEqual(
      unresolved(`no connection to the registry ${registry.host} (ECONNREFUSED)`),
    );
  });

  test('ends at the time limit', async () => {
    registry.intercept = () => 'hang';
    expect(await resolve('a/b', 300)).toEqual(
      unresolved(`the registry ${registry.host} took longer than 0.3 s`),
    );
  });

  test('ends at the time limit during the pause that it asks for', async () => {
    // Its own pauses would be over by then.
    registry.intercept = () => ({ status: 503, headers: { 'retry-after': '5' } });
    expect(await resolve('a/b', 1200)).toEqual(
      unresolved(`the registry ${registry.host} took longer than 1.2 s`),
    );
  });

  test('to the end does so too', async () => {
    registry.intercept = () => ({ status: 200, body: '{"schemaVersion":2', stalls: true });
    expect(await resolve('a/b', 300)).toEqual(
      unresolved(`the registry ${registry.host} took longer than 0.3 s`),
    );
  });

  test('because its connection broke is tried again', async () => {
    const digest = registry.push('a/b', 'latest');
    registry.intercept = (_, earlier) => (earlier < 2 ? 'cut' : undefined);
    expect(await resolve('a/b')).toEqual(resolved(digest));
    registry.intercept = () => 'cut';
    expect(await resolve('a/b')).toEqual(
      unresolved(`connection lost to the registry ${registry.host} (UND_ERR_SOCKET)`),
    );
    expect(registry.requests).toHaveLength(6);
  });

  test('ends with the reason of the signal', async () => {
    const given = new AbortController();
    const reason = new Error('enough');
    registry.intercept = () => {
      given.abort(reason);
      return 'hang';
    };
    const pending = resolveImage(`${registry.host}/a`, undefined, { network, signal: given.signal });
    await expect(pending).rejects.toBe(reason);
    for (const image of [`${registry.host}/a`, `a@sha256:${'a'.repeat(64)}`, ''])
      await expect(resolveImage(image, undefined, { network, signal: given.signal })).rejects.toBe(reason);
    expect(registry.requests).toHaveLength(1);
  });

  test('for an unexpected reason says so on one line', async () => {
    const broken = new Agent().compose(() => (_options, _handler) => {
      throw new Error('first\n::error::second\u2028\u202e');
    });
    const signal = new AbortController().signal;
    expect(
      await resolveImage('r.example/a', undefined, { network: networkOf(() => broken), signal }),
    ).toEqual(unresolved('connection lost to the registry r.example (first ::error::second )'));
  });
});
