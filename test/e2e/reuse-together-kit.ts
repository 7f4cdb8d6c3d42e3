import type { Interceptor } from '../../src/local/server.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import type { RunOptions } from '../support/runner.ts';
import { type Place, place } from './reuse-kit.ts';

interface Scene {
  readonly script?: SimulationScript;
  readonly intercept?: Interceptor;
}

/** A story at a service of its own, which ends with it. */
export async function withService(
  action: { readonly path: string },
  { script, intercept }: Scene,
  story: (at: Place, local: LocalService) => unknown,
) {
  const executor = createSimulatedExecutor({ stepMs: 1, ...(script && { script }) });
  const local = await startLocalService({ executor, ...(intercept && { intercept }) });
  try {
    await using at = await place(action, { service: local, apart: true });
    await story(at, local);
  } finally {
    await local.close();
  }
}

/** A push of a commit to the default branch. */
export const onMain = (sha: string, options: Partial<RunOptions> = {}): Partial<RunOptions> => ({
  ...options,
  env: { GITHUB_SHA: sha },
});

/** The states of all builds, oldest first. */
export const statuses = (local: LocalService) => local.inspect.builds().map(({ status }) => status);

/** Calls once when the run has printed this. */
export function when(text: string, then: (kill: (signal: NodeJS.Signals) => void) => void) {
  let done = false;
  return (printed: string, kill: (signal: NodeJS.Signals) => void) => {
    if (done || !printed.includes(text)) return;
    done = true;
    then(kill);
  };
}
