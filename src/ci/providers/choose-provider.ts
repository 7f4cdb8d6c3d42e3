import { github } from './github.ts';
import type { Provider } from './provider.ts';

/** The system that this process runs in. All but GitHub are loaded when they are needed. */
export async function chooseProvider(env: NodeJS.ProcessEnv): Promise<Provider> {
  // These say that they are GitHub too.
  if (env['FORGEJO_ACTIONS'] || env['GITEA_ACTIONS']) return (await import('./forgejo.ts')).forgejo(env);
  if (env['GITHUB_ACTIONS']) return github(env);
  return (await import('./other-provider.ts')).otherProvider(env);
}
