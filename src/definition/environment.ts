/** What the runner and the workflow hand to the action and not to the program that a definition is. */
const withheldNames = new Set([
  'NOVITA_API_KEY',
  'NOVITA_ACCESS_TOKEN',
  'E2B_API_KEY',
  'E2B_ACCESS_TOKEN',
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

const withheldPrefixes = [
  'INPUT_',
  'STATE_',
  'ACTIONS_ID_TOKEN_REQUEST_',
  'ACTIONS_RUNTIME_',
  'ACTIONS_RESULTS_',
];

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Whether a variable of this name is kept from the definition. */
export function isWithheld(name: string): boolean {
  const upper = name.toUpperCase();
  return withheldNames.has(upper) || withheldPrefixes.some((prefix) => upper.startsWith(prefix));
}

/**
 * The environment in which a definition runs: the job's own variables without the action's keys, tokens
 * and inputs and without the runner's command files. What the workflow itself puts into `env:`, a `GITHUB_TOKEN`
 * among it, stays. Where a proxy is set, Node is told to use it, so that the SDK's look at the
 * base image's registry goes the same way as everything else.
 */
export function definitionEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !isWithheld(name)) kept[name] = value;
  }
  const hasProxy = Object.keys(kept).some((name) => proxyNames.includes(name.toUpperCase()) && kept[name]);
  if (hasProxy) kept['NODE_USE_ENV_PROXY'] = '1';
  return kept;
}
