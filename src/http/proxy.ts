import { BlockList, isIP } from 'node:net';
import { Agent, Dispatcher, ProxyAgent } from 'undici';

// A bundle gives out the names of a CommonJS module only this way.
export { fetch, request } from 'undici';

/**
 * Connections that honor `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in lower case too, as curl does. Node itself honors
 * `NODE_EXTRA_CA_CERTS`. undici's own agent for this warns on stderr that it is experimental, and does not apply
 * `NO_PROXY=example.com` to subdomains.
 *
 * A request fails with the code `ERR_PROXY_ADDRESS` where the variable has no address of a proxy.
 */
export function proxyAwareDispatcher(env: NodeJS.ProcessEnv): Dispatcher {
  const direct = new Agent();
  const bypassed = noProxyRules(env['no_proxy'] || env['NO_PROXY'] || '');
  return new ProxyChoice(direct, (origin) =>
    bypassed(origin) ? undefined : proxyOf(env, origin.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'),
  );
}

/** Sends each request through the proxy that `choose` names for its origin, or directly. */
class ProxyChoice extends Dispatcher {
  readonly #direct: Dispatcher;
  readonly #choose: (origin: URL) => URL | undefined;
  readonly #proxies = new Map<string, ProxyAgent>();

  constructor(direct: Dispatcher, choose: (origin: URL) => URL | undefined) {
    super();
    this.#direct = direct;
    this.#choose = choose;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandlers): boolean {
    const proxy = this.#choose(new URL(String(options.origin)));
    return (proxy ? this.#agent(proxy) : this.#direct).dispatch(options, handler);
  }

  override close(callback?: () => void): Promise<void> {
    return this.#end((agent) => agent.close(), callback);
  }

  override destroy(): Promise<void> {
    return this.#end((agent) => agent.destroy());
  }

  #agent(proxy: URL): ProxyAgent {
    const agent = this.#proxies.get(proxy.href) ?? new ProxyAgent({ uri: proxy.href, ...basicAuth(proxy) });
    this.#proxies.set(proxy.href, agent);
    return agent;
  }

  async #end(end: (agent: Dispatcher) => Promise<void>, callback?: () => void): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map(end));
    callback?.();
  }
}

/** The credentials of an address, as curl sends them: a missing password is an empty one. */
function basicAuth({ username, password }: URL): { token: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { token: `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}` };
}

/** A `%` that begins no escape is a plain character. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function proxyOf(env: NodeJS.ProcessEnv, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): URL | undefined {
  const value = (env[name.toLowerCase()] || env[name] || '').trim();
  if (value === '') return undefined;
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    // The value may hold a password.
    const message = `${name} does not hold the address of a proxy; expected something like http://proxy.example.com:3128`;
    throw Object.assign(new Error(message), { code: 'ERR_PROXY_ADDRESS' });
  }
  return new URL(address);
}

/**
 * The rules of `NO_PROXY`, as curl and Go read them. Commas or spaces separate the entries. Each is a host, which
 * includes its subdomains (with or without `.` or `*.` in front), an address, a network such as `10.0.0.0/8` or
 * `fd00::/8`, or `*` for everything. A `:port` limits an entry to that port. Other entries match nothing.
 */
export function noProxyRules(value: string): (origin: URL) => boolean {
  const rules = value
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(noProxyRule);
  return ({ hostname, port, protocol }) => {
    const host = withoutDot(hostname.toLowerCase().replace(/^\[|\]$/g, ''));
    const actualPort = port || (protocol === 'https:' ? '443' : '80');
    return rules.some((rule) => (rule.port === undefined || rule.port === actualPort) && rule.matches(host));
  };
}

interface NoProxyRule {
  readonly port: string | undefined;
  /** @param host - in lower case, an IPv6 address without brackets */
  readonly matches: (host: string) => boolean;
}

function noProxyRule(entry: string): NoProxyRule {
  // The colons of an IPv6 address do not start a port.
  const [, rest = entry, port] = isIP(entry) ? [] : (/^(\[.*|[^:]*|.*\/\d+):(\d+)$/.exec(entry) ?? []);
  const [, address = '', bits] = /^\[?([^\]/]*)\]?(?:\/(\d{1,3}))?\]?$/.exec(rest) ?? [];
  if (rest === '*') return { port, matches: () => true };
  if (isIP(address)) return { port, matches: network(address, bits) };
  const name = withoutDot(rest.replace(/^\*?\./, ''));
  return { port, matches: (host) => !isIP(host) && (host === name || host.endsWith(`.${name}`)) };
}

/** Addresses are compared as numbers: each can be written in several ways. */
function network(address: string, bits: string | undefined): (host: string) => boolean {
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4');
  const longest = isIP(address) === 6 ? 128 : 32;
  const length = bits === undefined ? longest : Number(bits);
  if (length > longest) return () => false;
  const list = new BlockList();
  list.addSubnet(address, length, family(address));
  // In the list, ::/0 includes addresses of IPv4 too; for curl and Go it does not. `::ffff:10.0.0.1` is in 10.0.0.0/8.
  return (host) => {
    const version = isIP(host);
    return version !== 0 && !(version === 4 && isIP(address) === 6) && list.check(host, family(host));
  };
}

/** `example.com.` and `example.com` are one host. */
function withoutDot(host: string): string {
  return host.replace(/\.$/, '');
}
