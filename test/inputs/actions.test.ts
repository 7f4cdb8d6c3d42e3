import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readCleanupInputs } from '../../src/inputs/cleanup.ts';
import { readListInputs } from '../../src/inputs/list.ts';
import { readPromoteInputs } from '../../src/inputs/promote.ts';
import { readWaitInputs } from '../../src/inputs/wait.ts';

const id = '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b';
const key = { 'INPUT_API-KEY': 'sk_0123456789abcdef' };
const readers = {
  promote: { read: readPromoteInputs, env: { ...key, INPUT_NAME: 'my-agent', INPUT_FROM: 'v1' } },
  wait: { read: readWaitInputs, env: { ...key, INPUT_REFERENCE: `my-agent:${id}` } },
  cleanup: { read: readCleanupInputs, env: { ...key, INPUT_NAME: 'my-agent' } },
  list: { read: readListInputs, env: key },
};

describe.each(Object.entries(readers))('%s', (folder, { read, env }) => {
  test('has the defaults of its action.yml', async () => {
    const file = join(import.meta.dirname, '..', '..', folder, 'action.yml');
    const { inputs }: { inputs: Record<string, { default?: string }> } = parse(await readFile(file, 'utf8'));
    const declared = Object.fromEntries(
      Object.entries(inputs).flatMap(([name, { default: value = '' }]) =>
        value === '' || value.startsWith('${{') ? [] : [[`INPUT_${name.toUpperCase()}`, value]],
      ),
    );
    expect(read(env).problems).toEqual([]);
    expect(read({ ...declared, ...env })).toEqual(read(env));
  });

  test('reads no input that its action.yml does not declare', async () => {
    const file = join(import.meta.dirname, '..', '..', folder, 'action.yml');
    const { inputs } = parse(await readFile(file, 'utf8'));
    const asked = new Set<string>();
    const watched = new Proxy<NodeJS.ProcessEnv>(env, {
      get(target, name: string) {
        if (name.startsWith('INPUT_')) asked.add(name.slice('INPUT_'.length).toLowerCase());
        return target[name];
      },
    });
    read(watched);
    expect([...asked].sort()).toEqual(Object.keys(inputs).sort());
  });

  // Without one, git says what has changed.
  test.runIf(folder !== 'list')('needs a key', () => {
    const { problems } = read({ ...env, 'INPUT_API-KEY': '' });
    expect(problems).toMatchObject([{ title: 'Input api-key' }]);
  });
});

test.each([
  ['v1', 'v1'],
  ['Sha-0A1B', 'sha-0a1b'],
  [id.toUpperCase(), id],
  [`my-agent:${id}`, id],
  ['my-agent:v1', 'v1'],
])('promote takes %s for %s', (from, expected) => {
  const { inputs, problems } = readPromoteInputs({ ...readers.promote.env, INPUT_FROM: from });
  expect(problems).toEqual([]);
  expect(inputs.from).toBe(expected);
});

test('wait takes a reference, its parts, or both', () => {
  const parts = { INPUT_NAME: 'my-agent', 'INPUT_BUILD-ID': id.toUpperCase() };
  for (const env of [
    { INPUT_REFERENCE: `my-agent:${id}` },
    parts,
    { ...parts, INPUT_REFERENCE: `my-agent:${id}` },
  ]) {
    const { inputs, problems } = readWaitInputs({ ...key, ...env });
    expect(problems).toEqual([]);
    expect(inputs).toMatchObject({ name: 'my-agent', buildId: id });
  }
});

test('cleanup takes several names, each once', () => {
  const { inputs } = readCleanupInputs({ ...key, INPUT_NAME: 'a, b\n\n a ,c' });
  expect(inputs.names).toEqual(['a', 'b', 'c']);
});

describe('cleanup: content-days', () => {
  const read = (env: NodeJS.ProcessEnv) =>
    readCleanupInputs({ ...readers.cleanup.env, 'INPUT_GITHUB-TOKEN': 'ghs_0123456789', ...env });

  test.each([
    ['1', 1],
    ['90', 90],
    ['3650', 3650],
  ])('takes %s', (days, contentDays) => {
    const { inputs, problems } = read({ INPUT_MODE: 'sweep', 'INPUT_CONTENT-DAYS': days });
    expect(problems).toEqual([]);
    expect(inputs.contentDays).toBe(contentDays);
  });

  test.each(['sweep', 'event'])('may be left out with mode: %s', (mode) => {
    const { inputs, problems } = read({ INPUT_MODE: mode, 'INPUT_CONTENT-DAYS': ' ' });
    expect(problems).toEqual([]);
    expect(inputs).not.toHaveProperty('contentDays');
  });

  test.each(['0', '-1', '1.5', '3651', '90d', 'never', '1e3'])('refuses %s', (days) => {
    expect(read({ INPUT_MODE: 'sweep', 'INPUT_CONTENT-DAYS': days }).problems).toEqual([
      {
        title: 'Input content-days',
        message: `found "${days}", expected a whole number of days from 1 to 3650, or nothing to keep content tags for ever.`,
      },
    ]);
  });

  test.each(['event', ''])('says that it does nothing with mode: %j', (mode) => {
    const { inputs, problems } = read({ INPUT_MODE: mode, 'INPUT_CONTENT-DAYS': '90' });
    expect(problems).toMatchObject([
      { title: 'Input content-days', message: expect.stringMatching(/^found "90", expected nothing with/) },
    ]);
    expect(inputs).not.toHaveProperty('contentDays');
  });

  test('is no second mistake where the mode is one', () => {
    const { problems } = read({ INPUT_MODE: 'sweeep', 'INPUT_CONTENT-DAYS': '90' });
    expect(problems.map(({ title }) => title)).toEqual(['Input mode']);
  });
});
