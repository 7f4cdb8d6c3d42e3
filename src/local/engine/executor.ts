import { randomUUID } from 'node:crypto';
import type { Executor, ExecutorBuild, ExecutorResult, LogSink } from '../executor.ts';
import { BuildRun, engineFailed, type Finished, type RunContext } from './build-run.ts';
import { READY_RULES, type ReadyRules } from './commands.ts';
import type { FoundEngine } from './find-engine.ts';
import { type LoginSource, writtenLogin } from './image.ts';
import { LayerCache } from './layers.ts';
import { startEngineMachine } from './machine.ts';
import { BridgeNetwork, sweep } from './network.ts';
import { Session } from './session.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export interface EngineOptions {
  readonly engine: FoundEngine;
  /** `none` builds without a network. Default `bridge`: the internet, but nothing of this machine. */
  readonly network?: 'bridge' | 'none';
  /**
   * Whether the recipe comes from somebody who has no right to this machine, as from a fork. Then a build whose network
   * cannot be kept from this machine's has none.
   */
  readonly untrusted?: boolean;
  /** Builds of another scope share no layers. Default: one for all. */
  readonly cacheScope?: string;
  /**
   * Steps that took longer than this together are kept at once, so that a failure after them does not cost them again.
   * Milliseconds; default 10 s. What is kept at the end has no limit.
   */
  readonly keepAfterMs?: number;
  /** Whether layers outlive the executor. Default true. */
  readonly keepLayers?: boolean;
  /** How long layers are kept, in milliseconds. Default a week. */
  readonly layerAgeMs?: number;
  /** The most bytes of layers that are kept. Default 10 GB. */
  readonly layerBytes?: number;
  /** Logs in to registries whose credentials must be exchanged first. */
  readonly login?: LoginSource;
  readonly ready?: ReadyRules;
}

const WEEK_MS = 7 * 24 * 3_600_000;
const COSTLY_MS = 10_000;
const TEN_GB = 10e9;
const BETWEEN_PRUNES_MS = 600_000;

/**
 * Builds recipes for real, in containers of this machine's engine. Its machines are containers too. It owns the engine's
 * client, and closes it.
 */
export function createEngineExecutor(options: EngineOptions): Executor {
  const { client, name } = options.engine;
  const { untrusted = false, ready = READY_RULES } = options;
  const runId = randomUUID();
  const network = options.network === 'none' ? 'none' : new BridgeNetwork(client, runId);
  const layers = new LayerCache(client, options.cacheScope ?? '');
  const finished = new Map<string, Finished>();
  let cpus: Promise<number> | undefined;
  let prunedAt = Date.now();
  const open = new Set<Promise<void>>();
  const inBackground = (work: Promise<void>) => {
    const settled: Promise<void> = work.catch(() => undefined).finally(() => open.delete(settled));
    open.add(settled);
  };
  let watchdog: Watchdog | undefined;

  const prune = async () => {
    prunedAt = Date.now();
    await layers.prune(options.layerAgeMs ?? WEEK_MS, options.layerBytes ?? TEN_GB);
  };
  const prepare = async (): Promise<number> => {
    watchdog = startWatchdog(client.address, runId);
    const { NCPU = 1 } = await client.json<{ NCPU?: number }>('GET', '/info');
    await sweep(client).catch(() => undefined);
    return NCPU;
  };
  const engineCpus = (): Promise<number> => {
    cpus ??= prepare().catch((error: unknown) => {
      cpus = undefined;
      throw error;
    });
    return cpus;
  };
  const shared = async (): Promise<RunContext> => ({
    ...{ runId, client, network, layers, finished, untrusted, ready },
    cpus: await engineCpus(),
    keepAfterMs: options.keepAfterMs ?? COSTLY_MS,
    login: options.login ?? writtenLogin,
  });
  const build = async (recipe: ExecutorBuild, log: LogSink, signal: AbortSignal): Promise<ExecutorResult> => {
    log({ level: 'info', message: engineNotice(name) });
    let context: RunContext;
    try {
      context = await shared();
    } catch (error) {
      return engineFailed(error as Error);
    }
    const run = new BuildRun(recipe, context, log, signal);
    let result: ExecutorResult | undefined;
    try {
      result = await run.perform();
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      return run.brokeOff(error as Error);
    } finally {
      const closing = run.close();
      // Nobody waits for the end of containers that have done their work.
      if (result?.status === 'ready') inBackground(closing);
      else await closing;
      if (Date.now() - prunedAt > BETWEEN_PRUNES_MS) inBackground(prune());
    }
  };

  return {
    name: 'engine',
    execute: build,
    async startMachine(recipe) {
      const source = finished.get(recipe.buildId);
      if (!source) throw new Error(`build ${recipe.buildId} was not made by this service`);
      const session = new Session({
        ...{ runId, build: recipe, client, network, untrusted, cpus: await engineCpus() },
        signal: new AbortController().signal,
        warn: () => undefined,
      });
      return startEngineMachine(recipe, source, session, ready);
    },
    async close() {
      await Promise.all(open);
      if (network !== 'none') await network.close();
      // Nothing was built, and nothing is kept, without it.
      if (cpus) await prune().catch(() => undefined);
      if (cpus && options.keepLayers === false) await layers.removeOf(runId).catch(() => undefined);
      watchdog?.dismiss();
      client.close();
    },
  };
}

/** The second line of a local build's log. */
export function engineNotice(name: string): string {
  return `This is a local build: it runs in containers of ${name} on this machine, not at the service.`;
}
