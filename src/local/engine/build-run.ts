import type { ExecutorBuild, ExecutorResult, LogSink } from '../executor.ts';
import { failures } from '../failures.ts';
import { layerHeader } from '../log-format.ts';
import { type Phase, phasesOf } from '../phases.ts';
import { beginFromImage } from './base.ts';
import { type EngineClient, EngineError } from './client.ts';
import { type ReadyRules, type Started, startCommand, waitUntilReady } from './commands.ts';
import { type Container, ContainerGoneError } from './container.ts';
import type { LoginSource } from './image.ts';
import type { LayerCache } from './layers.ts';
import { localOnly } from './local-only.ts';
import type { BridgeNetwork } from './network.ts';
import { Output } from './output.ts';
import { CONFIGURE } from './scripts.ts';
import { Session } from './session.ts';
import { type RecipeState, rootScript } from './state.ts';
import type { StepContext } from './step-context.ts';
import { carryOut, makeDefaultUser } from './steps.ts';

/** The result of a build, from which another one may begin. */
export interface Finished {
  readonly image: string;
  readonly size: number;
  readonly state: RecipeState;
}

/** What builds of one executor share. */
export interface RunContext {
  /** The run of the executor. */
  readonly runId: string;
  readonly client: EngineClient;
  readonly network: BridgeNetwork | 'none';
  readonly layers: LayerCache;
  /** By ID of the build. */
  readonly finished: Map<string, Finished>;
  readonly cpus: number;
  readonly untrusted: boolean;
  /** Milliseconds of work after which its result is kept at once. */
  readonly keepAfterMs: number;
  readonly login: LoginSource;
  readonly ready: ReadyRules;
}

/** A commit writes all that its container has changed; from this time on the next one begins anew. */
const SLOW_COMMIT_MS = 500;

/** A build that the engine did not carry out to its end. */
export function engineFailed(error: Error): ExecutorResult {
  const message = localOnly('the build broke off', `the container engine failed: ${error.message}`);
  return { status: 'error', reason: { message } };
}

type Kept = { readonly image: string; readonly size: number };
type Failure = { readonly message: string; readonly step: string };

/** One build, from its base to its ready command. */
export class BuildRun {
  readonly #build: ExecutorBuild;
  readonly #context: RunContext;
  readonly #log: LogSink;
  readonly #signal: AbortSignal;
  readonly #output: Output;
  readonly #session: Session;
  #state: RecipeState | undefined;
  /** The image of the newest step that is kept, or the base. */
  #latest: Kept = { image: '', size: 0 };
  /** What the container was made of. */
  #below: Kept = { image: '', size: 0 };
  /** Key of the newest step, while its result is only in the container. */
  #unkept: string | undefined;
  #spentMs = 0;
  #started: Started | undefined;
  /** The step field of the phase that runs. */
  #place: string | undefined;

