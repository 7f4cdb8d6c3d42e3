import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floatingTag } from '../../src/registry/floating-tag.ts';
import { type ImageReference, parseImageReference, pinImage } from '../../src/registry/reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const hub = { host: 'docker.io' };

describe('a reference', () => {
  test.each<[string, ImageReference]>([
    ['python', { ...hub, repository: 'library/python', tag: 'latest' }],
    ['python:3.12', { ...hub, repository: 'library/python', tag: '3.12' }],
    [`python@${digest}`, { ...hub, repository: 'library/python', digest }],
    [`python:3.12@${digest}`, { ...hub, repository: 'library/python', tag: '3.12', digest }],
    [`a/b@sha512:${'a'.repeat(128)}`, { ...hub, repository: 'a/b', digest: `sha512:${'a'.repeat(128)}` }],
    ['novita/base', { ...hub, repository: 'novita/base', tag: 'latest' }],
    ['docker.io/python', { ...hub, repository: 'library/python', tag: 'latest' }],
    ['index.docker.io/a/b:1', { ...hub, repository: 'a/b', tag: '1' }],
    ['ghcr.io/a/b/c:v1_x-Y.z', { host: 'ghcr.io', repository: 'a/b/c', tag: 'v1_x-Y.z' }],
    ['ghcr.io/a', { host: 'ghcr.io', repository: 'a', tag: 'latest' }],
    ['localhost/x', { host: 'localhost', repository: 'x', tag: 'latest' }],
    ['localhost:5000/x', { host: 'localhost:5000', repository: 'x', tag: 'latest' }],
    ['localhost:5000', { ...hub, repository: 'library/localhost', tag: '5000' }],
    ['127.0.0.1:5000/x/y:1', { host: '127.0.0.1:5000', repository: 'x/y', tag: '1' }],
    ['[::1]:5000/x', { host: '[::1]:5000', repository: 'x', tag: 'latest' }],
    ['registry:5000/x', { host: 'registry:5000', repository: 'x', tag: 'latest' }],
    ['Registry/x', { host: 'Registry', repository: 'x', tag: 'latest' }],
    ['a__b/c--d', { ...hub, repository: 'a__b/c--d', tag: 'latest' }],
  ])('%s', (image, expected) => {
    expect(parseImageReference(image)).toEqual(expected);
  });

  test.each([
    ...['', ' ', 'python ', ' python', 'Python', 'a//b', '/a', 'a/', 'a:', ':1', '@', `@${digest}`],
    ...[
      'a:1:2',
      'a@sha256:abc',
      `a@${digest.toUpperCase()}`,
      `a@md5:${'a'.repeat(32)}`,
      `a@${digest}@${digest}`,
    ],
    ...['https://ghcr.io/a', 'docker://a', 'user:pass@r.example/a', 'r.example:/a', 'r.example:x/a'],
    ...[
      'r.example:99999/a',
      '1.2.3.999/a',
      '-r.example/a',
      'r..example/a',
      'a___b',
      'a_-b',
      'a/.b',
      'a/../b',
      'ä',
    ],
    ...[
      'a:.1',
      `a:${'1'.repeat(129)}`,
      'a'.repeat(256),
      'a'.repeat(64),
      'a\n',
      'a:1\n',
      'a?x',
      'r.example/a?x=1',
    ],
    ...['r.example#/a', 'r.example\\x/a', '[::1/a', '[::g]/a'],
  ])('is not %j', (image) => {
    expect(parseImageReference(image)).toBeUndefined();
    expect(pinImage(image, digest)).toBe(image);
    expect(floatingTag(image)).toBeUndefined();
  });
});

describe('pinning', () => {
  test.each([
    ['python', `python@${digest}`],
    ['python:3.12', `python@${digest}`],
    ['localhost:5000/x/y:1.0-rc_1', `localhost:5000/x/y@${digest}`],
    ['127.0.0.1:5000/x/y', `127.0.0.1:5000/x/y@${digest}`],
    [`python:3.12@sha256:${'f'.repeat(64)}`, `python:3.12@sha256:${'f'.repeat(64)}`],
  ])('%s', (image, pinned) => {
    expect(pinImage(image, digest)).toBe(pinned);
  });
});

