import { describe, expect, test } from 'vitest';
import { parseServedUrl } from '../../src/smoke-test/parse-url.ts';

describe('the input test-url', () => {
  test.each<[text: string, port: number, path: string]>([
    ['8080/health', 8080, '/health'],
    ['8080', 8080, '/'],
    ['8080/', 8080, '/'],
    [':3000/a?b=c&d=%20', 3000, '/a?b=c&d=%20'],
    ['1/', 1, '/'],
    ['65535/x', 65_535, '/x'],
    ['8080//double', 8080, '//double'],
  ])('%j', (text, port, path) => {
    expect(parseServedUrl(text)).toEqual({ port, path });
  });

  test.each([
    ['', 'expected a port and a path'],
    ['health', 'expected a port and a path'],
    ['/health', 'expected a port and a path'],
    ['8080health', 'expected a port and a path'],
    ['8080 /health', 'expected a port and a path'],
    ['http://localhost:8080/health', 'which is an address'],
    ['localhost:8080/health', 'expected a port and a path'],
    ['0/health', 'a port from 1 to 65535'],
    ['65536', 'a port from 1 to 65535'],
    ['999999', 'a port from 1 to 65535'],
    ['49983/health', "the sandbox's own agent"],
    ['8080/a b', 'has a space'],
    ['8080/ä', 'must encode'],
    ['8080/a#b', 'a #'],
    ['8080/a\r\nx-header: 1', 'expected'],
    ['8080/\u0000', 'has a space'],
  ])('%j is none', (text, says) => {
    expect(parseServedUrl(text)).toContain(says);
  });
});