  constructor(build: ExecutorBuild, context: RunContext, log: LogSink, signal: AbortSignal) {
    this.#build = build;
    this.#context = context;
    this.#log = log;
    this.#signal = signal;
    this.#output = new Output(log);
    this.#session = new Session({
      runId: context.runId,
      build,
      client: context.client,
      network: context.network,
      untrusted: context.untrusted,
      cpus: context.cpus,
      signal,
      warn: (message) => log({ level: 'warn', message }),
    });
  }

  async perform(): Promise<ExecutorResult> {
    const phases = phasesOf(this.#build);
    const cached = await this.#useCache(phases);
    for (const [index, phase] of phases.entries()) {
      const isCached = index <= cached || phase.cache === 'always';
      if (phase.header) {
        const message = layerHeader(phase.header.prefix, phase.text, phase.header.key, isCached);
        this.#log({ level: 'info', message, step: phase.id });
      }
      this.#place = phase.id;
      const failure =
        isCached && phase.cache !== 'always' ? undefined : await this.#phase(phase, index < cached);
      this.#signal.throwIfAborted();
      if (failure) return { status: 'error', reason: failure };
    }
    return { status: 'ready' };
  }

  /** Why the build ended with an exception: the recipe has ended its own container, or the engine has failed. */
  brokeOff(error: Error): ExecutorResult {
    const isGone = error instanceof EngineError && (error.status === 404 || error.status === 409);
    if (!isGone && !(error instanceof ContainerGoneError)) return engineFailed(error);
    const message =
      'the container of the build has ended: a command has ended all of its processes, or memory ran out';
    return { status: 'error', reason: { message, ...(this.#place !== undefined && { step: this.#place }) } };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** Finds the newest layer that is kept; returns the index of its phase, or -1. */
  async #useCache(phases: readonly Phase[]): Promise<number> {
    const first = phases.findIndex(({ cache }) => cache === 'force');
    const usable = first < 0 ? phases : phases.slice(0, first);
    const layered = [...usable.entries()].filter(([, { cache, header }]) => cache === 'by-key' && header);
    const keys = layered.map(([, { header }]) => header?.key ?? '');
    const found = await this.#context.layers.newestOf(keys);
    if (!found) return -1;
    this.#state = found.layer.state;
    this.#latest = { image: found.layer.image, size: found.layer.size };
    return layered[found.index]?.[0] ?? -1;
  }

  async #phase(phase: Phase, isBelowCached: boolean): Promise<Failure | undefined> {
    const fail = (message: string): Failure => ({ message, step: phase.id });
    const begun = Date.now();
    switch (phase.at) {
      case 'base': {
        if (phase.cache === 'always') return isBelowCached ? undefined : this.#beginFromParent(fail);
        const { template } = this.#build;
        const { client, login } = this.#context;
        const shared = { client, login, session: this.#session, output: this.#output, signal: this.#signal };
        const base = await beginFromImage(phase, template, shared);
        if (!base.ok) return fail(base.reason);
        this.#state = base.state;
        this.#latest = { image: base.image.id, size: base.image.size };
        this.#below = this.#latest;
        break;
      }
      case 'finalize':
        return this.#finalize(phase, fail);
      case 'start': {
        this.#output.note(phase, `Running start command: ${phase.text}`);
        this.#started = startCommand(phase, await this.#steps());
        return undefined;
      }
      case 'ready':
        return this.#waitUntilReady(phase, fail);
      case 'optimize':
        return undefined;
      default: {
        const context = await this.#steps();
        const result = await (phase.at === 'user'
          ? makeDefaultUser(phase, context)
          : carryOut(phase, context));
        if (!result.ok) return fail(result.reason);
        this.#state = result.state;
        break;
      }
    }
    this.#unkept = phase.header?.key;
    this.#spentMs += Date.now() - begun;
    if (this.#spentMs >= this.#context.keepAfterMs) await this.#keep(true);
    return undefined;
  }

  /** Begins with the result of the parent, as the service left it. */
  async #beginFromParent(fail: (message: string) => Failure): Promise<Failure | undefined> {
    const { parent, template } = this.#build;
    const found = parent && this.#context.finished.get(parent.buildId);
    if (!found) return fail(failures.baseTemplateNotFound(template.fromTemplate ?? ''));
    this.#state = found.state;
    this.#latest = found;
    if (template.steps.length === 0) return undefined;
    return this.#configure({ id: 'base', label: 'base', level: 'debug' }, fail);
  }

  async #configure(
    phase: Pick<Phase, 'id' | 'label' | 'level'>,
    fail: (message: string) => Failure,
  ): Promise<Failure | undefined> {
    const { container, signal, output } = await this.#steps();
    const { sink } = output.of({ ...phase, at: 'finalize', text: '', cache: 'never' }, signal);
    const { exitCode } = await container.run(rootScript(CONFIGURE), sink, signal);
    return exitCode === 0 ? undefined : fail(failures.configurationFailed(exitCode));
  }

  async #finalize(phase: Phase, fail: (message: string) => Failure): Promise<Failure | undefined> {
    await this.#keep(false);
    const state = this.#known();
    this.#context.finished.set(this.#build.buildId, { ...this.#latest, state });
    const { startCmd, readyCmd } = this.#build;
    if (startCmd === undefined && readyCmd === undefined) return undefined;
    await this.#begin(true);
    return this.#configure(phase, fail);
  }

  async #waitUntilReady(phase: Phase, fail: (message: string) => Failure): Promise<Failure | undefined> {
    this.#output.note(phase, `Waiting for template to be ready: ${phase.text}`);
    const context = await this.#steps();
    const reason = await waitUntilReady(phase, context, this.#started, this.#context.ready);
    this.#started?.leave();
    // The service prints it when the start command has died, too.
    if (reason === undefined || /^start command failed/.test(reason))
      this.#output.note(phase, 'Template is ready');
    return reason === undefined ? undefined : fail(reason);
  }

  /** Keeps what the container holds as the layer of the newest step. */
  async #keep(goesOn: boolean): Promise<void> {
    const { container } = this.#session;
    const key = this.#unkept;
    if (!container || key === undefined) return;
    const begun = Date.now();
    const image = await this.#context.layers.keep(container, key, this.#known(), this.#below.size);
    const { Size = 0 } = await this.#context.client.json<{ Size?: number }>('GET', `/images/${image}/json`);
    this.#latest = { image, size: Size };
    this.#unkept = undefined;
    this.#spentMs = 0;
    if (goesOn && Date.now() - begun > SLOW_COMMIT_MS) await this.#session.end();
  }

  /** What a step needs, in the container of the build, which is started when the first one asks. */
  async #steps(): Promise<StepContext> {
    const state = this.#known();
    const container = this.#session.container ?? (await this.#begin(false));
    return {
      build: this.#build,
      container,
      state,
      output: this.#output,
      hasNetwork: this.#session.hasNetwork,
      signal: this.#signal,
    };
  }

  #begin(isFinal: boolean): Promise<Container> {
    this.#below = this.#latest;
    return this.#session.begin(this.#latest.image, this.#known().base, isFinal);
  }

  #known(): RecipeState {
    if (!this.#state) throw new Error('a step came before its base');
    return this.#state;
  }
}
