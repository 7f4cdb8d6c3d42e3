import type { CiEvent } from '../../ci/event.ts';
import { secretsWithheld } from '../../ci/trust.ts';
import type { BuildInputs } from '../../inputs/build.ts';

/**
 * Where a plan is built. `auto` at a local build means that nobody asked for it: what fails only because it is local is
 * no failure of the step.
 */
export type BuildPlace = 'service' | 'local' | 'auto-local' | 'nowhere';

/**
 * Decides where to build. With a key, `auto` is the service. Where GitHub withholds the key, it is this runner, if GitHub
 * hosts it: such a machine is new for each job. The recipe of a stranger runs on a machine of the user's own only if
 * `build-on: local` says so.
 */
export function buildPlace(
  { buildOn, onMissingCredentials }: Pick<BuildInputs, 'buildOn' | 'onMissingCredentials'>,
  {
    event,
    env,
    hasKey,
  }: { readonly event: CiEvent; readonly env: NodeJS.ProcessEnv; readonly hasKey: boolean },
): BuildPlace {
  if (buildOn === 'local') return 'local';
  if (hasKey) return 'service';
  const isHosted = env['RUNNER_ENVIRONMENT'] === 'github-hosted';
  const mayBeLocal = buildOn === 'auto' && onMissingCredentials === 'auto' && secretsWithheld(event);
  return mayBeLocal && isHosted ? 'auto-local' : 'nowhere';
}
