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
  if (provider) return withDefaultBranch(provider(env), env);
  return vendor || isCi(env) ? withDefaultBranch(generic(env, vendor), env) : terminal(env);
}

/** Takes the default branch from NOVITA_DEFAULT_BRANCH where the system names none. */
function withDefaultBranch(provider: Provider, env: NodeJS.ProcessEnv): Provider {
  const defaultBranch = env['NOVITA_DEFAULT_BRANCH'];
  if (!defaultBranch) return provider;
  return {
    ...provider,
    readFacts() {
      const facts = provider.readFacts();
      return { ...facts, event: { defaultBranch, ...facts.event } };
    },
  };
}
