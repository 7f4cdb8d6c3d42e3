import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parseTest } from '../../src/smoke-test/parse-test.ts';

describe('the input test', () => {
  test.each<[text: string, titles: string[]]>([
    ['', []],
    ['\n  \n', []],
    ['python --version', ['python --version']],
    [
      'python --version\n\n  # a comment\ncurl -sf localhost:8000  \n',
      ['python --version', 'curl -sf localhost:8000'],
    ],
    ['a \\\n  b \\\n  c\nd', ['a b c', 'd']],
    ['echo a\\\\\necho b', ['echo a\\\\', 'echo b']],
    ['a \\', ['a \\']],
    ['one\r\ntwo\r\n', ['one', 'two']],
    ['echo "# no comment"', ['echo "# no comment"']],
    ['#!/usr/bin/env python3\nprint(1)\n', ['script (#!/usr/bin/env python3)']],
    ['# first\n#!/bin/sh', []],
  ])('%j', (text, titles) => {
    expect(parseTest(text).map(({ title }) => title)).toEqual(titles);
  });

  test('hands a continued line and a script to bash as they are', () => {
    const run = (text: string) =>
      parseTest(text).map(({ command }) => execFileSync('bash', ['-l', '-c', command], { encoding: 'utf8' }));
    expect(run("printf '%s-%s' \\\n  'a  b' \\\n  c")).toEqual(['a  b-c']);
    expect(run('#!/bin/sh\nfor n in 1 2; do\n  echo "$n \'$0\'" | cut -c1\ndone\n')).toEqual(['1\n2\n']);
    expect(run('#!/usr/bin/awk -f\nBEGIN { print "ä € $HOME" }')).toEqual(['ä € $HOME\n']);
  });
});
