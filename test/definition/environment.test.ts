import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitionEnvironment } from '../../src/definition/environment.ts';
import { load } from '../support/definition-project.ts';

describe('the environment of a definition', () => {
  test.each([
    'NOVITA_API_KEY',
    'NOVITA_ACCESS_TOKEN',
    'E2B_API_KEY',
    'E2B_ACCESS_TOKEN',
    'INPUT_API-KEY',
    'INPUT_TEMPLATE',
    'STATE_token',
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_RUNTIME_URL',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'ACTIONS_RESULTS_URL',
    'GITHUB_OUTPUT',
    'GITHUB_ENV',
    'GITHUB_PATH',
    'GITHUB_STATE',
    'GITHUB_STEP_SUMMARY',
    'GITHUB_ARTIFACTS',
    'GITHUB_ARTIFACTS_LIST',
    'RUNNER_TEMP',
    'NODE_OPTIONS',
    'novita_api_key',
    'NOVITA_PROD_API_KEY',
    'NOVITA_STAGING_TOKEN',
    'NOVITA_KEY',
    'E2B_APIKEY',
    'E2B_TEAM_ACCESS_TOKEN',
    'NOVITA_API_KEY_2',
    'E2B_ADMINTOKEN',
    'NOVITA_CLIENT_SECRET',
    'ACTIONS_CACHE_URL',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'ACTIONS_SOMETHING_NEW_TOKEN',
    'CI_JOB_TOKEN',
    'CI_REPOSITORY_URL',
    'SYSTEM_ACCESSTOKEN',
    'System_AccessToken',
    'FORGEJO_TOKEN',
    'GITEA_TOKEN',
    'BUILDKITE_AGENT_ACCESS_TOKEN',
  ])('does not hold %s', (name) => {
    expect(definitionEnvironment({ [name]: 'x', KEPT: 'y' })).toEqual({ KEPT: 'y' });
  });

  test.each([
    'PATH',
    'HOME',
    'API_BASE',
    'GITHUB_SHA',
    'GITHUB_WORKSPACE',
    'GITHUB_TOKEN',
    'CI',
    'NOVITA_DOMAIN',
    'NOVITA_API_URL',
    'NOVITA_KEYBOARD',
    'ACTIONS_STEP_DEBUG',
    'GITHUB_ACTION_PATH',
    'NODE_EXTRA_CA_CERTS',
  ])('keeps %s', (name) => {
    expect(definitionEnvironment({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  const temporary = '/home/runner/work/_temp';

  test.each([
    ['GITHUB_ARTIFACTS', `${temporary}/_runner_file_commands/artifacts_1`],
    ['GITHUB_EVENT_PATH', `${temporary}/_github_workflow/event.json`],
    ['DOCKER_CONFIG', temporary],
    ['ANYTHING', `${temporary}/`],
    ['GIT_SSH_COMMAND', `ssh -i "${temporary}/key" -o UserKnownHostsFile=${temporary}/hosts`],
    ['JAVA_TOOL_OPTIONS', `-Djava.io.tmpdir=${temporary}`],
    ['A_URL', `file://${temporary}/x`],
    ['ODD', '/home//runner/./work/_temp/x'],
    ['A_LIST', `/usr/share:${temporary}/share`],
  ])('does not hold %s with a path of the runner', (name, value) => {
    expect(definitionEnvironment({ [name]: value, RUNNER_TEMP: temporary, KEPT: 'y' })).toEqual({
      KEPT: 'y',
    });
    expect(definitionEnvironment({ [name]: value, RUNNER_TEMP: `${temporary}/` })).toEqual({});
  });

  test.each([
    ['BESIDE', '/home/runner/work/_temporary/x'],
    ['WORKSPACE', '/home/runner/work/agent/agent'],
    ['ABOVE', '/home/runner/work'],
    ['TEXT', 'a sentence'],
  ])('keeps %s beside it', (name, value) => {
    expect(definitionEnvironment({ [name]: value, RUNNER_TEMP: temporary })).toEqual({ [name]: value });
  });

  test.each(['', '/', 'C:\\'])('keeps all paths where the folder is %j', (folder) => {
    expect(definitionEnvironment({ HOME: '/root', RUNNER_TEMP: folder })).toEqual({ HOME: '/root' });
  });

  test('PATH loses only the folders of the runner', () => {
    expect(definitionEnvironment({ PATH: `/usr/bin:${temporary}/bin:/bin`, RUNNER_TEMP: temporary })).toEqual(
      {
        PATH: '/usr/bin:/bin',
      },
    );
  });

  test('a key stays behind under any name', () => {
    expect(
      definitionEnvironment({
        NOVITA_API_KEY: 'sk_0123456789',
        MY_KEY: 'sk_0123456789',
        GITEA_TOKEN: 'gt_0123456789',
        GITHUB_TOKEN: 'gt_0123456789',
        E2B_TOKEN: 'short',
        WORD: 'short',
      }),
    ).toEqual({ WORD: 'short' });
  });

  test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY'])('lets Node use %s', (name) => {
    expect(definitionEnvironment({ [name]: 'http://127.0.0.1:8080' })).toEqual({
      [name]: 'http://127.0.0.1:8080',
      NODE_USE_ENV_PROXY: '1',
    });
  });

  test('an empty proxy variable is no proxy', () => {
    expect(definitionEnvironment({ HTTPS_PROXY: '' })).toEqual({ HTTPS_PROXY: '' });
  });

  test('every variable that begins with INPUT_ is withheld, in upper and lower case', () => {
    const name = fc
      .tuple(
        fc.constantFrom('INPUT_', 'input_', 'Input_', 'STATE_', 'ACTIONS_ID_TOKEN_REQUEST_'),
        fc.string(),
      )
      .map(([prefix, rest]) => prefix + rest);
    fc.assert(
      fc.property(name, fc.string(), (variable, value) => {
        expect(definitionEnvironment({ [variable]: value })).toEqual({});
      }),
    );
  });
});

test('a definition finds nothing of it in its own process', async () => {
  const env = {
    NOVITA_API_KEY: 'sk_0123456789',
    COPY_OF_KEY: 'sk_0123456789',
    GITEA_TOKEN: 'gt_0123456789',
    RUNNER_TEMP: '/runner/_temp',
    GITHUB_ARTIFACTS: '/runner/_temp/artifacts',
    GITHUB_ARTIFACTS_LIST: '/runner/_temp/list',
    GITHUB_SHA: 'kept',
  };
  const loaded = await load({ 'template.ts': 'console.log(JSON.stringify(process.env));' }, { env });
  const [printed = ''] = loaded.stdout;
  expect(printed).toContain('"GITHUB_SHA":"kept"');
  expect(printed).not.toMatch(/0123456789|_temp|ARTIFACTS/);
});
