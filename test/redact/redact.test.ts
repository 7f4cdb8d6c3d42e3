import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretStore, maskable, redactDeep, redactor } from '../../src/redact/redact.ts';
import { maskedTexts } from '../../src/redact/secret-forms.ts';
import { printableLines, singleLine } from '../../src/report/text/sanitize.ts';
import { hostileText } from '../support/hostile-text.ts';

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

const key = 'sk_test_4eC39HqLyjWDarjtT1zdp7dc';
const middle = /4eC39|yjWDar|1zdp7/;

describe('a secret is seen through what does not show', () => {
  const parted = (mark: string) => key.replace('HqLy', `Hq${mark}Ly`);
  test.each([
    ['a color', parted('\u001b[31m')],
    ['an 8-bit color', parted('\u009b0m')],
    ['a window title', parted('\u001b]0;title\u0007')],
    ['an empty link', parted('\u001b]8;;\u001b\\')],
    ['a zero-width space', parted('\u200b')],
    ['a soft hyphen and a byte order mark', parted('\u00ad\ufeff')],
    ['a tag character', parted('\u{e0041}')],
    ['a change of direction', parted('\u202e')],
    ['a backspace', parted('\b')],
    ['one after each character', [...key].join('\u200b')],
    ['an escape of JSON', JSON.stringify(parted('\u001b[31m'))],
    ['an escape of an address', encodeURIComponent(parted('\u200b'))],
    ['a line break', parted('\r\n  ')],
    ['a backslash', parted('\\_').replace('\\_', '')],
  ])('%s', (_, text) => {
    const shown = redactor([key])(`before ${text} after`);
    expect(shown).not.toMatch(middle);
    expect(shown).toMatch(/^before .?\*\*\*.? after$/);
    for (const line of [...printableLines(shown), singleLine(shown)]) expect(line).not.toMatch(middle);
  });

  test('and what surrounds it stays as it is, escapes and colors too', () => {
    const text = `\u001b[32mok\u001b[0m 100%25 "a\\nb" ${key} &amp; C:\\new\\x41 \u200b`;
    expect(redactor([key])(text)).toBe(text.replace(key, '***'));
    expect(redactor(['another-secret'])(text)).toBe(text);
  });
});

