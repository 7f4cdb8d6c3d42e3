/** What a matrix may hold, and what is said where GitHub would not take it. */
import { expect, test } from 'vitest';
import { matrixText } from '../../src/list/matrix.ts';

const entry = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  values: new Map(Object.entries({ template: `${name}/template.ts`, ...more, name })),
});

test('an entry begins with its name, and its flags and numbers are such', () => {
  const more = {
    'cpu-count': '4',
    wait: 'true',
    'skip-cache': 'false',
    tags: 'v1\n1.10',
    'comment-key': '007',
  };
  expect(matrixText([entry('a', more)])).toBe(
    '{"include":[{"name":"a","template":"a/template.ts","cpu-count":4,"wait":true,"skip-cache":false,"tags":"v1\\n1.10","comment-key":"007"}]}',
  );
});

test('a name of digits stays a text', () => {
  expect(JSON.parse(matrixText([entry('007'), entry('12')])).include).toMatchObject([
    { name: '007' },
    { name: '12' },
  ]);
});

test('no template gives no job', () => {
  expect(matrixText([])).toBe('{"include":[]}');
});

test('256 are taken, and one more is told how to split', () => {
  const entries = Array.from({ length: 257 }, (_, index) => entry(`t-${index}`));
  expect(JSON.parse(matrixText(entries.slice(1))).include).toHaveLength(256);
  expect(() => matrixText(entries)).toThrow(
    /^Too many templates for one matrix: found 257 templates, and a matrix has at most 256 jobs\. Split the list: a step for each part/,
  );
});

test('a text is told that is longer than the outputs of a job', () => {
  expect(() => matrixText([entry('a', { tags: 'ü'.repeat(500_000) })])).toThrow(
    /the matrix has 1000\d\d\d bytes, and the outputs of a job at most 1000000\. Split/,
  );
});
