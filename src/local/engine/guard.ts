import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { EngineClient } from './client.ts';
import { Container } from './container.ts';
import { FrameReader, LineReader } from './frames.ts';
import { BUILD_LABEL, LABEL, RUN_LABEL } from './labels.ts';

/**
 * Sets a route that leads nowhere for each address, then waits for the end of its input. `ip` is missing in many images,
 * perl in none that has apt: its call is SIOCADDRT with RTF_UP and RTF_REJECT (`man 7 ip`, `linux/route.h`).
 */
const SCRIPT = `
block() {
  ip route add unreachable "$1" 2>/dev/null && return
  perl -e '
    my ($address, $bits) = split "/", $ARGV[0];
    my $mask = pack "N", $bits ? (0xffffffff << (32 - $bits)) & 0xffffffff : 0;
    socket(my $s, 2, 2, 0) or exit 1;
    ioctl($s, 0x890B, pack("Q Sna4x8 Sna4x8 Sna4x8 S x62", 0, 2, 0, pack("C4", split /\\./, $address),
      2, 0, "\\0\\0\\0\\0", 2, 0, $mask, 0x201)) or exit 1' "$1" 2>/dev/null && return
  failed="$failed $1"
}
for address in $BLOCKED; do block "$address"; done
for address in $BLOCKED6; do ip -6 route add unreachable "$address" 2>/dev/null; done
echo "guard:$failed"
while read -r _; do :; done
`;

const HOSTNAME = 'template';

/** The address of a cloud's metadata service, also over IPv6. */
const METADATA = '169.254.0.0/16';
const METADATA6 = 'fd00:ec2::254/128';

export interface GuardOptions {
  readonly runId: string;
  readonly buildId: string;
  /** Of the base; its own programs set the routes. */
  readonly image: string;
  /** Name of the bridge network, or `none`. */
  readonly network: string;
  /** IPv4 addresses of the host that stay out of reach, beside its loopback interface. */
  readonly hostAddresses: readonly string[];
}

/**
 * A container that owns network and processes of a build. Its main process waits for the end of the connection to this
 * process: whatever ends this one, the kernel ends all processes of the build then, and the engine removes both. The
 * build has fewer capabilities and can neither change its routes nor reach into it.
 */
export class Guard {
  readonly container: Container;
  /** Addresses that could not be blocked. */
  readonly open: readonly string[];
  readonly #lifeline: Duplex;

  private constructor(container: Container, lifeline: Duplex, open: readonly string[]) {
    this.container = container;
    this.#lifeline = lifeline;
    this.open = open;
  }

  /** @throws EngineError when it cannot start, as in an image without bash */
  static async start(client: EngineClient, options: GuardOptions, signal: AbortSignal): Promise<Guard> {
    const isolated = options.network === 'none';
    const blocked = isolated ? [] : [METADATA, ...options.hostAddresses.map((address) => `${address}/32`)];
    const { Id } = await client.json<{ Id: string }>('POST', '/containers/create', {
      json: {
        Image: options.image,
        User: '0:0',
        WorkingDir: '/',
        Entrypoint: ['/bin/bash', '--norc', '--noprofile', '-c', 'eval "$SETUP"'],
        Cmd: [],
        Env: [
          `SETUP=${SCRIPT}`,
          `BLOCKED=${blocked.join(' ')}`,
          `BLOCKED6=${isolated ? '' : METADATA6}`,
          'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
        ],
        Labels: { [LABEL]: 'guard', [BUILD_LABEL]: options.buildId, [RUN_LABEL]: options.runId },
        Hostname: HOSTNAME,
        Healthcheck: { Test: ['NONE'] },
        OpenStdin: true,
        StdinOnce: true,
        AttachStdin: true,
        HostConfig: {
          AutoRemove: true,
          NetworkMode: options.network,
          // Without a network nothing else says it, and sudo asks for it.
          ExtraHosts: [`${HOSTNAME}:127.0.0.1`],
          CapDrop: ['ALL'],
          CapAdd: ['NET_ADMIN'],
          Memory: 64 * 2 ** 20,
          PidsLimit: 64,
          LogConfig: { Type: 'none' },
        },
      },
    });
    const container = new Container(client, Id);
    try {
      const query = { stream: true, stdin: true, stdout: true };
      const lifeline = await client.hijack(`/containers/${Id}/attach`, { query });
      lifeline.on('error', () => undefined);
      const said = firstLine(lifeline, signal);
      said.catch(() => undefined);
      signal.throwIfAborted();
      await client.text('POST', `/containers/${Id}/start`);
      const failed = (await said).replace(/^guard:/, '').trim();
      return new Guard(container, lifeline, failed === '' ? [] : failed.split(/\s+/));
    } catch (error) {
      await container.remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#lifeline.destroy();
    await this.container.remove();
  }
}

async function firstLine(lifeline: Duplex, signal: AbortSignal): Promise<string> {
  const found = Promise.withResolvers<string>();
  const lines = new LineReader((_stream, line) => found.resolve(line));
  const frames = new FrameReader((stream, bytes) => lines.write(stream, bytes));
  lifeline.on('data', (chunk: Buffer) => frames.write(chunk));
  const ended = once(lifeline, 'close', { signal }).then(() => {
    throw new Error('the container that guards the network ended at once');
  });
  return Promise.race([found.promise, ended]);
}
