/** examples/python-agent in a folder of its own, with the embedded service and a small registry, both on loopback. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../src/local/executor.ts';
import { failures } from '../src/local/failures.ts';
import { startLocalService } from '../src/local/service.ts';
import { createSimulatedExecutor } from '../src/local/simulated.ts';
import type { SimulationRule } from '../src/local/simulation-script.ts';
import { startRegistry } from '../test/support/registry-server.ts';
import { type RunOptions, type RunResult, repositoryRoot, runAction } from '../test/support/runner.ts';

export interface Example extends AsyncDisposable {
  /** What stands before the name of the base image here. */
  readonly registryPath: string;
  /** Edits a file of the example. */
  edit(path: string, change: (text: string) => string): void;
  /** Runs the action from its `dist/`. Without `tags`, the event decides: a push to `main`. */
  build(options: { tags?: string; onOutput?: RunOptions['onOutput'] }): Promise<RunResult>;
}

const pipCommand = 'pip install --no-cache-dir -r requirements.txt';

/**
 * @param stepMs - how long a simulated RUN takes
 * @param action - folder of the action; that of this repository when left out
 * @param real - builds for real; simulated when left out. It is closed with the example
 */
export async function openExample(
  stepMs: number,
  action = repositoryRoot,
  real?: Executor,
): Promise<Example> {
  const workspace = mkdtempSync(join(tmpdir(), 'example-'));
  cpSync(join(repositoryRoot, 'examples', 'python-agent'), workspace, { recursive: true });
  const path = (name: string) => join(workspace, name);
  const edit: Example['edit'] = (name, change) =>
    writeFileSync(path(name), change(readFileSync(path(name), 'utf8')));

  const registry = await startRegistry();
  registry.push('library/python', '3.12-slim');
  const registryPath = `${registry.host}/library/`;
  edit('template.ts', (text) => text.replace("'python:", `'${registryPath}python:`));

  const simulated = createSimulatedExecutor({
    stepMs,
    script: () => [pipOutput(readFileSync(path('requirements.txt'), 'utf8'), stepMs)],
  });
  const service = await startLocalService({ executor: real ?? simulated });

  return {
    registryPath,
    edit,
    build: ({ tags = '', onOutput }) =>
      runAction({
        action,
        workspace,
        inputs: { name: 'python-agent', tags },
        env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url },
        ...(onOutput && { onOutput }),
      }),
    async [Symbol.asyncDispose]() {
      await service.close();
      await registry.close();
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

/** What pip prints. A simulated service runs nothing, so the one package that does not exist is known by its name here. */
function pipOutput(requirements: string, durationMs: number): SimulationRule {
  const packages = requirements.trim().split('\n');
  const missing = packages.find((line) => line.startsWith('uvicron'));
  const collected = packages.map(
    (line, index) => `Collecting ${line} (from -r requirements.txt (line ${index + 1}))`,
  );
  const place = { text: /pip install/, durationMs } as const;
  if (!missing) {
    const installed = packages.map((line) => line.replace('==', '-')).join(' ');
    return { ...place, lines: [...collected, `Successfully installed ${installed}`] };
  }
  return {
    ...place,
    lines: [
      ...collected.slice(0, packages.indexOf(missing)),
      {
        text: `ERROR: Could not find a version that satisfies the requirement ${missing} (from versions: none)`,
        stream: 'stderr',
      },
      { text: `ERROR: No matching distribution found for ${missing}`, stream: 'stderr' },
    ],
    fail: { message: failures.runFailed(pipCommand, 1) },
  };
}
