/** What a test on a real container engine needs: the engine, an image of this machine's packages, and a service. */
import { randomUUID } from 'node:crypto';
import { afterEach, inject } from 'vitest';
import type { Instruction, RecipeBody } from '../../src/api/types.ts';
import {
  createEngineExecutor,
  type EngineExecutor,
  type EngineOptions,
} from '../../src/local/engine/executor.ts';
import { type FoundEngine, findEngine } from '../../src/local/engine/find-engine.ts';
import { LABEL } from '../../src/local/engine/labels.ts';
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
  /** What the commands of a step printed, without its prefix; `2!` are the lines on standard error of step 2. */
  output(step: number | string): string[];
}

export interface EngineService extends LocalService {
  readonly executor: EngineExecutor;
  /** Registers and builds a recipe on {@link BASE} and waits for its end. */
  readonly make: (recipe: Partial<RecipeBody> | Instruction[], name?: string) => Promise<Built>;
}

/** Starts services with the engine, each with layers of its own, and closes them after the test. */
export function engineStarter(): (options?: Partial<EngineOptions>) => Promise<EngineService> {
  const open: LocalService[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((service) => service.close()));
  });
  return async (options = {}) => {
    const engine = await someEngine();
    const executor = createEngineExecutor({ engine, network: 'none', cacheScope: randomUUID(), ...options });
    const service = await startLocalService({ executor });
    open.push(service);
    const make: EngineService['make'] = async (recipe, name = 'app') => {
      const body = Array.isArray(recipe) ? { steps: recipe } : recipe;
      const from = body.fromTemplate === undefined ? { fromImage: BASE } : {};
      const built = await build(service, name, { ...from, ...body });
      const entries = await wholeLog(service, built);
      const log = entries.map(({ message }) => message.replace(/ \[[0-9a-f]{64}\]$/, ' [#]'));
      return {
        status: built.final.status,
        reason: built.final.reason as Built['reason'],
        buildId: built.buildID,
        log,
        output(step) {
          const [, id, error] = /^(\w+)(!?)$/.exec(String(step)) ?? [];
          const prefix = /^\d+$/.test(id ?? '') ? `\\[(?:builder ${id}/\\d+|unpack)\\]` : `\\[${id}\\]`;
          const pattern = new RegExp(`^${prefix} \\[${error ? 'stderr' : 'stdout'}\\]: ([\\s\\S]*)$`);
          return log.flatMap((line) => pattern.exec(line)?.[1] ?? []);
        },
      };
    };
    return { ...service, executor, make };
  };
}

/** An engine of the test's own, with a connection of its own. */
export async function someEngine(): Promise<FoundEngine> {
  const engine = await findEngine(process.env);
  if (!engine.ok) throw new Error(engine.reason);
  return engine.value;
}

/** The containers of local builds that exist now. */
export async function ownContainers({ client }: FoundEngine): Promise<string[]> {
  const found = await client.json<{ Id: string; Labels: Record<string, string> }[]>(
    'GET',
    '/containers/json',
    {
      query: { all: true, filters: JSON.stringify({ label: [LABEL] }) },
    },
  );
  return found.map(({ Id, Labels }) => `${Labels[LABEL]} ${Id.slice(0, 12)}`);
}
