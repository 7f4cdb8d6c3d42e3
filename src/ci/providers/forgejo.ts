import { github, githubFacts } from './github.ts';
import type { Provider } from './provider.ts';

/** Forgejo Actions and Gitea Actions, whose runners and API follow GitHub's. */
export function forgejo(env: NodeJS.ProcessEnv): Provider {
  return {
    ...github(env),
    title: env['FORGEJO_ACTIONS'] ? 'Forgejo Actions' : 'Gitea Actions',
    readFacts: () => githubFacts(env, 'src/commit'),
  };
}
