/**
 * What a test of an action needs, by name: a test that takes `{ service, workspace, run }` gets them new, and they are
 * closed and removed when it ends. A file sets what all its runs share with {@link testWith}.
 */
import { join } from 'node:path';
import { test as base, inject } from 'vitest';
import { type Interceptor, passThrough } from '../../src/local/server.ts';
import { type LocalService, type LocalServiceOptions, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { type CacheServer, startCacheServer } from './cache-server.ts';
import { type GithubServer, startGithubServer } from './github-server.ts';
import { type RegistryServer, startRegistry } from './registry-server.ts';
import { type RunOptions, type RunResult, runAction, runActionHere } from './runner.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';

/** The embedded service. A test may set both fields before a run, or between two. */
export interface TestService extends LocalService {
  /** What the steps of a build print, and whether they fail. */
  script: SimulationScript;
  /** Stands in front of the service: changes, holds or loses what comes and goes. */
  intercept: Interceptor;
}

export interface RunChanges extends Partial<RunOptions> {
  /** Folder of the action: `promote`, `cleanup`, `wait` or `comment`. The build action when left out. */
  readonly action?: string;
  /** Runs it in a process of its own, as GitHub's runner does: for signals, streams, memory and what is loaded. */
  readonly ownProcess?: boolean;
}

export type Run = (changes?: RunChanges) => Promise<RunResult>;

export interface ActionFixtures {
  /** Files that are in the workspace from the start. */
  readonly files: Readonly<Record<string, string>>;
  /** What every run has; inputs and variables of a run are added to these. */
  readonly defaults: RunChanges;
  /** API key, limits and size of pages of the service. */
  readonly serviceOptions: Omit<LocalServiceOptions, 'executor' | 'intercept' | 'faults'>;
  /** The published actions as the runner downloads them: their `action.yml` and `dist/`. All tests read the same. */
  readonly action: string;
  readonly service: TestService;
  readonly workspace: TemporaryDirectory;
  /** Variables that every run has: how to reach the service and each stand-in that the test takes. */
  readonly env: Record<string, string>;
  /** Runs an action in the workspace against the service. */
  readonly run: Run;
  /** GitHub's API. Runs reach it in a test that takes it. */
  readonly github: GithubServer;
  /** The cache of GitHub Actions. Runs reach it in a test that takes it. */
  readonly cache: CacheServer;
  /** An image registry; a recipe names its `host`. */
  readonly registry: RegistryServer;
}

export const test = base.extend<ActionFixtures>({
  files: {},
  defaults: { inputs: { name: 'my-agent' } },
  serviceOptions: {},

  action: async ({ task: _ }, use) => use(inject('action')),

  service: async ({ serviceOptions }, use) => {
    const behavior: Pick<TestService, 'script' | 'intercept'> = { script: [], intercept: passThrough };
    const script: SimulationScript = (build) =>
      typeof behavior.script === 'function' ? behavior.script(build) : behavior.script;
    const service = await startLocalService({
      ...serviceOptions,
      executor: createSimulatedExecutor({ stepMs: 1, script }),
      intercept: (...request) => behavior.intercept(...request),
    });
    await use(Object.assign(behavior, service));
    await service.close();
  },

  workspace: async ({ files }, use) => {
    await using workspace = await temporaryDirectory(files);
    await use(workspace);
  },

  env: async ({ service }, use) =>
    use({
      NOVITA_API_KEY: service.apiKey,
      NOVITA_API_URL: service.url,
      NOVITA_SANDBOX_URL: service.url,
    }),

  github: async ({ env }, use) => {
    await using github = await startGithubServer();
    Object.assign(env, github.env);
    await use(github);
  },

  cache: async ({ env }, use) => {
    await using cache = await startCacheServer();
    // The path of what goes into the cache is a part of its entry, and the same in each job.
    await using temporary = await temporaryDirectory();
    Object.assign(env, cache.env, { RUNNER_TEMP: temporary.path });
    await use(cache);
  },

  registry: async ({ task: _ }, use) => {
    await using registry = await startRegistry();
    await use(registry);
  },

  run: async ({ action, workspace, env, defaults }, use) =>
    use((changes = {}) => {
      const { action: folder = '', ownProcess = false, ...options } = { ...defaults, ...changes };
      return (ownProcess ? runAction : runActionHere)({
        workspace: workspace.path,
        ...options,
        action: join(action, folder),
        inputs: { ...defaults.inputs, ...changes.inputs },
        env: { ...env, ...defaults.env, ...changes.env },
      });
    }),
});

/** The `test` of a file: what is in its workspaces, what its runs have, and how its service is started. */
export function testWith(
  settings: Partial<Pick<ActionFixtures, 'files' | 'defaults' | 'serviceOptions'>>,
): typeof test {
  return test.extend(settings) as typeof test;
}
