import { randomBytes } from 'node:crypto';
import type { Build } from './build.ts';
import type { BuildRunner } from './build-runner.ts';
import type { Machine } from './executor.ts';
import { ApiError } from './http.ts';

/** A running sandbox. */
export interface LocalSandbox {
  readonly id: string;
  /** What its commands must carry. */
  readonly token: string;
  readonly build: Build;
  readonly machine: Machine;
  /** What its creator gave it, and finds it by. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endsAt: number;
}

/** The sandboxes that run. Each ends with its time limit, when it is killed, or with the service. */
export class SandboxStore {
  readonly #runner: BuildRunner;
  readonly #running = new Map<string, LocalSandbox & { readonly timer: NodeJS.Timeout }>();

  constructor(runner: BuildRunner) {
    this.#runner = runner;
  }

  running(): readonly LocalSandbox[] {
    return [...this.#running.values()];
  }

  get(id: string): LocalSandbox | undefined {
    return this.#running.get(id);
  }

  /**
   * Starts a sandbox from a ready build.
   *
   * @throws ApiError 500 when its machine cannot start, 501 where the service has no machines
   */
  async create(
    build: Build,
    timeoutMs: number,
    metadata: LocalSandbox['metadata'] = {},
  ): Promise<LocalSandbox> {
    const starting = this.#runner.startMachine(build);
    if (!starting) throw new ApiError(501, 'this embedded service has no sandboxes');
    const machine = await starting.catch((error: Error) => {
      throw new ApiError(500, `Failed to start sandbox: ${error.message}`);
    });
    const id = `i${randomBytes(10).toString('hex').slice(0, 19)}`;
    const startedAt = Date.now();
    const sandbox = {
      ...{ id, token: randomBytes(16).toString('hex'), build, machine, metadata },
      ...{ startedAt, endsAt: startedAt + timeoutMs },
    };
    const timer = setTimeout(() => void this.kill(id), timeoutMs).unref();
    this.#running.set(id, { ...sandbox, timer });
    return sandbox;
  }

  /** Whether there was such a sandbox. */
  async kill(id: string): Promise<boolean> {
    const found = this.#running.get(id);
    if (!found) return false;
    this.#running.delete(id);
    clearTimeout(found.timer);
    await found.machine.close();
    return true;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.kill(id)));
  }
}
