import type { ExecutorBuild } from '../executor.ts';
import { type EngineClient, EngineError } from './client.ts';
import { Container } from './container.ts';
import { Guard } from './guard.ts';
import { containerConfig } from './limits.ts';
import type { BridgeNetwork } from './network.ts';

export interface SessionOptions {
  /** The run of the executor. */
  readonly runId: string;
  readonly build: ExecutorBuild;
  readonly client: EngineClient;
  /** The network; `none` for a build without one. */
  readonly network: BridgeNetwork | 'none';
  /** Whether the recipe is of somebody who may not use this machine's own network. */
  readonly untrusted: boolean;
  readonly cpus: number;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
}

/** The containers of one build: a guard, and one at a time in which steps run. Nothing is started before it is used. */
export class Session {
  readonly #options: SessionOptions;
  #guard: Guard | undefined;
  #container: Container | undefined;
  #hasNetwork: boolean;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#hasNetwork = options.network !== 'none';
  }

  get hasNetwork(): boolean {
    return this.#hasNetwork;
  }

  get container(): Container | undefined {
    return this.#container;
  }

  /**
   * Puts a new container of the image in the place of the last one.
   *
   * @param base image whose programs set the routes
   */
  async begin(image: string, base: string, isFinal = false): Promise<Container> {
    const { runId, build, client, cpus, signal } = this.#options;
    await this.end();
    this.#guard ??= await this.#startGuard(base).catch((error: unknown) => {
      // The engine may have forgotten the base since.
      if (image !== base && error instanceof EngineError && error.status === 404)
        return this.#startGuard(image);
      throw error;
    });
    const place = { runId, image, guard: this.#guard.container.id, cpus, isFinal };
    this.#container = await Container.start(client, containerConfig(build, place), signal);
    return this.#container;
  }

  /** Ends the container, and all that runs in it. */
  async end(): Promise<void> {
    const container = this.#container;
    this.#container = undefined;
    await container?.remove();
  }

  async close(): Promise<void> {
    const guard = this.#guard;
    this.#guard = undefined;
    // The end of the guard's processes is that of the others.
    await Promise.all([guard?.close(), this.end()]);
  }

  async #startGuard(image: string): Promise<Guard> {
    const { client, network, untrusted, signal, warn } = this.#options;
    const ids = { runId: this.#options.runId, buildId: this.#options.build.buildId };
    if (network === 'none') return Guard.start(client, { ...ids, image, network, hostAddresses: [] }, signal);
    const name = await network.name();
    const hostAddresses = await network.hostAddresses();
    const guard = await Guard.start(client, { ...ids, image, network: name, hostAddresses }, signal);
    if (guard.open.length === 0) return guard;
    const addresses = guard.open.join(', ');
    if (!untrusted) {
      warn(`These addresses of this machine's network could not be blocked for the build: ${addresses}.`);
      return guard;
    }
    warn(
      `This build has no network: ${addresses} could not be blocked for it, as the image lacks ip and perl.`,
    );
    await guard.close();
    this.#hasNetwork = false;
    return Guard.start(client, { ...ids, image, network: 'none', hostAddresses: [] }, signal);
  }
}
