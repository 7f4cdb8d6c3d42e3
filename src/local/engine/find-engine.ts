import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRecord, parseJson } from '../../json.ts';
import type { Result } from '../../result.ts';
import { type EngineAddress, EngineClient } from './client.ts';

/** A container engine that answers and runs Linux containers for amd64. */
export interface FoundEngine {
  readonly client: EngineClient;
  /** `docker 20.10.24` or `podman 4.3.1`, for people. */
  readonly name: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ANSWER_MS = 5000;

/**
 * Looks for an engine where docker's own command looks: `DOCKER_HOST`, the context in use, then the usual sockets, also of
 * Docker Desktop, rootless docker and podman. The first that answers counts. What is named by `DOCKER_HOST` or a context
 * is the only place.
 *
 * @param env variables of the process; `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_CONFIG`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`, `XDG_RUNTIME_DIR` and `HOME` are read
 */
export async function findEngine(env: Environment): Promise<Result<FoundEngine>> {
  const named = namedPlace(env);
  if (named && !named.ok) return named;
  const places = named ? [named.value] : usualSockets(env).filter(({ socketPath }) => existsSync(socketPath));
  if (places.length === 0) {
    return no(
      'no container engine was found: there is no socket of docker or podman, and DOCKER_HOST is not set',
    );
  }
  let reason = '';
  for (const place of places) {
    const found = await ask(place);
    if (found.ok) return found;
    reason ||= found.reason;
  }
  return no(reason);
}

async function ask(place: EngineAddress): Promise<Result<FoundEngine>> {
  const client = new EngineClient(place);
  const where = 'socketPath' in place ? place.socketPath : `${place.host}:${place.port}`;
  try {
    const version = await client.negotiate(AbortSignal.timeout(ANSWER_MS));
    const { Os = 'linux', Arch = 'amd64' } = version;
    if (Os !== 'linux' || !/^(?:amd64|x86_64)$/.test(Arch)) {
      client.close();
      return no(`the container engine at ${where} runs ${Os}/${Arch}, and templates are linux/amd64`);
    }
    const isPodman = version.Components?.some(({ Name = '' }) => /podman/i.test(Name));
    const number = (version.Version ?? '').replace(/\+.*$/, '');
    return { ok: true, value: { client, name: `${isPodman ? 'podman' : 'docker'} ${number}`.trim() } };
  } catch (error) {
    client.close();
    return no(`the container engine at ${where} does not answer: ${(error as Error).message}`);
  }
}

function namedPlace(env: Environment): Result<EngineAddress> | undefined {
  const certificates = env['DOCKER_CERT_PATH'];
  if (env['DOCKER_HOST']) {
    const verify = Boolean(env['DOCKER_TLS_VERIFY']);
    const folder = certificates || join(env['HOME'] ?? homedir(), '.docker');
    return readAddress(env['DOCKER_HOST'], verify ? folder : undefined);
  }
  const folder = env['DOCKER_CONFIG'] || join(env['HOME'] ?? homedir(), '.docker');
  const name = env['DOCKER_CONTEXT'] || textAt(readJson(join(folder, 'config.json')), 'currentContext');
  if (!name || name === 'default') return undefined;
  // https://github.com/docker/cli/blob/master/cli/context/store/doc.go
  const id = createHash('sha256').update(name).digest('hex');
  const meta = readJson(join(folder, 'contexts', 'meta', id, 'meta.json'));
  const endpoints = isRecord(meta) && isRecord(meta['Endpoints']) ? meta['Endpoints'] : {};
  const host = textAt(endpoints['docker'], 'Host');
  if (!host) return no(`the docker context ${JSON.stringify(name)} names no engine; check docker context ls`);
  const tls = join(folder, 'contexts', 'tls', id, 'docker');
  return readAddress(host, existsSync(tls) ? tls : undefined);
}

function readAddress(text: string, certificates: string | undefined): Result<EngineAddress> {
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(text)?.[1];
  if (socket) return { ok: true, value: { socketPath: text.startsWith('npipe') ? pipe(socket) : socket } };
  const url = /^(?:tcp|https?):\/\//.test(text) && URL.parse(text.replace(/^tcp/, 'http'));
  if (!url) {
    return no(
      `the address of the container engine is ${JSON.stringify(text)}; it must begin with unix://, tcp:// or npipe://`,
    );
  }
  const tls = certificates !== undefined || url.protocol === 'https:';
  const file = (name: string) => {
    const path = join(certificates ?? '', name);
    return certificates !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const [ca, cert, key] = [file('ca.pem'), file('cert.pem'), file('key.pem')];
  const value = {
    host: url.hostname,
    port: Number(url.port) || (tls ? 2376 : 2375),
    ...(tls && { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }),
  };
  return { ok: true, value };
}

function pipe(path: string): string {
  return path.replaceAll('/', '\\');
}

function usualSockets(env: Environment): { readonly socketPath: string }[] {
  const home = env['HOME'] ?? homedir();
  const runtime = env['XDG_RUNTIME_DIR'];
  const paths = [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker', 'run', 'docker.sock'),
    join(home, '.docker', 'desktop', 'docker.sock'),
    '//./pipe/docker_engine',
    ...(runtime ? [join(runtime, 'podman', 'podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
  return paths.map((path) => ({ socketPath: path.startsWith('//./') ? pipe(path) : path }));
}

function readJson(path: string): unknown {
  try {
    return parseJson(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function textAt(value: unknown, name: string): string | undefined {
  const found = isRecord(value) ? value[name] : undefined;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
