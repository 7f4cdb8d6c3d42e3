import { azure } from './azure.ts';
import { buildkite } from './buildkite.ts';
import { detectVendor, isCi } from './detect-vendor.ts';
import { generic } from './generic.ts';
import { gitlab } from './gitlab.ts';
import type { Provider } from './provider.ts';
import { terminal } from './terminal.ts';

const own: Readonly<Record<string, (env: NodeJS.ProcessEnv) => Provider>> = {
  GITLAB: gitlab,
  AZURE_PIPELINES: azure,
  BUILDKITE: buildkite,
};

/** The system that this process runs in, where that is not GitHub. Without any, it is a person's terminal. */
export function otherProvider(env: NodeJS.ProcessEnv): Provider {
  const vendor = detectVendor(env);
  const provider = vendor && own[vendor.constant];
  if (provider) return provider(env);
  return vendor || isCi(env) ? generic(env, vendor) : terminal(env);
}
