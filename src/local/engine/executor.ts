import type { Executor, ExecutorBuild, ExecutorResult, LogSink } from '../executor.ts';
import { BuildRun, type Finished, type RunContext } from './build-run.ts';
import { READY_RULES, type ReadyRules } from './commands.ts';
import type { CommandEnd } from './container.ts';
import type { FoundEngine } from './find-engine.ts';
import type { LineSink } from './frames.ts';
import { type LoginSource, writtenLogin } from './image.ts';
import { LayerCache } from './layers.ts';
import { BridgeNetwork, sweep } from './network.ts';

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
  /** How long layers are kept, in milliseconds. Default a week. */
  readonly layerAgeMs?: number;
  /** The most bytes of layers that are kept. Default 10 GB. */
  readonly layerBytes?: number;
  /** Keeps each finished container until it is released, for commands in it. Default: not. */
  readonly keepFinished?: boolean;
  /** Logs in to registries whose credentials must be exchanged first. */
  readonly login?: LoginSource;
  readonly ready?: ReadyRules;
}

/** Builds recipes for real, in containers of this machine's engine. */
export interface EngineExecutor extends Executor {
  /**
   * Runs a command in the finished container of a build as in a sandbox: by a login shell, as the template's user and in
   * its working directory, without variables of the build. Only with `keepFinished`. Rejects when the signal fires or the
   * build is not kept.
   */
  runInFinished(
    buildId: string,
    command: string,
    onLine: LineSink,
    signal?: AbortSignal,
  ): Promise<CommandEnd>;
  /** Ends the finished container of a build; nothing if there is none. */
  release(buildId: string): Promise<void>;
}

const WEEK_MS = 7 * 24 * 3_600_000;
const TEN_GB = 10e9;
const BETWEEN_PRUNES_MS = 600_000;

export function createEngineExecutor(options: EngineOptions): EngineExecutor {
  const { client, name } = options.engine;
  const network = options.network === 'none' ? 'none' : new BridgeNetwork(client);
  const layers = new LayerCache(client, options.cacheScope ?? '');
  const finished = new Map<string, Finished>();
  const kept = new Map<string, BuildRun>();
  let cpus: Promise<number> | undefined;
  let prunedAt = Date.now();

  const prune = async () => {
    prunedAt = Date.now();
    await layers.prune(options.layerAgeMs ?? WEEK_MS, options.layerBytes ?? TEN_GB);
  };
  const prepare = async (): Promise<number> => {
    const { NCPU = 1 } = await client.json<{ NCPU?: number }>('GET', '/info');
    await sweep(client).catch(() => undefined);
    return NCPU;
  };
  const build = async (recipe: ExecutorBuild, log: LogSink, signal: AbortSignal): Promise<ExecutorResult> => {
    log({ level: 'info', message: engineNotice(name) });
    cpus ??= prepare();
    const context: RunContext = {
      client,
      network,
      layers,
      finished,
      cpus: await cpus,
      untrusted: options.untrusted ?? false,
      keep: options.keepFinished ?? false,
      login: options.login ?? writtenLogin,
      ready: options.ready ?? READY_RULES,
    };
    const run = new BuildRun(recipe, context, log, signal);
    let isKept = false;
    try {
      const result = await run.perform();
      isKept = result.status === 'ready' && context.keep && !signal.aborted;
      if (isKept) kept.set(recipe.buildId, run);
      return result;
    } finally {
      if (!isKept) await run.close();
      if (Date.now() - prunedAt > BETWEEN_PRUNES_MS) await prune().catch(() => undefined);
    }
  };

  return {
    name: 'engine',
    execute: build,
    async runInFinished(buildId, command, onLine, signal = new AbortController().signal) {
      const run = kept.get(buildId);
      if (!run) throw new Error(`the container of build ${buildId} is not kept`);
      return run.runInFinished(command, onLine, signal);
    },
    async release(buildId) {
      const run = kept.get(buildId);
      kept.delete(buildId);
      await run?.close();
    },
    async close() {
      const open = [...kept.values()];
      kept.clear();
      await Promise.all(open.map((run) => run.close()));
      if (network !== 'none') await network.close();
      // Nothing was built, and nothing is kept, without it.
      if (cpus) await prune().catch(() => undefined);
      client.close();
    },
  };
}

/** The second line of a local build's log. */
export function engineNotice(name: string): string {
  return `This is a local build: it runs in containers of ${name} on this machine, not at the service.`;
}
