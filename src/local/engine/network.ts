import { randomBytes } from 'node:crypto';
import { getServers } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { type EngineClient, EngineError } from './client.ts';
import { LABEL, labelFilter, RUN_LABEL } from './labels.ts';

/** A bridge network of our own, made when the first build needs it. Its containers do not reach one another. */
export class BridgeNetwork {
  readonly #client: EngineClient;
  readonly #runId: string;
  #made: Promise<string> | undefined;

  constructor(client: EngineClient, runId: string) {
    this.#client = client;
    this.#runId = runId;
  }

  /** Its name. */
  name(): Promise<string> {
    this.#made ??= this.#make();
    return this.#made;
  }

  /**
   * The addresses of this machine that a build must not reach: a host's services often listen on all of them, and at the
   * service there is no such host. Those that answer names stay.
   */
  async hostAddresses(): Promise<string[]> {
    const { IPAM } = await this.#client.json<Inspected>('GET', `/networks/${await this.name()}`);
    const gateways = (IPAM?.Config ?? []).flatMap(
      ({ Gateway = '' }) => /^[\d.]+(?=$|\/)/.exec(Gateway) ?? [],
    );
    if (!this.#client.isOnThisMachine) return gateways;
    const servers = new Set(getServers());
    const found = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    const own = found
      .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !servers.has(address))
      .map(({ address }) => address);
    return [...new Set([...gateways, ...own])];
  }

  async close(): Promise<void> {
    const name = await this.#made?.catch(() => undefined);
    if (name === undefined) return;
    await this.#client.text('DELETE', `/networks/${name}`).catch((error: unknown) => {
      // The engine removes what kills left in the background; the next run sweeps.
      if (!(error instanceof EngineError)) throw error;
    });
  }

  async #make(): Promise<string> {
    const name = `template-service-${randomBytes(6).toString('hex')}`;
    await this.#client.json('POST', '/networks/create', {
      json: {
        Name: name,
        Driver: 'bridge',
        EnableIPv6: false,
        Labels: { [LABEL]: 'network', [RUN_LABEL]: this.#runId },
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      },
    });
    return name;
  }
}

interface Inspected {
  readonly IPAM?: { readonly Config?: readonly { readonly Gateway?: string }[] | null };
}

/** Containers of ours that are older than this belong to no build: the service ends one after an hour. */
const STALE_MS = 2 * 3_600_000;
/** What is not used yet may belong to a run that is about to: a network, or a container that never started. */
const UNUSED_MS = 600_000;

/** Removes what killed runs left behind. */
export async function sweep(client: EngineClient): Promise<void> {
  const now = Date.now();
  for (const part of ['build', 'guard'] as const) {
    const found = await client.json<{ Id: string; Created: number; State?: string }[]>(
      'GET',
      '/containers/json',
      {
        query: { all: true, filters: labelFilter(part) },
      },
    );
    for (const { Id, Created, State } of found) {
      if (now - Created * 1000 < (State === 'created' ? UNUSED_MS : STALE_MS)) continue;
      await client
        .text('DELETE', `/containers/${Id}`, { query: { force: true, v: true } })
        .catch(() => undefined);
    }
  }
  const networks = await client.json<{ Id: string; Created: string }[]>('GET', '/networks', {
    query: { filters: labelFilter('network') },
  });
  for (const { Id, Created } of networks) {
    // The engine refuses while a container uses it.
    if (now - Date.parse(Created) < UNUSED_MS) continue;
    await client.text('DELETE', `/networks/${Id}`).catch(() => undefined);
  }
}
