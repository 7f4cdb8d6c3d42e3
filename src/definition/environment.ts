import { delimiter } from 'node:path';

/** What the runner and the workflow hand to the action and not to the program that a definition is. */
const withheldNames = new Set([
  'GITHUB_OUTPUT',
  'GITHUB_ENV',
  'GITHUB_PATH',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
  // The folder in which the runner keeps those files of all steps; os.tmpdir() is for the definition.
  'RUNNER_TEMP',
  // Node's own settings for the action's process, not for the definition's.
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
]);

const withheldPrefixes = ['INPUT_', 'STATE_', 'ACTIONS_ID_TOKEN_', 'ACTIONS_RUNTIME_', 'ACTIONS_RESULTS_'];

/** Keys of the service, whatever else their names say: `NOVITA_API_KEY`, `E2B_ACCESS_TOKEN`, `NOVITA_PROD_API_KEY_2`. */
const serviceKey = /^(NOVITA|E2B)_(.*(KEY|TOKEN)|(.*_)?(KEY|TOKEN|SECRET|PASSWORD)S?(_.*)?)$/;

/** What other systems hand to each of their jobs, unasked: GitLab, Azure Pipelines, Forgejo, Gitea, Buildkite, … */
const tokensOfSystems = new Set([
  'CI_JOB_TOKEN',
  'CI_JOB_JWT',
  'CI_JOB_JWT_V1',
  'CI_JOB_JWT_V2',
  'CI_BUILD_TOKEN',
  'CI_DEPLOY_PASSWORD',
  'CI_REGISTRY_PASSWORD',
  'CI_DEPENDENCY_PROXY_PASSWORD',
  // It holds the token.
  'CI_REPOSITORY_URL',
  'CI_NETRC_PASSWORD',
  'SYSTEM_ACCESSTOKEN',
  'FORGEJO_TOKEN',
  'GITEA_TOKEN',
  'BITBUCKET_STEP_OIDC_TOKEN',
  'BUILDKITE_AGENT_ACCESS_TOKEN',
  'BUILDKITE_AGENT_TOKEN',
  'CIRCLE_OIDC_TOKEN',
  'CIRCLE_OIDC_TOKEN_V2',
  'DRONE_NETRC_PASSWORD',
]);

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Whether a variable of this name is kept from the definition, whatever its value. */
export function isWithheld(name: string): boolean {
  const upper = name.toUpperCase();
  return (
    withheldNames.has(upper) ||
    withheldPrefixes.some((prefix) => upper.startsWith(prefix)) ||
    /^ACTIONS_.*(TOKEN|URL)$/.test(upper) ||
    isKey(upper)
  );
}

function isKey(upper: string): boolean {
  return serviceKey.test(upper) || tokensOfSystems.has(upper);
}

/**
 * The environment in which a definition runs: the job's own variables without the action's keys, tokens
 * and inputs, also where another variable holds the same key, and without all that leads to the runner's own files.
 * What the workflow itself puts into `env:`, a `GITHUB_TOKEN` among it, stays. Where a proxy is set, Node is told to
 * use it, so that the SDK's look at the base image's registry goes the same way as everything else.
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
    // Where programs are found must stay known; a tool's installer may have put a folder of the runner there.
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

/** A shorter value is no key, and others may well have it too. */
const shortestKey = 8;

/**
 * Tells the values that name the runner's temporary folder or what lies below it, on their own or within a text.
 * There it keeps the files by which steps speak to it, the event, and what actions of its own sign or log in with.
 */
function runnerFiles(temporary: string | undefined): (value: string) => boolean {
  const plain = (text: string): string => text.replaceAll('\\', '/').replace(/\/{2,}/g, '/');
  const folder = plain(temporary ?? '').replace(/\/(\.?\/)*$/, '');
  // Nothing, or the root of a disk.
  if (!/[^/:]\/|\/[^/]/.test(folder)) return () => false;
  const within = new RegExp(
    `${folder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![^/\\s:;,'"])`,
    process.platform === 'win32' ? 'i' : '',
  );
  return (value) => within.test(plain(value).replaceAll('/./', '/'));
}

/** The environment variable that marks a definition's process and all that it starts. */
export const runMark = 'NOVITA_DEFINITION_RUN';
