import { tmpdir } from 'node:os';
import { repositoryOfUrl } from '../../git/remotes.ts';
import { readEventContext } from '../event-context.ts';
import { payloadReader } from '../payload.ts';
import { readEvent } from '../read-event.ts';
import { readRun } from '../run.ts';
import type { RunFacts } from '../run-facts.ts';
import { declareSubject } from './github-artifacts.ts';
import { githubCommands } from './github-commands.ts';
import type { Provider } from './provider.ts';

/** GitHub Actions. */
export function github(env: NodeJS.ProcessEnv): Provider {
  const workspace = env['GITHUB_WORKSPACE'];
  const { GITHUB_ARTIFACTS: file, GITHUB_ARTIFACTS_LIST: list } = env;
  const hasCache = Boolean(env['ACTIONS_RESULTS_URL'] || env['ACTIONS_CACHE_URL']);
  return {
    title: 'GitHub Actions',
    ...(workspace && { workspace }),
    temporaryDirectory: env['RUNNER_TEMP'] || tmpdir(),
    commands: {
      ...githubCommands(Boolean(env['GITHUB_STEP_SUMMARY'])),
      ...(file && { declareSubject: (subject) => declareSubject(subject, { file, list }) }),
    },
    github: {
      apiUrl: env['GITHUB_API_URL'] || 'https://api.github.com',
      ...(env['GITHUB_GRAPHQL_URL'] && { graphqlUrl: env['GITHUB_GRAPHQL_URL'] }),
      repository: env['GITHUB_REPOSITORY'] ?? '',
    },
    cache: {
      available: hasCache,
      branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'] || '',
      ...(env['GITHUB_BASE_REF'] && { base: env['GITHUB_BASE_REF'] }),
    },
    readFacts: () => githubFacts(env),
  };
}

/**
 * Reads the runner's variables and the event file.
 *
 * @param view - what stands before the commit in the address of a file
 * @throws ProblemsError where the event file cannot be read
 */
export function githubFacts(env: NodeJS.ProcessEnv, view = 'blob'): RunFacts {
  const context = readEventContext(env);
  const event = readEvent(context, env['GITHUB_REPOSITORY']);
  const { GITHUB_SERVER_URL: server, GITHUB_SHA: commit, GITHUB_WORKSPACE: workspace } = env;
  const { repository } = event;
  const webServer = (server || 'https://github.com').replace(/\/+$/, '');
  const address = `${server}/${repository}`;
  return {
    event,
    payload: payloadReader(context.payload),
    run: readRun(env, event.sha),
    ownCommits: [commit, env['GITHUB_WORKFLOW_SHA']].flatMap((own) => own || []),
    home: repositoryOfUrl(`${webServer}/${repository ?? ''}`) ?? '',
    ...(server &&
      repository && {
        source: {
          address,
          ...(commit && { commit }),
          ...(workspace && { workspace }),
          lineAddress: (at, path, line) => `${address}/${view}/${at}/${path}#L${line}`,
        },
      }),
  };
}
