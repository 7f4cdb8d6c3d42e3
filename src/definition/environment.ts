import { delimiter } from 'node:path';

/** Variables of the action that a definition, which is foreign code, does not get. */
const withheldNames = new Set([
  'GITHUB_OUTPUT',
  'GITHUB_ENV',
  'GITHUB_PATH',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
  'GITHUB_ARTIFACTS',
  'GITHUB_ARTIFACTS_LIST',
  // The runner keeps those files of all steps in this folder. A definition can use os.tmpdir().
  'RUNNER_TEMP',
  // Node settings for the action's process only.
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
]);

const withheldPrefixes = ['INPUT_', 'STATE_', 'ACTIONS_ID_TOKEN_', 'ACTIONS_RUNTIME_', 'ACTIONS_RESULTS_'];

/** Names of the service's keys: `NOVITA_API_KEY`, `E2B_ACCESS_TOKEN`, `NOVITA_PROD_API_KEY_2`. */
const serviceKey = /^(NOVITA|E2B)_(.*(KEY|TOKEN)|(.*_)?(KEY|TOKEN|SECRET|PASSWORD)S?(_.*)?)$/;

/** Tokens that other CI systems give to every job: GitLab, Azure Pipelines, Forgejo, Gitea, Buildkite, … */
const tokensOfSystems = new Set([
  'CI_JOB_TOKEN',
  'CI_JOB_JWT',
  'CI_JOB_JWT_V1',
  'CI_JOB_JWT_V2',
  'CI_BUILD_TOKEN',
  'CI_DEPLOY_PASSWORD',
  'CI_REGISTRY_PASSWORD',
  'CI_DEPENDENCY_PROXY_PASSWORD',
  // It contains the token.
  'CI_REPOSITORY_URL',
  'CI_NETRC_PASSWORD',
  'SYSTEM_ACCESSTOKEN',
  'FORGEJO_TOKEN',
  'GITEA_TOKEN',
  // The action reads it.
  'GITLAB_TOKEN',
  'BITBUCKET_STEP_OIDC_TOKEN',
  'BUILDKITE_AGENT_ACCESS_TOKEN',
  'BUILDKITE_AGENT_TOKEN',
  'CIRCLE_OIDC_TOKEN',
  'CIRCLE_OIDC_TOKEN_V2',
  'DRONE_NETRC_PASSWORD',
]);

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Whether the definition never gets a variable of this name. */
export function isWithheld(name: string): boolean {
  const upper = name.toUpperCase();
  return (
    withheldNames.has(upper) ||
    withheldPrefixes.some((prefix) => upper.startsWith(prefix)) ||
    /^ACTIONS_.*(TOKEN|URL)$/.test(upper) ||
    isKey(upper)
  );
}

/** Whether a variable of this name holds a key or token of the service. */
export function isServiceKey(name: string): boolean {
  return serviceKey.test(name);
}

function isKey(upper: string): boolean {
  return serviceKey.test(upper) || tokensOfSystems.has(upper);
}

/**
 * The environment of a definition: the job's variables without the action's keys, tokens and inputs, without other
 * variables with the same key, and without paths to the runner's own files. Variables from `env:` in the workflow stay,
 * a `GITHUB_TOKEN` among them. With a proxy, Node gets the setting to use it, so that the SDK's requests to the base
 * image's registry use the proxy too.
 */
export function definitionEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const keys = new Set(
    Object.entries(env).flatMap(([name, value = '']) =>
      isKey(name.toUpperCase()) && value.length >= shortestKey ? [value] : [],
    ),
  );
  const leadsToRunner = runnerFiles(env['RUNNER_TEMP']);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || isWithheld(name) || keys.has(value)) continue;
    if (!leadsToRunner(value)) kept[name] = value;
    // PATH must stay, but a tool's installer may have added a folder of the runner to it.
    else if (name.toUpperCase() === 'PATH')
      kept[name] = value
        .split(delimiter)
        .filter((folder) => !leadsToRunner(folder))
        .join(delimiter);
  }
  const hasProxy = Object.keys(kept).some((name) => proxyNames.includes(name.toUpperCase()) && kept[name]);
  if (hasProxy) kept['NODE_USE_ENV_PROXY'] = '1';
  return kept;
}

/** A shorter value is not a key, and another variable may have it by chance. */
const shortestKey = 8;

/**
 * A test for values that contain the runner's temporary folder or a path below it. The runner keeps the command files of
 * steps there, the event, and credentials of its own actions.
 */
function runnerFiles(temporary: string | undefined): (value: string) => boolean {
  const plain = (text: string): string => text.replaceAll('\\', '/').replace(/\/{2,}/g, '/');
  const folder = plain(temporary ?? '').replace(/\/(\.?\/)*$/, '');
  // Empty, or the root of a disk.
  if (!/[^/:]\/|\/[^/]/.test(folder)) return () => false;
  const within = new RegExp(
    `${folder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![^/\\s:;,'"])`,
    process.platform === 'win32' ? 'i' : '',
  );
  return (value) => within.test(plain(value).replaceAll('/./', '/'));
}

/** The environment variable that marks a definition's process and all that it starts. */
export const runMark = 'NOVITA_DEFINITION_RUN';