describe('a secret is found in what is made of it', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const urlSafe = (text: string) => Buffer.from(text).toString('base64url');
  test.each([
    ['base64 of it', base64(key)],
    ['base64 of user:key', base64(`robot:${key}`)],
    ['base64 of :key', base64(`:${key}`)],
    ['base64 of x-access-token:key', base64(`x-access-token:${key}`)],
    ['base64 of key:', base64(`${key}:`)],
    ['url-safe base64', urlSafe(`??>${key}`)],
    ['base64 without its padding', base64(`a:${key}`).replace(/=+$/, '')],
    ['base64 in an address', encodeURIComponent(base64(`ab:${key}`))],
    ['base64 as PHP writes JSON', JSON.stringify(base64(`a?${key}`)).replaceAll('/', '\\/')],
    ['base64 of base64', base64(JSON.stringify({ auth: base64(`u:${key}`) }))],
    ['hex', Buffer.from(key).toString('hex')],
    ['hex in capitals', Buffer.from(key).toString('hex').toUpperCase()],
    ['an address', encodeURIComponent(key).replaceAll('_', '%5F')],
    ['every character of an address', [...key].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')],
    ['HTML', key.replaceAll('_', '&#95;')],
    ['JSON with escapes for letters', [...key].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')],
    ['Markdown', key.replaceAll('_', '\\_')],
    ['a message that was cut', key.slice(0, 20)],
  ])('%s', (_, text) => {
    for (const before of ['x ', '"', 'Basic ', 'p=', '']) {
      const shown = redactor([key])(before + text);
      expect(shown).toContain('***');
      // Whatever is left of it is what stood around the key.
      expect(shown.length).toBeLessThan((before + text).length - key.length * 0.4);
    }
  });

  test('in bits beside others, where secrets overlap', () => {
    expect(redactor(['abcdefghijk', 'ghijklmnop'])('<abcdefghijklmnop>')).toBe('<***>');
  });

  test('unless it is part of what must be seen', () => {
    const redact = redactor(['my-agent-key-0815'], ['my-agent-key']);
    expect(redact('Template my-agent-key')).toBe('Template my-agent-key');
    expect(redact('my-agent-key-0815')).toBe('***');
  });
});

const body = ['MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC7VJTUt9Us8cKj', 'Xy+z/0815ab=='];
const pem = ['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----', ''].join('\n');
const account = {
  type: 'service_account',
  project_id: 'my-project-0815',
  private_key_id: '0123456789abcdef0123456789abcdef01234567',
  private_key: pem,
  client_email: 'robot@my-project-0815.iam.gserviceaccount.com',
  client_id: '123456789012345678901',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  universe_domain: 'googleapis.com',
};

describe('a secret of several lines', () => {
  const indented = JSON.stringify(account, undefined, 2);
  test.each([
    ['a key in PEM', pem, body],
    ['with CRLF', pem.replaceAll('\n', '\r\n'), body],
    ['on one line', pem.replaceAll('\n', '\\n'), [pem.replaceAll('\n', '\\n'), ...body]],
    ['encrypted', pem.replace('MIIE', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIE'), body],
    ['an account as a file', indented, body],
    ['with CRLF', indented.replaceAll('\n', '\r\n'), body],
    ['on one line', JSON.stringify(account), [JSON.stringify(account), ...body]],
    ['that is no JSON for a comma', indented.replace(/\n\}$/, ',\n}'), body],
    ['a user', '{\n "client_secret": "d-8Jxyz0815",\n "type": "authorized_user"\n}', ['d-8Jxyz0815']],
    ['logins', '{\n "auths": {\n  "r.example": { "auth": "cm9ib3Q6cGFzcw==" }\n }\n}', ['cm9ib3Q6cGFzcw==']],
    ['a password', 'short', []],
    ['a line and its end', 'a-password-0815\n', ['a-password-0815']],
    ['two words', 'first-word-0815\nx\nsecond-word-4711\n', ['first-word-0815', 'second-word-4711']],
  ])('%s: the runner masks what is secret of it', (_, secret, expected) => {
    const masked = maskedTexts(secret);
    expect(masked.filter((text) => text !== secret || expected.includes(text))).toEqual(expected);
    for (const text of masked) expect(text.trim().length).toBeGreaterThanOrEqual(8);
    for (const text of masked) expect(text.trim()).not.toMatch(/\n/);
  });

  test('is taken out whole, and what is harmless in it stays', () => {
    const redact = redactor([indented]);
    const { private_key: _, ...harmless } = account;
    for (const line of Object.values(harmless)) expect(redact(`see ${line}.`)).toBe(`see ${line}.`);
    for (const line of ['{', '}', '-----BEGIN PRIVATE KEY-----', '  "type": "service_account",']) {
      expect(redact(line)).toBe(line);
    }
    for (const text of [indented, JSON.stringify(account), JSON.stringify(indented), pem, ...body]) {
      expect(redact(`<${text}>`)).not.toMatch(/MIIEvA|Us8cKj|0815ab/);
    }
    for (const prefix of ['', '_json_key:', 'oauth2:']) {
      const whole = Buffer.from(prefix + indented).toString('base64');
      expect(redact(whole)).toMatch(/^.{0,16}\*\*\*$/);
      expect(redact(whole.replace(/.{76}/g, '$&\n'))).not.toMatch(/[\w+/]{40}/);
    }
    for (const width of [64, 76]) {
      const lines =
        Buffer.from(indented)
          .toString('base64')
          .match(new RegExp(`.{8,${width}}`, 'g')) ?? [];
      for (const line of lines) expect(redact(`│ ${line}`)).toBe('│ ***');
    }
  });
});

describe('tokens in addresses are taken out, whoever they belong to', () => {
  test.each([
    [
      'git clone https://x-access-token:ghs_abc@github.com/o/r',
      'git clone https://x-access-token:***@github.com/o/r',
    ],
    ['https://user:p%40ss@host/', 'https://user:***@host/'],
    ['https://user:p@ss@host/', 'https://user:***@host/'],
    ['https://token@host/', 'https://***@host/'],
    ['https://token:@host/', 'https://***:@host/'],
    ['https://0123:x-oauth-basic@github.com', 'https://***:***@github.com'],
    ['https://0123456789abcdef0123:x@github.com', 'https://***:***@github.com'],
    ['git+https://token@host/r.git#v1', 'git+https://***@host/r.git#v1'],
    ['HTTPS://U:P@host', 'HTTPS://U:***@host'],
    ['postgres://app:hunter2@db/app', 'postgres://app:***@db/app'],
    ['"https:\\/\\/u:pw@host"', '"https:\\/\\/u:***@host"'],
    ['https://u:p\u001b[1mw@host', 'https://u:***@host'],
    ['https%3A%2F%2Fu%3Apw%40host', 'https%3A%2F%2Fu%3A***%40host'],
    ['https://a:1@b https://c:2@d', 'https://a:***@b https://c:***@d'],
    ['https://host/?a=1&access_token=abc&b=2', 'https://host/?a=1&access_token=***&b=2'],
    ['curl -H "Authorization: Bearer abcdefgh"', 'curl -H "Authorization: Bearer ***"'],
    ["http.extraheader='AUTHORIZATION: basic eDp5eXl5'", "http.extraheader='AUTHORIZATION: basic ***'"],
    [`GITHUB_TOKEN ghp_${'a1'.repeat(18)}`, 'GITHUB_TOKEN ***'],
  ])('%s', (text, expected) => {
    expect(redactor([])(text)).toBe(expected);
    expect(redactor([])(expected)).toBe(expected);
  });

  test.each([
    'https://$TOKEN@github.com/o/r',
    'https://x-access-token:${GITHUB_TOKEN}@github.com/o/r',
    'https://oauth2:$(cat)@gitlab.com',
    'https://git@github.com/o/r',
    'ssh://git@github.com/o/r',
    'git@github.com:o/r.git',
    'https://registry.example/@scope/package',
    'https://example.com/?q=a@b',
    'https://example.com and me@example.com',
    'curl -H "Authorization: Bearer $TOKEN"',
    'python@sha256:0123 https://docs.example/a#b@c',
  ])('%s stays', (text) => {
    expect(redactor([])(text)).toBe(text);
  });
});

test('whatever is put around a secret and between its characters, no line that is shown holds it', () => {
  const noise = fc.array(
    fc.constantFrom('\u001b[0m', '\u200b', '\u0000', '\u202e', '\u001b]0;x\u0007', '\u00ad', '\b', '\u2060'),
    { maxLength: 3 },
  );
  const secrets = fc
    .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 })
    .filter((text) => text.replace(/\s/g, '').length >= 8 && !text.includes('***'));
  const codings: ((text: string) => string)[] = [
    (text) => text,
    encodeURIComponent,
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => JSON.stringify(JSON.stringify(text)).slice(1, -1),
    (text) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`),
  ];
  fc.assert(
    fc.property(
      secrets,
      fc.array(noise, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(...codings),
      hostileText(),
      hostileText(),
      (secret, noises, coded, before, after) => {
        fc.pre(!printableLines(`${before}\n${after}`).join('').includes(secret.trim()));
        const parts = [...secret].map((part, at) => part + (noises[at % noises.length] ?? []).join(''));
        const redact = redactor([secret]);
        const shown = redact(`${before}\n${coded(parts.join(''))}\n${after}`);
        for (const line of [...printableLines(shown), singleLine(shown, 10_000)]) {
          expect(line).not.toContain(secret.trim());
          expect(line).not.toContain(coded(secret.trim()));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a store hides each secret from when it is known', () => {
  const store = createSecretStore();
  const redact = store.redact;
  expect(redact(key)).toBe(key);
  store.add([key], ['name']);
  store.add(['another-secret'], ['sk_test']);
  expect(redact(`${key} another-secret sk_test`)).toBe('*** *** sk_test');
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
