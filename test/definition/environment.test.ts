import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitionEnvironment } from '../../src/definition/environment.ts';

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
    'RUNNER_TEMP',
    'NODE_OPTIONS',
    'novita_api_key',
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
    'NODE_EXTRA_CA_CERTS',
  ])('keeps %s', (name) => {
    expect(definitionEnvironment({ [name]: 'x' })).toEqual({ [name]: 'x' });
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

  test('whatever follows INPUT_ stays behind, in any case of letters', () => {
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
