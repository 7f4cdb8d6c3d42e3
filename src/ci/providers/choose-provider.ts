import { github } from './github.ts';
import type { Provider } from './provider.ts';

/** The system that this process runs in. */
export async function chooseProvider(env: NodeJS.ProcessEnv): Promise<Provider> {
  return github(env);
}
