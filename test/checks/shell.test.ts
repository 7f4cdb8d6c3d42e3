/** Which programs a shell text runs, and with which words. */
import { describe, expect, test } from 'vitest';
import { commandsOf } from '../../src/checks/shell.ts';

const programs = (text: string) => commandsOf(text).map(({ program }) => program);

describe('the programs of a text', () => {
  test.each([
    ['a && b | c; (d); { e; } & f', 'a b c d e f'],
    ['if a; then b; else c; fi; for i in x; do d; done; while e; do f; done', 'a b c d e f'],
    ['/usr/bin/a; ./b.sh', 'a b.sh'],
    ['a $(b "$(c)") `d`', 'a b c d'],
    ['sudo -u x -E a; doas -u x b; env A=1 -u B c; exec -a x d; nohup e', 'a b c d e'],
    ['timeout 5 a; timeout -s KILL 5 b; gosu x c; nice -n 5 d; stdbuf -oL e; tini -- f', 'a b c d e f'],
    ['sudo', 'sudo'],
    ["bash -c 'a && b'; sh -ec c; bash -lc 'sudo d'; bash e.sh; bash", 'a b c d bash bash'],
    ["cat <<'E'\na\nE", 'cat'],
    ['# a\nb # c', 'b'],
    ['A=1', ''],
  ])('%s', (text, expected) => expect(programs(text).join(' ')).toBe(expected));

  test('go five shells deep, and no deeper', () => {
    const within = (depth: number): string =>
      depth === 0 ? 'a' : `bash -c ${JSON.stringify(within(depth - 1))}`;
    expect(programs(within(3))).toEqual(['a']);
    expect(programs(within(5))).toEqual(['a']);
    expect(programs(within(6))).toEqual([]);
  });

  test('are none where no person wrote the text', () => {
    expect(programs(`a ${'x'.repeat(199_998)}`)).toEqual(['a']);
    expect(programs(`a ${'x'.repeat(199_999)}`)).toEqual([]);
  });
});

test.each([
  ['plain', true],
  ["'a'b", true],
  ['"a b"', true],
  ["$'a'b", true],
  ['$A', false],
  ['"a$A"', false],
  ['a$(b)', false],
  ['*.txt', false],
])('the word %s is fixed: %s', (word, fixed) =>
  expect(commandsOf(`x ${word}`)[0]?.args[0]?.fixed).toBe(fixed),
);

test('variables and files of a command', () => {
  const [command] = commandsOf('A=1 env B=2 C=$D sudo E="f g" x --y z > out 2>> err < in');
  expect(command).toMatchObject({
    program: 'x',
    args: [{ text: '--y' }, { text: 'z' }],
    outputs: ['out', 'err'],
    variables: [
      { name: 'A', value: { text: '1', fixed: true } },
      { name: 'B', value: { text: '2', fixed: true } },
      { name: 'C', value: { text: '$D', fixed: false } },
      { name: 'E', value: { text: 'f g', fixed: true } },
    ],
  });
});
