import { describe, expect, test } from 'vitest';
import { planOf, type Sample } from './sample-recipe.ts';

const sample: Sample = {
  tree: {},
  recipe: { fromImage: 'python:3.12' },
  steps: [],
  base: { kind: 'unknown', why: 'the registry is down' },
  cpuCount: 2,
  memoryMb: 1024,
};

async function warningsWith(type: string, ...args: string[]) {
  const { warnings } = await planOf({
    ...sample,
    steps: [
      { type: 'USER', args: ['root'] },
      { type, args },
    ],
  });
  return warnings;
}

describe('the warning of secrets in a plan', () => {
  test('stands at the line, names every such variable of the step and never a value', async () => {
    const [warning, ...others] =
      (await warningsWith('ENV', 'API_KEY', 'sk-12345', 'PORT', '80', 'DB_PASSWORD', 'hunter2')) ?? [];
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
  ])('is not given for %s', async (_, value) => {
    expect(await warningsWith('ENV', 'API_KEY', value)).toEqual([]);
  });

  test('is given for text around a variable', async () => {
    expect(await warningsWith('ENV', 'API_KEY', 'abc$OTHER')).toHaveLength(1);
  });

  test('concerns ENV steps alone', async () => {
    expect(await warningsWith('RUN', 'API_KEY', 'x')).toEqual([]);
  });
});

test('a base whose tag moves by habit gives a notice at its line, and another gives none', async () => {
  const noticesOf = async (fromImage: string) => (await planOf({ ...sample, recipe: { fromImage } })).notices;
  expect(await noticesOf('python:3.12')).toEqual([]);
  expect(await noticesOf('python')).toEqual([
    {
      title: 'A base image that moves',
      message: expect.stringContaining('python means another image every few days (tag latest)'),
      at: expect.objectContaining({ line: 2 }),
    },
  ]);
});
