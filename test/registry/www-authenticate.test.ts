import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/registry/www-authenticate.ts';

const plain = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each<[string, unknown]>([
  ['', []],
  ['Basic', [['basic', {}]]],
  ['Basic realm="a, b"', [['basic', { realm: 'a, b' }]]],
  [
    'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:a/b:pull,push' }]],
  ],
  ['BEARER scope=x , service = "y",, REALM=z', [['bearer', { scope: 'x', service: 'y', realm: 'z' }]]],
  [
    'Basic realm="a", Bearer realm="b"',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ],
  ],
  [
    'Negotiate, Basic realm=a',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a' }],
    ],
  ],
  [
    'NTLM TlRM/+-._~==, Basic realm=a',
    [
      ['ntlm', {}],
      ['basic', { realm: 'a' }],
    ],
  ],
  ['Bearer realm="Bearer realm=\\"x\\", Basic \\\\"', [['bearer', { realm: 'Bearer realm="x", Basic \\' }]]],
  ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
  ['Bearer realm=""', [['bearer', { realm: '' }]]],
  ['Bearer realm="not ended', [['bearer', {}]]],
  ['Bearer realm="a"; Basic realm="b"', [['bearer', { realm: 'a' }]]],
  ['realm="a"', []],
  ['Bearer __proto__="x"', [['bearer', Object.fromEntries([['__proto__', 'x']])]]],
])('%s', (header, expected) => {
  expect(plain(header)).toEqual(expected);
});

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,7}$/);
const value = fc.oneof(token, fc.string({ maxLength: 12 }));
const challenge = fc.record({
  scheme: token,
  parameters: fc.uniqueArray(fc.tuple(token, value), {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 4,
  }),
});

test('whatever is written in quotes is read back, however many there are', () => {
  const written = ({ scheme, parameters }: { scheme: string; parameters: [string, string][] }) =>
    `${scheme} ${parameters.map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`).join(', ')}`.trim();
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
      expect(plain(challenges.map(written).join(', '))).toEqual(
        challenges.map(({ scheme, parameters }) => [
          scheme.toLowerCase(),
          Object.fromEntries(parameters.map(([name, text]) => [name.toLowerCase(), text])),
        ]),
      );
    }),
  );
});

test('any text comes to an end', () => {
  const piece = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'realm', '\t', 'ä', '==');
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 }))), (pieces) => {
      parseChallenges(pieces.join(''));
    }),
    { numRuns: 500 },
  );
  for (const long of ['a', '"', 'a=', 'a="', 'a =', ', ', 'a b=c,'])
    parseChallenges(`B ${long.repeat(4000)}`);
});