const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const host = fc.constantFrom(
  '',
  'ghcr.io/',
  'localhost:5000/',
  '127.0.0.1:1/',
  '[::1]:5/',
  'R/',
  'docker.io/',
);
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
const image = fc
  .tuple(host, fc.array(part, { minLength: 1, maxLength: 3 }), fc.option(tag))
  .filter(([, parts]) => !(/\./.test(parts[0] ?? '') || parts[0] === 'localhost'))
  .map(([before, parts, after]) => `${before}${parts.join('/')}${after === null ? '' : `:${after}`}`);

describe('any reference', () => {
  test('that is pinned means the same image, exactly, and is not pinned again', () => {
    fc.assert(
      fc.property(image, (written) => {
        const { host, repository } = parseImageReference(written) ?? {};
        const pinned = pinImage(written, digest);
        expect(host).toBeDefined();
        expect(parseImageReference(pinned)).toEqual({ host, repository, digest });
        expect(pinImage(pinned, `sha256:${'0'.repeat(64)}`)).toBe(pinned);
        expect(floatingTag(pinned)).toBeUndefined();
      }),
    );
  });

  test('written out in full is the same one', () => {
    fc.assert(
      fc.property(image, (written) => {
        const parsed = parseImageReference(written);
        expect(parseImageReference(`${parsed?.host}/${parsed?.repository}:${parsed?.tag}`)).toEqual(parsed);
      }),
    );
  });

  test('or other text is read without an error, into parts that are safe in an address', () => {
    const separators = fc.constantFrom(
      '/',
      ':',
      '@',
      '.',
      '..',
      '-',
      '[',
      ']',
      '%',
      '?',
      '#',
      '\\',
      ' ',
      '\n',
      digest,
    );
    const text = fc.array(fc.oneof(separators, part, fc.string({ unit: 'binary', maxLength: 4 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (written) => {
          const parsed = parseImageReference(written);
          pinImage(written, digest);
          floatingTag(written);
          if (!parsed) return;
          const { host, repository, tag = 'x' } = parsed;
          const path = `/v2/${repository}/manifests/${tag}`;
          const address = new URL(path, `https://${host}`);
          expect(address.pathname).toBe(path);
          expect(address.search + address.hash + address.username).toBe('');
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('of great length is read at once', () => {
    for (const piece of ['a', 'a-', 'a.', 'a/', ':', '@', '-', '_', '[', '1'])
      parseImageReference(piece.repeat(200_000));
  });
});

describe('a tag moves by habit', () => {
  test.each([
    ...[
      'python',
      'python:latest',
      'node:lts',
      'node:lts-slim',
      'rust:nightly',
      'alpine:edge',
      'debian:stable-slim',
    ],
    ...[
      'ghcr.io/a/b:main',
      'a/b:latest-alpine3.19',
      'a/b:alpine-latest',
      'a/b:1.4-SNAPSHOT',
      'a/b:dev',
      'x:rc',
    ],
    ...['a/b:Latest', 'registry.example:5000/a', 'php:rc-fpm-alpine', 'a/b:canary', 'a/b:head', 'a:rolling'],
  ])('in %s', (written) => {
    expect(floatingTag(written)).toBe(/:([^/]*)$/.exec(written)?.[1] ?? 'latest');
  });

  test.each([
    ...[
      'python:3.12',
      'python:3',
      'node:22-alpine',
      'debian:bookworm',
      'rust:nightly-2026-01-31',
      'a/b:main-4f3c2a1',
    ],
    ...['alpine:edge-20260131', 'a/b:stable-1.2', 'a/b:dev-123', 'a/b:v1', 'a/b:mainframe', 'a/b:3.12-dev'],
    ...[`python@${digest}`, `python:latest@${digest}`, 'a/b:preview-v2', 'a b'],
  ])('but not in %s', (written) => {
    expect(floatingTag(written)).toBeUndefined();
  });
});
