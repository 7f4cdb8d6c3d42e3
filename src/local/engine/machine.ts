import type { ExecutorBuild, Machine, MachineCommand, MachineProcess, PortAnswer } from '../executor.ts';
import type { Phase } from '../phases.ts';
import { phasesOf } from '../phases.ts';
import { type ReadyRules, startCommand, waitUntilReady } from './commands.ts';
import type { Container } from './container.ts';
import type { ByteSink } from './frames.ts';
import { Output } from './output.ts';
import { CONFIGURE } from './scripts.ts';
import type { Session } from './session.ts';
import { type RecipeState, rootScript, sandboxCommand } from './state.ts';
import type { StepContext } from './step-context.ts';

/** What a machine is made of. */
export interface MachineSource {
  readonly image: string;
  readonly state: RecipeState;
}

/** Prints what a port answers, or nothing. bash itself opens connections, so the image needs no other program. */
const ASK_PORT = `{ exec 3<>"/dev/tcp/127.0.0.1/$1" || exec 3<>"/dev/tcp/::1/$1"; } 2>/dev/null || exit 1
printf 'GET %s HTTP/1.0\\r\\nHost: localhost:%s\\r\\nConnection: close\\r\\n\\r\\n' "$2" "$1" >&3
IFS= read -r line <&3 && printf '%s\\n' "$line"`;
const ASK_LIMIT_MS = 30_000;

const MIB = 2 ** 20;
/** The disk of a template at the service. */
const DISK_BYTES = 20_480 * MIB;

/**
 * A finished template in a container, in the place of a sandbox. Its start command runs anew, since a container has no
 * snapshot of its memory.
 *
 * @throws Error when the start command ends or the ready command does not succeed
 */
export async function startEngineMachine(
  build: ExecutorBuild,
  source: MachineSource,
  session: Session,
  rules: ReadyRules,
): Promise<Machine> {
  const closed = new AbortController();
  const signal = closed.signal;
  try {
    const container = await session.begin(source.image, source.state.base, true);
    await container.run(rootScript(CONFIGURE), () => undefined, signal);
    const phases = phasesOf(build);
    const context = machineContext(build, container, source.state, session.hasNetwork, signal);
    const machine = new EngineMachine(build, container, source.state, session, closed);
    const phase = (at: Phase['at']) => phases.find((one) => one.at === at);
    const [start, ready] = [phase('start'), phase('ready')];
    const started = start && startCommand(start, context);
    if (start && started) machine.follow(start.text, started.ended);
    const reason = ready && (await waitUntilReady(ready, context, started, rules));
    if (reason !== undefined) throw new Error(reason);
    return machine;
  } catch (error) {
    await session.close();
    throw error;
  }
}

function machineContext(
  build: ExecutorBuild,
  container: Container,
  state: RecipeState,
  hasNetwork: boolean,
  signal: AbortSignal,
): StepContext {
  return { build, container, state, hasNetwork, signal, output: new Output(() => undefined) };
}

class EngineMachine implements Machine {
  readonly #build: ExecutorBuild;
  readonly #container: Container;
  readonly #state: RecipeState;
  readonly #session: Session;
  readonly #closed: AbortController;
  readonly #running = new Set<MachineProcess>();

  constructor(
    build: ExecutorBuild,
    container: Container,
    state: RecipeState,
    session: Session,
    closed: AbortController,
  ) {
    this.#build = build;
    this.#container = container;
    this.#state = state;
    this.#session = session;
    this.#closed = closed;
  }

  /** Lists the start command until it ends. */
  follow(startCmd: string, ended: Promise<unknown>): void {
    const process = { pid: 2, cmd: '/bin/bash', args: ['-l', '-c', startCmd] };
    this.#running.add(process);
    void ended.then(() => this.#running.delete(process));
  }

  async run(command: MachineCommand, onOutput: ByteSink, signal: AbortSignal): Promise<{ exitCode: number }> {
    const entry = { pid: 0, cmd: command.cmd, args: command.args };
    const program = sandboxCommand(this.#state, command);
    let head: Buffer | undefined = Buffer.alloc(0);
    const sink: ByteSink = (stream, bytes) => {
      if (head === undefined || stream === 'stderr') return onOutput(stream, bytes);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf('\n');
      if (end < 0) return;
      entry.pid = Number(head.subarray(0, end)) || 0;
      const rest = head.subarray(end + 1);
      head = undefined;
      if (rest.length > 0) onOutput(stream, rest);
    };
    const kill = () => {
      if (entry.pid > 1) void this.#kill(program.user, entry.pid);
    };
    signal.addEventListener('abort', kill, { once: true });
    this.#running.add(entry);
    try {
      const { exitCode, notStarted } = await this.#container.stream(program, sink, this.#closed.signal);
      if (notStarted !== undefined) throw new Error(notStarted);
      return { exitCode };
    } catch (error) {
      if (this.#closed.signal.aborted) return { exitCode: 137 };
      throw error;
    } finally {
      signal.removeEventListener('abort', kill);
      this.#running.delete(entry);
    }
  }

  processes(): Promise<readonly MachineProcess[]> {
    return Promise.resolve([...this.#running]);
  }

  /** The request is made inside, where a server may listen on 127.0.0.1 alone. */
  async ask(port: number, path: string): Promise<PortAnswer | undefined> {
    const chunks: Buffer[] = [];
    const args = ['-c', ASK_PORT, 'bash', String(port), path];
    const limit = AbortSignal.timeout(ASK_LIMIT_MS);
    await this.run(
      { cmd: '/bin/bash', args, envs: {} },
      (stream, bytes) => void (stream === 'stdout' && chunks.push(bytes)),
      limit,
    );
    const [, status] = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(Buffer.concat(chunks).toString('latin1')) ?? [];
    return status === undefined ? undefined : { status: Number(status), headers: {}, body: '' };
  }

  async metrics() {
    const { memory, cpuPct, files } = await this.#container.usage();
    return {
      ...{ cpuCount: this.#build.cpuCount, cpuUsedPct: Math.round(cpuPct * 10) / 10 },
      ...{ memTotal: this.#build.memoryMb * MIB, memUsed: memory },
      ...{ diskTotal: DISK_BYTES, diskUsed: files },
    };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#session.close();
  }

  /** The engine makes each program the leader of a group of its own. */
  async #kill(user: string, pid: number): Promise<void> {
    const script = rootScript('kill -KILL -- "-$1" || kill -KILL "$1"', [String(pid)]);
    await this.#container
      .run({ ...script, user }, () => undefined, this.#closed.signal)
      .catch(() => undefined);
  }
}
