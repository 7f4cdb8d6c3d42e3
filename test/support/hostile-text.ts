import fc from 'fast-check';

const names = [
  'error',
  'group',
  'endgroup',
  'add-mask',
  'set-output',
  'stop-commands',
  'add-matcher',
  'WARNING',
  'debug',
];

const fragment = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
  fc.constantFrom(...names).map((name) => `::${name}::x`),
  fc.constantFrom(...names).map((name) => `::${name} file=a,line=1::x`),
  fc.constantFrom(...names).map((name) => `##[${name}]x`),
  fc.constantFrom(
    '##',
    '[group]',
    '::',
    '##vso[task.complete]',
    '##TeamCity[x]',
    '<!-- x -->',
    '@octocat',
    '`',
    '```',
  ),
  fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\v',
    '\f',
    '\u0085',
    '\u2028',
    ' ',
    '\t',
    '\u00a0',
    '\u3000',
    '\ufeff',
  ),
  fc.constantFrom('\u001b', '\u001b[', '\u001b]0;', '\u0007', '\u009b', '\u009d', '\u001b\\', '\u0000'),
  fc.constantFrom(
    '\u200b',
    '\u00ad',
    '\u202e',
    '\u2066',
    '\ud800',
    '\udc00',
    '\u0301',
    '\u{e0020}',
    '\ufffe',
  ),
  fc.constantFrom(
    '%0A',
    '%0D',
    '%25',
    '%3A',
    '|',
    '\\|',
    '|\n|',
    '~~~',
    '<b>',
    ';',
    ':',
    'section',
    '%%{',
    '---',
    '#',
  ),
);

/** Text as an attacker, a broken program or an unlucky cut could produce it. */
export function hostileText(): fc.Arbitrary<string> {
  return fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(''));
}
