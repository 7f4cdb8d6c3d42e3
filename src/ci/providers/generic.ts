import { tmpdir } from 'node:os';
import type { RunFacts } from '../run-facts.ts';
import { runFacts, sourcePlace } from '../system-run.ts';
import { painter } from './colors.ts';
import type { Vendor } from './detect-vendor.ts';
import { plainCommands } from './plain-commands.ts';
import type { Provider } from './provider.ts';
import { systems } from './systems.ts';

/**
 * Any other CI system: a row of the table says which variables name what. Where there is no row, no event is known, and
 * tags have to be given.
 *
 * @param vendor - absent where nothing says which system it is
 */
export function generic(env: NodeJS.ProcessEnv, vendor: Vendor | undefined): Provider {
  const workspace = vendor && systems[vendor.constant]?.(env).workspace;
  return {
    title: vendor?.name ?? 'CI',
    workspace: workspace || process.cwd(),
    temporaryDirectory: tmpdir(),
    commands: plainCommands(painter(env, false), false),
    readFacts: () => genericFacts(env, vendor),
  };
}

/** Reads the variables of a system that the table has; else only whether a pull request is built. */
export function genericFacts(env: NodeJS.ProcessEnv, vendor: Vendor | undefined): RunFacts {
  const system = vendor?.name ?? 'CI';
  const said = vendor && systems[vendor.constant]?.(env);
  // What the libraries say of the number is wrong for some, but not whether there is one.
  const ofPullRequest = (said?.ofPullRequest ?? false) || (vendor?.isPullRequest ?? false);
  if (!said) return runFacts({ system, ofPullRequest, commits: [] });
  const { workspace, ...run } = said;
  const { repositoryUrl, sha } = run;
  return runFacts({
    commits: [sha],
    source: sourcePlace(repositoryUrl, sha, workspace),
    ...run,
    system,
    ofPullRequest,
  });
}
