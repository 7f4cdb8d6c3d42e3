/** Tokens of a known form: what a finding calls them, and that they are hidden wherever they are. */
import { describe, expect, test } from 'vitest';
import { redactor } from '../../src/redact/redact.ts';
import { tokenKind } from '../../src/redact/token-forms.ts';

const letters = (count: number) => 'q7Rk2'.repeat(20).slice(0, count);

describe('a token is recognized and hidden', () => {
  test.each([
    ['a GitHub token', `ghp_${letters(36)}`],
    ['a GitHub token', `ghs_${letters(36)}`],
    ['a GitHub token', `github_pat_${letters(22)}_${letters(59)}`],
    ['a GitLab token', `glpat-${letters(20)}`],
    ['an npm token', `npm_${letters(36)}`],
    ['a PyPI token', `pypi-AgE${letters(60)}`],
    ['a Hugging Face token', `hf_${letters(34)}`],
    ['a Slack token', `xoxb-${letters(24)}`],
    ['an AWS access key', 'AKIAQ7ZT2KX4MB6JW3PD'],
    ['an AWS access key', 'ASIAQ7ZT2KX4MB6JW3PD'],
    ['a key of a model provider', `sk-${letters(48)}`],
    ['a key of a model provider', `sk-ant-api03-${letters(80)}-AA`],
    ['a Google API key', `AIza${letters(35)}`],
    ['a payment key', `rk_live_${letters(24)}`],
    ['a sandbox API key', `e2b_${'0a1b'.repeat(10).replaceAll('0', '4')}`],
    ['a sandbox API key', `nvta_${letters(32)}`],
    ['a mail API key', `SG.${letters(22)}.${letters(43)}`],
  ])('%s: %s', (kind, token) => {
    for (const around of [`--key ${token} x`, `KEY="${token}"`, `{"key":"${token}"}`, token]) {
      expect(tokenKind(around)).toBe(kind);
      expect(redactor([])(around)).toBe(around.replace(token, '***'));
    }
  });

  test('also one without a digit, which could be an example', () => {
    const token = `ghp_${'abcXYZ'.repeat(6)}`;
    expect(tokenKind(token)).toBeUndefined();
    expect(redactor([])(token)).toBe('***');
  });

  test('the body of a private key', () => {
    const key = (body: string) => `-----BEGIN RSA PRIVATE KEY-----${body}-----END RSA PRIVATE KEY-----`;
    const text = `a ${key('\nMIIEvQ-IBADAN\n')} b ${key('\\nMIIE\\n')} c -----BEGIN PRIVATE KEY----- d`;
    expect(redactor([])(text)).toBe(`a ${key('***')} b ${key('***')} c -----BEGIN PRIVATE KEY----- d`);
  });
});

test.each([
  'task-0123456789-abcdefghij-0123456789-abcdefghij',
  'sk-a-name-of-a-class-without-any-number-in-it-at-all',
  `AKIA${letters(15)}`,
  'AKIAQ7ZT2KX4MB6JW3PDX',
  'MSG.file.name',
  'npm_config_registry e2b_template hf_hub',
  '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----',
])('%s is none', (text) => {
  expect(tokenKind(text)).toBeUndefined();
  expect(redactor([])(text)).toBe(text);
});
