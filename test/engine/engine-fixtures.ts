/** What a test on a real container engine needs: the engine, an image of this machine's packages, and a service. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import type { Instruction, RecipeBody } from '../../src/api/types.ts';
import { createEngineExecutor, type EngineOptions } from '../../src/local/engine/executor.ts';
import { type FoundEngine, findEngine } from '../../src/local/engine/find-engine.ts';
import { BUILD_LABEL, LABEL } from '../../src/local/engine/labels.ts';
import type { Executor } from '../../src/local/executor.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { build, wholeLog } from '../support/service-client.ts';
import { BASE } from './base-name.ts';

export { BASE };

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no container engine can be used; undefined when there is one. */
    readonly noEngine: string | undefined;
  }
}

/** Whether the tests of a file are left out; the project says why in one line. */
export const skipWithoutEngine = (): boolean => inject('noEngine') !== undefined;

export const run = (command: string, user?: string): Instruction => ({
  type: 'RUN',
  args: user === undefined ? [command] : [command, user],
});

/** A build's end, and its log as `level step message`. */
export interface Built {
  readonly status: string;
  readonly reason: { readonly message: string; readonly step?: string } | undefined;
  readonly buildId: string;
  /** Each message, in order. Hashes of layers are `#`. */
  readonly log: readonly string[];
  readonly warnings: readonly string[];
  /** What the commands of a step printed, without its prefix; `2!` are the lines on standard error of step 2. */
  output(step: number | string): string[];
}

export interface EngineService extends LocalService {
  /** Registers and builds a recipe on {@link BASE} and waits for its end. */
  readonly make: (recipe: Partial<RecipeBody> | Instruction[], name?: string) => Promise<Built>;
}

/** A service with the engine, and layers of its own unless `options` name a scope; or with another executor. */
export async function startEngineService(
  options: Partial<EngineOptions> = {},
  other?: Executor,
): Promise<EngineService> {
  const own = { network: 'none', cacheScope: randomUUID(), ...options } as const;
  const executor = other ?? createEngineExecutor({ engine: await someEngine(), ...own });
  const service = await startLocalService({ executor });
  let count = 0;
  const make: EngineService['make'] = async (recipe, name) => {
    const body = Array.isArray(recipe) ? { steps: recipe } : recipe;
    const from = body.fromTemplate === undefined ? { fromImage: BASE } : {};
    count += 1;
    const built = await build(service, name ?? `app-${count}`, { ...from, ...body });
    const entries = await wholeLog(service, built);
    return {
      status: built.final.status,
      reason: built.final.reason as Built['reason'],
      buildId: built.buildID,
      log: entries.map(({ message }) => message.replace(/ \[[0-9a-f]{64}\]$/, ' [#]')),
      warnings: entries.filter(({ level }) => level === 'warn').map(({ message }) => message),
      output(step) {
        const [, id, error] = /^(\w+)(!?)$/.exec(String(step)) ?? [];
        const prefix = /^\d+$/.test(id ?? '') ? `\\[builder ${id}/\\d+\\]` : `\\[${id}\\]`;
        const pattern = new RegExp(`^${prefix} \\[${error ? 'stderr' : 'stdout'}\\]: ([\\s\\S]*)$`);
        return entries.flatMap(({ message }) => pattern.exec(message)?.[1] ?? []);
      },
    };
  };
  return { ...service, make };
}

/** Starts services, and closes them after the test. */
export function engineStarter(): typeof startEngineService {
  const open: LocalService[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((service) => service.close()));
  });
  return async (options) => {
    const service = await startEngineService(options);
    open.push(service);
    return service;
  };
}

/** One service for all tests of a file, whose base is made already. Its tests may run at the same time. */
export function sharedEngineService(options: Partial<EngineOptions> = {}): () => EngineService {
  let service: EngineService | undefined;
  beforeAll(async () => {
    if (skipWithoutEngine()) return;
    service = await startEngineService(options);
    await service.make([]);
  });
  afterAll(() => service?.close());
  return () => {
    if (!service) throw new Error('the service is used before the tests of the file run');
    return service;
  };
}

/** An engine of the test's own, with a connection of its own. */
export async function someEngine(): Promise<FoundEngine> {
  const engine = await findEngine(process.env);
  if (!engine.ok) throw new Error(engine.reason);
  return engine.value;
}

/** What the containers of a build are for that exist now. */
export async function containersOf({ client }: FoundEngine, buildId: string): Promise<string[]> {
  const filters = JSON.stringify({ label: [`${BUILD_LABEL}=${buildId}`] });
  const found = await client.json<{ Labels: Record<string, string> }[]>('GET', '/containers/json', {
    query: { all: true, filters },
  });
  return found.map(({ Labels }) => Labels[LABEL] ?? '').sort();
}
