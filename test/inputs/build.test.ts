import { describe, expect, test } from 'vitest';
import { readBuildInputs } from '../../src/inputs/build.ts';

const complete = { INPUT_NAME: 'my-agent', 'INPUT_API-KEY': 'sk_0123456789abcdef' };

describe('inputs of the build action', () => {
  test('stand as documented when nothing but the name and the key is given', () => {
    const { inputs, problems } = readBuildInputs(complete);
    expect(problems).toEqual([]);
    expect(inputs).toEqual({
      args: undefined,
      dryRun: false,
      gitlabToken: '',
      template: '',
      export: '',
      python: '',
      name: 'my-agent',
      tags: '',
      allowProductionTags: false,
      buildOn: 'auto',
      test: '',
      testUrl: '',
      testTimeoutMinutes: 10,
      startCmd: '',
      readyCmd: '',
      context: '',
      buildArgs: {},
      cpuCount: undefined,
      memoryMb: undefined,
      skipCache: undefined,
      check: 'warn',
      reuse: 'auto',
      maxAgeMs: undefined,
      pinBase: true,
      wait: true,
      retryWithoutCache: false,
      timeoutMinutes: 60,
      onSuperseded: 'success',
      logLevel: undefined,
      summary: true,
      workingDirectory: '.',
      comment: 'auto',
      commentKey: '',
      githubToken: '',
      environment: '',
      onMissingCredentials: 'auto',
      connection: {
        apiKey: 'sk_0123456789abcdef',
        accessToken: '',
        apiUrl: 'https://api.us-phx-1.sandbox.novita.ai',
        domain: 'us-phx-1.sandbox.novita.ai',
      },
    });
  });

  test.each([
    ['INPUT_TAGS', 'v1, latest\n\n  v1.2 ,', (i: Inputs) => i.tags, 'v1, latest\n\n  v1.2 ,'],
    ['INPUT_BUILD-ARGS', 'A=1\n\n# a comment\n  B= x=y ', (i: Inputs) => i.buildArgs, { A: '1', B: ' x=y' }],
    ['INPUT_ALLOW-PRODUCTION-TAGS', 'true', (i: Inputs) => i.allowProductionTags, true],
    ['INPUT_CPU-COUNT', '1', (i: Inputs) => i.cpuCount, 1],
    ['INPUT_CPU-COUNT', '32', (i: Inputs) => i.cpuCount, 32],
    ['INPUT_MEMORY-MB', ' 128 ', (i: Inputs) => i.memoryMb, 128],
    ['INPUT_SKIP-CACHE', 'True', (i: Inputs) => i.skipCache, true],
    ['INPUT_ARGS', '{"dev": [true, 1]}', (i: Inputs) => i.args, { dev: [true, 1] }],
    ['INPUT_MAX-AGE', '12h', (i: Inputs) => i.maxAgeMs, 12 * 3_600_000],
    ['INPUT_MAX-AGE', ' 7d\n', (i: Inputs) => i.maxAgeMs, 7 * 86_400_000],
    ['INPUT_MAX-AGE', '2W', (i: Inputs) => i.maxAgeMs, 14 * 86_400_000],
    ['INPUT_MAX-AGE', '3650d', (i: Inputs) => i.maxAgeMs, 3650 * 86_400_000],
    ['INPUT_WAIT', 'FALSE', (i: Inputs) => i.wait, false],
    ['INPUT_RETRY-WITHOUT-CACHE', 'true', (i: Inputs) => i.retryWithoutCache, true],
    ['INPUT_TIMEOUT-MINUTES', '0.5', (i: Inputs) => i.timeoutMinutes, 0.5],
    ['INPUT_ON-SUPERSEDED', 'failure', (i: Inputs) => i.onSuperseded, 'failure'],
    ['INPUT_LOG-LEVEL', 'DEBUG', (i: Inputs) => i.logLevel, 'debug'],
    ['INPUT_CHECK', 'Error', (i: Inputs) => i.check, 'error'],
    ['INPUT_ON-MISSING-CREDENTIALS', 'skip', (i: Inputs) => i.onMissingCredentials, 'skip'],
    ['INPUT_ENVIRONMENT', 'preview', (i: Inputs) => i.environment, 'preview'],
    ['INPUT_COMMENT', 'Never', (i: Inputs) => i.comment, 'never'],
    ['INPUT_COMMENT-KEY', ' arm64 ', (i: Inputs) => i.commentKey, 'arm64'],
    ['INPUT_GITHUB-TOKEN', 'ghs_1', (i: Inputs) => i.githubToken, 'ghs_1'],
    ['INPUT_DOMAIN', 'eu-1.example.com', (i: Inputs) => i.connection.apiUrl, 'https://api.eu-1.example.com'],
    ['NOVITA_DOMAIN', 'eu-1.example.com', (i: Inputs) => i.connection.apiUrl, 'https://api.eu-1.example.com'],
    ['INPUT_API-URL', 'http://127.0.0.1:3000/', (i: Inputs) => i.connection.apiUrl, 'http://127.0.0.1:3000'],
    ['INPUT_API-URL', 'api.example.com', (i: Inputs) => i.connection.apiUrl, 'https://api.example.com'],
    ['NOVITA_API_URL', 'http://localhost:1', (i: Inputs) => i.connection.apiUrl, 'http://localhost:1'],
    ['NOVITA_DEBUG', 'true', (i: Inputs) => i.connection.apiUrl, 'http://localhost:3000'],
    ['INPUT_TEST', 'python --version\n# a comment', (i: Inputs) => i.test, 'python --version\n# a comment'],
    ['INPUT_TEST-URL', ' 8080/health ', (i: Inputs) => i.testUrl, '8080/health'],
    ['INPUT_TEST-TIMEOUT', '0.5', (i: Inputs) => i.testTimeoutMinutes, 0.5],
    [
      'NOVITA_SANDBOX_URL',
      'https://s.example.com/',
      (i: Inputs) => i.connection.sandboxUrl,
      'https://s.example.com',
    ],
    ['NOVITA_DEBUG', 'TRUE', (i: Inputs) => i.connection.isDebug, true],
    ['NOVITA_ACCESS_TOKEN', 'at_1', (i: Inputs) => i.connection.accessToken, 'at_1'],
  ])('%s=%j is taken', (variable, value, pick, expected) => {
    const { inputs, problems } = readBuildInputs({ ...complete, [variable]: value });
    expect(problems).toEqual([]);
    expect(pick(inputs)).toEqual(expected);
  });

  test.each([
    '7',
    '7 d',
    '7days',
    '1.5d',
    '-7d',
    'd',
    'P7D',
    '30m',
    '1y',
    '7d12h',
    '٧d',
    '3651d',
    '999999999w',
  ])('max-age: %s is a mistake that says what is expected', (value) => {
    const { inputs, problems } = readBuildInputs({ ...complete, 'INPUT_MAX-AGE': value });
    expect(problems).toEqual([
      {
        title: 'Input max-age',
        message: `found "${value}", expected a whole number of hours, days or weeks up to ten years, such as 12h, 7d or 2w.`,
      },
    ]);
    expect(inputs.maxAgeMs).toBeUndefined();
  });

  test.each([
    [{ INPUT_TEST: 'true', INPUT_WAIT: 'false' }, 'Input wait', 'found false together with test,'],
    [{ 'INPUT_TEST-URL': '80', INPUT_WAIT: 'false' }, 'Input wait', 'found false together with test-url,'],
    [{ INPUT_TEST: 'true', NOVITA_SANDBOX_URL: 'no' }, 'Input domain', 'NOVITA_SANDBOX_URL is "no"'],
  ])('%j contradict each other', (variables, title, message) => {
    const { problems } = readBuildInputs({ ...complete, ...variables });
    expect(problems).toEqual([{ title, message: expect.stringContaining(message) }]);
  });

  test('a test does not need the build where nothing is built, and its address only where there is one', () => {
    for (const variables of [
      { INPUT_TEST: 'true', INPUT_WAIT: 'false', 'INPUT_DRY-RUN': 'true' },
      { NOVITA_SANDBOX_URL: 'no' },
    ])
      expect(readBuildInputs({ ...complete, ...variables }).problems).toEqual([]);
  });

  test('the key of the environment counts when the input is empty', () => {
    const { inputs } = readBuildInputs({ ...complete, 'INPUT_API-KEY': '', NOVITA_API_KEY: 'from-env' });
    expect(inputs.connection.apiKey).toBe('from-env');
  });

  test.each([
    ['INPUT_CPU-COUNT', '3', 'Input cpu-count', 'found "3", expected 1 or an even number up to 32.'],
    [
      'INPUT_MAX-AGE',
      '0d',
      'Input max-age',
      'found "0d", expected a whole number of hours, days or weeks up to ten years, such as 12h, 7d or 2w. To build anew each time, set skip-cache: true.',
    ],
    ['INPUT_CPU-COUNT', '0', 'Input cpu-count', 'found "0"'],
    ['INPUT_CPU-COUNT', '34', 'Input cpu-count', 'found "34"'],
    ['INPUT_CPU-COUNT', '2.5', 'Input cpu-count', 'found "2.5"'],
    ['INPUT_CPU-COUNT', '0x10', 'Input cpu-count', 'found "0x10"'],
    [
      'INPUT_MEMORY-MB',
      '-512',
      'Input memory-mb',
      'found "-512", expected an even number of MiB, at least 128.',
    ],
    ['INPUT_MEMORY-MB', '129', 'Input memory-mb', 'found "129"'],
    ['INPUT_MEMORY-MB', '1 GiB', 'Input memory-mb', 'found "1 GiB"'],
    [
      'INPUT_ARGS',
      '{dev: true}',
      'Input args',
      'found "{dev: true}", which is not JSON; expected one such as {"dev": true}.',
    ],
    ['INPUT_ARGS', '[1]', 'Input args', 'found "[1]", which is no JSON object; expected one such as'],
    [
      'INPUT_TEST',
      '# only a comment',
      'Input test',
      'found "# only a comment", which has comments and no command.',
    ],
    [
      'INPUT_TEST-URL',
      'http://localhost/',
      'Input test-url',
      'found "http://localhost/", which is an address; expected a port and a path such as 8080/health.',
    ],
    ['INPUT_SKIP-CACHE', 'yes', 'Input skip-cache', 'found "yes", expected true or false.'],
    ['INPUT_WAIT', '1', 'Input wait', 'expected true or false.'],
    [
      'INPUT_TIMEOUT-MINUTES',
      '0',
      'Input timeout-minutes',
      'expected a number of minutes above 0, at most 1440.',
    ],
    ['INPUT_ON-SUPERSEDED', 'error', 'Input on-superseded', 'expected one of success, failure.'],
    ['INPUT_CHECK', 'warning', 'Input check', 'expected one of warn, error, off.'],
    ['INPUT_LOG-LEVEL', 'trace', 'Input log-level', 'expected one of debug, info, warn, error.'],
    ['INPUT_BUILD-ARGS', 'A=1\nB', 'Input build-args', 'found "B", expected NAME=value on each line.'],
    ['INPUT_DOMAIN', 'https://x.example', 'Input domain', 'without https:// or a path.'],
    ['INPUT_DOMAIN', 'sandbox.novita.ai', 'Input domain', 'first generation'],
    ['INPUT_API-URL', 'ftp://x', 'Input api-url', 'expected an http or https address'],
    ['INPUT_API-URL', 'https://user:pw@x', 'Input api-url', 'expected an http or https address'],
    ['INPUT_API-KEY', 'abc def', 'Input api-key', 'has a space'],
  ])('%s=%j is a problem that says what is expected', (variable, value, title, message) => {
    const { problems } = readBuildInputs({ ...complete, [variable]: value });
    expect(problems).toEqual([{ title, message: expect.stringContaining(message) }]);
  });

  test.each([
    [{}, 'NOVITA_API_KEY is not set'],
    [{ NOVITA_ACCESS_TOKEN: 'at_1' }, 'NOVITA_ACCESS_TOKEN is set, but builds need the API key'],
    [{ E2B_API_KEY: 'e2b_1' }, 'a key for e2b'],
  ])('without a key, and with %j, the message says what is missing', (env, message) => {
    const { problems } = readBuildInputs({ INPUT_NAME: 'x', ...env });
    expect(problems).toEqual([{ title: 'Input api-key', message: expect.stringContaining(message) }]);
    expect(problems[0]?.message).toContain('api-key: ${{ secrets.NOVITA_API_KEY }}');
  });

  test('names every mistake in one go, and never the key', () => {
    const { problems } = readBuildInputs({
      'INPUT_API-KEY': 'secret key',
      'INPUT_CPU-COUNT': '3',
      'INPUT_MEMORY-MB': 'much',
      INPUT_WAIT: 'maybe',
    });
    expect(problems.map(({ title }) => title).sort()).toEqual([
      'Input api-key',
      'Input cpu-count',
      'Input memory-mb',
      'Input wait',
    ]);
    expect(JSON.stringify(problems)).not.toContain('secret key');
  });
});

type Inputs = ReturnType<typeof readBuildInputs>['inputs'];
