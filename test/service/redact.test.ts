import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskable, redactDeep, redactor } from '../../src/service/redact.ts';

const secret = 'p"a<ss\\wörd/&+ x';

describe('a secret is taken out of text', () => {
  test.each([
    ['as it is', secret],
    ['within JSON', JSON.stringify({ password: secret })],
    ['within JSON in JSON', JSON.stringify(JSON.stringify({ password: secret }))],
    ['as Go writes JSON', JSON.stringify(secret).replace('<', '\\u003c').replace('&', '\\u0026')],
    ['in an address', `https://x/?p=${encodeURIComponent(secret)}`],
    ['as base64', Buffer.from(secret).toString('base64')],
    ['many times over', `${secret}${secret} ${secret}`],
  ])('%s', (_, text) => {
    const shown = redactor([secret])(`before ${text} after`);
    expect(shown).toMatch(/^before .*\*\*\*.* after$/);
    expect(shown).not.toMatch(/wörd|%C3%B6rd|cCJhPH/);
  });

  test('line by line, where it has several; headers of a key stay', () => {
    const key =
      '-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n';
    const json = JSON.stringify({ private_key: key });
    const redact = redactor([json, key]);
    for (const text of [key, json, 'MIIEvAIBADANBgkq', 'x hkiG9w0BAQEFAASC', JSON.stringify(json)]) {
      expect(redact(text)).not.toMatch(/MIIE|hkiG/);
    }
    expect(redact('-----BEGIN PRIVATE KEY-----')).toContain('BEGIN');
  });

  test('that is short only where it stands in quotes, since it may be a word', () => {
    const redact = redactor(['python']);
    expect(redact('python main.py')).toBe('python main.py');
    expect(redact('{"password":"python"}')).toBe('{"password":"***"}');
    expect(redact('{\\"password\\":\\"python\\"}')).toBe('{\\"password\\":\\"***\\"}');
  });

  test('the longer one first, where one holds the other', () => {
    expect(redactor(['abcdefgh', 'abcdefghijkl'])('abcdefghijkl')).toBe('***');
  });

  test('whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 8 }), fc.string(), (any, around) => {
        fc.pre(any.trim() !== '' && !around.includes(any));
        const redact = redactor([any]);
        for (const text of [any, JSON.stringify(any)]) {
          expect(redact(`[${text}]`)).not.toContain(text.slice(1, -1).length > 6 ? text : '\u0000never');
        }
        expect(redact(around + any)).not.toContain(any);
      }),
    );
  });
});

test.each([
  ['', ['x'], false],
  ['   ', [], false],
  ['secret-key', ['my-secret-key-template'], false],
  ['secret-key', ['template'], true],
])('%j beside %j is maskable: %s', (text, visible, expected) => {
  expect(maskable(text, visible)).toBe(expected);
  expect(redactor([text], visible)(`<${text}>`)).toBe(expected ? '<***>' : `<${text}>`);
});

test('plain data keeps its shape, its names and what is no text', () => {
  const value = { 'secret-key': ['a secret-key', 1, null, true, undefined, { deep: 'secret-key' }] };
  expect(redactDeep(value, redactor(['secret-key']))).toEqual({
    'secret-key': ['a ***', 1, null, true, undefined, { deep: '***' }],
  });
});
