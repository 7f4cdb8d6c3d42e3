import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EngineClient, EngineError } from './client.ts';
import { type ByteSink, FrameReader, LineReader, type LineSink } from './frames.ts';

/** A command inside a container. */
export interface Command {
  readonly argv: readonly string[];
  readonly user: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it reads; nothing when left out. */
  readonly stdin?: Readable;
}

export interface CommandEnd {
  /** 128 + the signal for a command that a signal ended. */
  readonly exitCode: number;
  /** Why the engine could not start it: no such user, folder or program. */
  readonly notStarted?: string;
}

/** Milliseconds that output may come in after the end of its container. */
const AFTER_END_MS = 2000;

/** How an engine says in the output of a command that it did not start it. */
const cannotStart = /^(?:OCI runtime exec failed|unable to find user|unable to find group|Error: )/;

/** A container ended before its build. */
export class ContainerGoneError extends Error {
  override readonly name = 'ContainerGoneError';

  constructor() {
    super('the container of the build is gone');
  }
}

/** A running container. Its commands share files and processes. */
export class Container {
  readonly id: string;
  readonly #client: EngineClient;
  /** Settles when its main process has ended. */
  #ended: Promise<unknown> = new Promise(() => undefined);

  constructor(client: EngineClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  /**
   * Makes and starts a container.
   *
   * @throws EngineError when the image is missing, or its first program
   */
  static async start(client: EngineClient, config: unknown, signal: AbortSignal): Promise<Container> {
    // A request that is given up may have been carried out all the same, so these are not.
    const { Id } = await client.json<{ Id: string }>('POST', '/containers/create', { json: config });
    const container = new Container(client, Id);
    try {
      signal.throwIfAborted();
      await client.text('POST', `/containers/${Id}/start`);
      container.#ended = client.text('POST', `/containers/${Id}/wait`).catch(() => undefined);
      return container;
    } catch (error) {
      await container.remove();
      throw error;
    }
  }

  /** Runs a command to its end, and hands on each line as it comes. Rejects when the signal fires. */
  async run(command: Command, sink: LineSink, signal: AbortSignal): Promise<CommandEnd> {
    const lines = new LineReader(sink);
    const end = await this.stream(command, (stream, bytes) => lines.write(stream, bytes), signal);
    lines.end();
    return end;
  }

  /** As `run`, with output in the pieces in which it comes. */
  async stream(command: Command, sink: ByteSink, signal: AbortSignal): Promise<CommandEnd> {
    const { Id } = await this.#client.json<{ Id: string }>('POST', `/containers/${this.id}/exec`, {
      json: {
        Cmd: command.argv,
        User: command.user,
        WorkingDir: command.workdir,
        Env: Object.entries(command.env).map(([name, value]) => `${name}=${value}`),
        AttachStdin: command.stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
      },
      signal,
    });
    // Only what comes first, and alone, can be the engine's own words.
    let held: Buffer | undefined;
    let isFirst = true;
    const frames = new FrameReader((stream, bytes) => {
      if (isFirst && cannotStart.test(bytes.subarray(0, 80).toString())) held = bytes;
      else {
        if (held) sink('stdout', held);
        held = undefined;
        sink(stream, bytes);
      }
      isFirst = false;
    });
    const over = new AbortController();
    try {
      // The output of a command does not always end with its container.
      const gone = this.#ended.then(() => sleep(AFTER_END_MS, undefined, { signal: over.signal }));
      const followed = this.#follow(Id, command.stdin, frames, AbortSignal.any([signal, over.signal]));
      const first = await Promise.race([followed.then(() => 'output'), gone.then(() => 'container')]);
      if (first === 'container') throw new ContainerGoneError();
    } catch (error) {
      const refused =
        error instanceof EngineError && error.status !== 409 && !/not running/.test(error.message);
      if (refused) return { exitCode: 126, notStarted: error.message };
      throw error;
    } finally {
      over.abort();
    }
    signal.throwIfAborted();
    const { ExitCode = 0, Pid = 0 } = await this.#client.json<{ ExitCode?: number; Pid?: number }>(
      'GET',
      `/exec/${Id}/json`,
      { signal },
    );
    if (held !== undefined) {
      if (Pid === 0 && ExitCode >= 125) return { exitCode: ExitCode, notStarted: held.toString().trim() };
      sink('stdout', held);
    }
    return { exitCode: ExitCode };
  }

  async #follow(
    exec: string,
    stdin: Readable | undefined,
    frames: FrameReader,
    signal: AbortSignal,
  ): Promise<void> {
    const request = { json: { Detach: false, Tty: false }, signal };
    if (stdin === undefined) {
      const response = await this.#client.stream('POST', `/exec/${exec}/start`, request);
      for await (const chunk of response) frames.write(chunk as Buffer);
      return;
    }
    const socket = await this.#client.hijack(`/exec/${exec}/start`, request);
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      socket.on('data', (chunk: Buffer) => frames.write(chunk));
      const ended = once(socket, 'close');
      // A command that ends without reading everything breaks the pipe; its exit code says what happened.
      await pipeline(stdin, socket, { end: true }).catch(() => undefined);
      await ended;
    } finally {
      signal.removeEventListener('abort', stop);
      socket.destroy();
    }
  }

  /** Keeps its files as an image; returns the image's ID. */
  async commit(
    image: { readonly repo: string; readonly tag: string },
    labels: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { Id } = await this.#client.json<{ Id: string }>('POST', '/commit', {
      query: { container: this.id, ...image, pause: false },
      json: { Labels: labels },
    });
    return Id;
  }

  /** Memory in use, bytes and percentage of CPUs, as the engine measures them over a second; bytes of its files. */
  async usage(): Promise<{ readonly memory: number; readonly cpuPct: number; readonly files: number }> {
    const [stats, { SizeRootFs = 0 }] = await Promise.all([
      this.#client.json<Stats>('GET', `/containers/${this.id}/stats`, { query: { stream: false } }),
      this.#client.json<{ SizeRootFs?: number }>('GET', `/containers/${this.id}/json`, {
        query: { size: true },
      }),
    ]);
    const { cpu_stats: now, precpu_stats: before, memory_stats: memory } = stats;
    const spent = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
    const passed = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
    const cpuPct = passed > 0 ? (100 * spent * (now?.online_cpus ?? 1)) / passed : 0;
    return { memory: memory?.usage ?? 0, cpuPct, files: SizeRootFs };
  }

  async isRunning(): Promise<boolean> {
    const found = await this.#client
      .json<{ State?: { Running?: boolean } }>('GET', `/containers/${this.id}/json`)
      .catch(() => undefined);
    return found?.State?.Running === true;
  }

  /** Ends everything in it. One that is gone already is fine. */
  async remove(): Promise<void> {
    try {
      await this.#client.text('DELETE', `/containers/${this.id}`, { query: { force: true, v: true } });
    } catch (error) {
      if (!(error instanceof EngineError) || (error.status !== 404 && error.status !== 409)) throw error;
    }
  }
}

interface CpuStats {
  readonly cpu_usage?: { readonly total_usage?: number };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

interface Stats {
  readonly cpu_stats?: CpuStats;
  readonly precpu_stats?: CpuStats;
  readonly memory_stats?: { readonly usage?: number };
}
