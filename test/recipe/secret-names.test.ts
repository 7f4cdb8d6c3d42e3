import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { secretWarnings } from '../../src/plan/warnings.ts';
import { looksSecret } from '../../src/recipe/secret-names.ts';
import { samplePlan } from '../report/sample.ts';

describe('names that look secret', () => {
  test.each([
    'TOKEN',
    'GITHUB_TOKEN',
    'GH_TOKEN_2',
    'NPM_TOKEN',
    'HF_TOKEN',
    'SECRET',
    'CLIENT_SECRET',
    'SECRET_KEY_BASE64',
    'DJANGO_SECRET_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'PASSWORD',
    'DB_PASSWORD',
    'POSTGRES_PASSWORD',
    'MYSQL_PWD',
    'REDIS_PASS',
    'KEY_PASSPHRASE',
    'OPENAI_API_KEY',
    'NOVITA_API_KEY',
    'STRIPE_APIKEY',
    'API_KEY_PROD',
    'SSH_PRIVATE_KEY',
    'JWT_SIGNING_KEY',
    'GOOGLE_CREDENTIALS',
    'GCP_SERVICE_ACCOUNT_JSON',
    'DATABASE_CONNECTION_STRING',
    'SENTRY_DSN',
    'dbPassword',
    'openaiApiKey',
    'github-token',
    'registry.auth',
  ])('%s is one', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  test.each([
    'PATH',
    'PORT',
    'NODE_ENV',
    'NEXT_PUBLIC_API_KEY',
    'VITE_STRIPE_SECRET',
    'REACT_APP_TOKEN',
    'PUBLIC_KEY',
    'SSH_PUBLIC_KEY',
    'TOKEN_LIMIT',
    'MAX_TOKENS',
    'MAX_TOKEN',
    'NUM_TOKEN',
    'TOKENIZERS_PARALLELISM',
    'TOKEN_URL',
    'AUTH_URL',
    'OAUTH_TOKEN_ENDPOINT',
    'SECRET_NAME',
    'SECRETS_DIR',
    'PASSWORD_FILE',
    'PASSWORD_MIN_LENGTH',
    'API_KEY_HEADER',
    'SECRETARY',
    'COMPASS',
    'BYPASS',
    'PWD',
    'AUTHOR',
    'KEYBOARD',
    'SORT_KEY',
    'REQUIRE_AUTH',
    'DISABLE_PASSWORD',
    'KEY',
    '',
  ])('%j is none', (name) => {
    expect(looksSecret(name)).toBe(false);
  });
});

const planWith = (...args: string[]): Plan => {
  const plan = samplePlan();
  return { ...plan, wire: { ...plan.wire, steps: plan.wire.steps.with(0, { type: 'ENV', args }) } };
};

describe('the warning', () => {
  test('stands at the line, names every such variable of the step and never a value', () => {
    const [warning, ...others] = secretWarnings(
      planWith('API_KEY', 'sk-12345', 'PORT', '80', 'DB_PASSWORD', 'hunter2'),
    );
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ title: 'Secrets in the template', at: { line: 4 } });
    expect(warning?.message).toContain('API_KEY, DB_PASSWORD: the service prints the values');
    expect(warning?.message).not.toMatch(/sk-12345|hunter2|PORT/);
  });

  test.each([
    ['an empty value', ''],
    ['blanks', '  '],
    ['another variable', '$OTHER'],
    ['another variable in braces', '${OTHER}'],
  ])('is not given for %s', (_, value) => {
    expect(secretWarnings(planWith('API_KEY', value))).toEqual([]);
  });

  test('is given for text around a variable', () => {
    expect(secretWarnings(planWith('API_KEY', 'abc$OTHER'))).toHaveLength(1);
  });

  test('concerns ENV steps alone', () => {
    const plan = samplePlan();
    const run = { type: 'RUN', args: ['API_KEY', 'x'] };
    expect(secretWarnings({ ...plan, wire: { ...plan.wire, steps: plan.wire.steps.with(0, run) } })).toEqual(
      [],
    );
  });
});
