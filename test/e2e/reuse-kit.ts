import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RequestRecord } from '../../src/local/server.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { type CacheServer, startCacheServer } from '../support/cache-server.ts';
import { type RunOptions, type RunResult, runAction, runActionHere } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A base that no registry has to be asked about. */
export const pinned = `python:3.12@sha256:${'5c'.repeat(32)}`;

/** The definition of {@link project}; `rest` continues the chain. */
export const recipe = (base = pinned, rest = '') => `import { Template } from 'novita-sandbox';

export const template = Template()
  .fromImage(${JSON.stringify(base)}, undefined, { inheritConfig: false })
  .copy('app/', '/app')
  .runCmd('pip install -r /app/requirements.txt')${rest};
`;

/** A repository with a template of two steps, of which one brings files. */
export const project = (definition = recipe()) => ({
  'template.ts': definition,
  'app/main.py': 'print(1)\n',
  'app/requirements.txt': 'requests\n',
});

export const commits = { first: 'a1'.repeat(20), second: 'b2'.repeat(20), third: 'c3'.repeat(20) } as const;

/** A repository, the service that it builds on, and runs of the build action in it. */
export interface Place extends AsyncDisposable {
  readonly workspace: string;
  readonly service: LocalService;
  /** The cache of the runner, with what is remembered of builds. */
  readonly cache: CacheServer;
  write(path: string, content: string): Promise<void>;
  /** One run of the build action for the template my-agent, with its post step. */
  run(options?: Partial<RunOptions>): Promise<Run>;
}

export interface Run extends RunResult {
  readonly post: RunResult;
  /** What this run asked the service to change, oldest first. */
  readonly changes: readonly Pick<RequestRecord, 'method' | 'path' | 'body'>[];
}

export interface PlaceOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** Stays open when the place is left. */
  readonly service?: LocalService;
  /** For runs at the same time: each has a folder of its own, and no cache of what was built before. */
  readonly apart?: boolean;
}

/** @param action - folder of the published actions */
export async function place(
  action: { readonly path: string },
  { files = project(), service, apart = false }: PlaceOptions = {},
): Promise<Place> {
  const workspace = await temporaryDirectory(files);
  // The path of what goes into the cache is a part of its entry, and the same in each job.
  const temporary = await temporaryDirectory();
  const cache = await startCacheServer();
  const local = service ?? (await startLocalService({ executor: createSimulatedExecutor({ stepMs: 1 }) }));
  return {
    workspace: workspace.path,
    service: local,
    cache,
    write: (path, content) => writeFile(join(workspace.path, path), content),
    async run(options = {}) {
      const since = local.requests.length;
      const all: RunOptions = {
        action: action.path,
        workspace: workspace.path,
        ...options,
        inputs: { name: 'my-agent', ...options.inputs },
        env: {
          NOVITA_API_KEY: local.apiKey,
          NOVITA_API_URL: local.url,
          GITHUB_REF_NAME: 'main',
          ...(!apart && { RUNNER_TEMP: temporary.path, ...cache.env }),
          ...options.env,
        },
      };
      const result = await runActionHere(all);
      const { onOutput: _, ...postOptions } = all;
      const post = await runAction({ ...postOptions, state: result.state });
      return { ...result, post, changes: changesSince(local, since) };
    },
    async [Symbol.asyncDispose]() {
      if (!service) await local.close();
      await cache[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

/** The line that tells why, and that the build went on as usual. */
export function whyBuilt({ log, exitCode, outputs }: Run): string | undefined {
  expect([exitCode, outputs['reused'], outputs['status']], log).toEqual([0, 'false', 'ready']);
  expect(log).toMatch(/^No build has this content\. Building\.$/m);
  return /^Changed since the last build of main: (.*)$/m.exec(log)?.[1];
}

/** What was sent to a service that may change something there; uploads among it. */
export function changesSince(service: LocalService, since = 0): Run['changes'] {
  return service.requests
    .slice(since)
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ method, path, body }) => ({ method, path, body }));
}

/** The content tag under which a build was registered. */
export function contentTagOf(service: LocalService, buildId: string | undefined): string | undefined {
  const build = service.inspect.builds().find(({ id }) => id === buildId);
  return build?.registeredTags.find((tag) => /^content-[0-9a-f]{64}$/.test(tag));
}

/** A push of a commit to the default branch. */
export const pushOf = (sha: string): Pick<RunOptions, 'env'> => ({ env: { GITHUB_SHA: sha } });
