import type { ServedUrl } from './served-port.ts';

/** The port of the agent in each sandbox. */
const agentPort = 49_983;

/**
 * Reads the input `test-url`: `8080/health`, or `8080` for its root.
 *
 * @returns what is wrong with it, where it is not one
 */
export function parseServedUrl(text: string): ServedUrl | string {
  const expected = 'expected a port and a path such as 8080/health';
  if (/^[a-z]+:\/\//i.test(text))
    return `which is an address; ${expected}. The host is that of the sandbox, which is new for each test.`;
  const [, digits = '', path = ''] = /^:?(\d{1,6})(\/.*)?$/.exec(text) ?? [];
  if (digits === '') return `${expected}.`;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return `expected a port from 1 to 65535, and a path such as 8080/health.`;
  if (port === agentPort) return `which is the port of the sandbox's own agent; ${expected}.`;
  if (!/^[\x21-\x7e]*$/.test(path) || path.includes('#'))
    return `whose path has a space, a # or a character that addresses must encode; ${expected}.`;
  return { port, path: path === '' ? '/' : path };
}
