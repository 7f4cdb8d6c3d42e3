import { describe, expect, test } from 'vitest';
import { settleInputs } from '../../../src/actions/build-template/settle-inputs.ts';
import type { DefinitionSettings } from '../../../src/definition/definition.ts';
import { readBuildInputs } from '../../../src/inputs/build.ts';

const at = { file: '/home/runner/work/repo/repo/build.ts', line: 7 };

function settle(
  env: NodeJS.ProcessEnv,
  settings: DefinitionSettings | undefined,
  kind: 'push' | 'pull_request',
) {
  const { inputs } = readBuildInputs({ 'INPUT_API-KEY': 'sk_0123456789abcdef', ...env });
  return settleInputs(inputs, settings, { kind }, ({ line }) => `build.ts:${line}`);
}

const all: DefinitionSettings = {
  name: { value: 'my-agent', at },
  tags: { value: ['v1', 'stable'], at },
  cpuCount: { value: 4, at },
  memoryMb: { value: 8192, at },
  skipCache: { value: true, at },
  logLevel: { value: 'debug', at },
};

describe('what the definition says', () => {
  test('is used where the inputs are silent, and the log says so', () => {
    const { settled, lines, problems } = settle({}, all, 'push');
    expect(problems).toEqual([]);
    expect(settled).toMatchObject({
      ...{ name: 'my-agent', tags: 'v1, stable', cpuCount: 4, memoryMb: 8192 },
      ...{ skipCache: true, reuse: 'never', logLevel: 'debug' },
    });
    expect(lines).toEqual([
      'Name: my-agent, from build.ts:7',
      'CPU: 4, from build.ts:7',
      'Memory in MiB: 8192, from build.ts:7',
      'Skip the cache: true, from build.ts:7',
      'Log level: debug, from build.ts:7',
      'Tags: v1, stable, from build.ts:7',
    ]);
  });

  test('gives way to the inputs, and the log names both', () => {
    const env = {
      ...{ INPUT_NAME: 'other', INPUT_TAGS: 'v2\nlatest', 'INPUT_CPU-COUNT': '2', 'INPUT_MEMORY-MB': '1024' },
      ...{ 'INPUT_SKIP-CACHE': 'false', 'INPUT_LOG-LEVEL': 'info' },
    };
    const { settled, lines, problems } = settle(env, all, 'push');
    expect(problems).toEqual([]);
    expect(settled).toMatchObject({
      ...{ name: 'other', tags: 'v2\nlatest', cpuCount: 2, memoryMb: 1024 },
      ...{ skipCache: false, reuse: 'auto', logLevel: 'info' },
    });
    expect(lines).toEqual([
      'Name: other, from the input; build.ts:7 says my-agent',
      'CPU: 2, from the input; build.ts:7 says 4',
      'Memory in MiB: 1024, from the input; build.ts:7 says 8192',
      'Skip the cache: false, from the input; build.ts:7 says true',
      'Log level: info, from the input; build.ts:7 says debug',
      'Tags: v2, latest, from the input; build.ts:7 says v1, stable',
    ]);
  });

  test('is not repeated where the input is the same', () => {
    expect(settle({ INPUT_NAME: 'my-agent' }, { name: { value: 'my-agent', at } }, 'push').lines).toEqual([]);
  });

  test('gives a preview no tags', () => {
    const { settled, lines } = settle({}, all, 'pull_request');
    expect(settled.tags).toBe('');
    expect(lines.join('\n')).toContain(
      'Tags of the definition (v1, stable) are not for previews: the event decides',
    );
  });

  test('may be a name with capitals, which the service does not keep', () => {
    const { settled, lines, problems } = settle({}, { name: { value: 'My-Agent', at } }, 'push');
    expect(problems).toEqual([]);
    expect(settled.name).toBe('my-agent');
    expect(lines).toEqual([
      'Name: my-agent, from build.ts:7',
      'The service keeps names in lower case: My-Agent is my-agent',
    ]);
    expect(settle({ INPUT_NAME: 'my-agent' }, { name: { value: 'My-Agent', at } }, 'push').lines).toEqual([]);
  });

  test('may be a name with a tag', () => {
    const { settled } = settle({}, { name: { value: 'my-agent:v3', at } }, 'push');
    expect(settled).toMatchObject({ name: 'my-agent', tags: 'v3' });
  });

  test.each<[settings: DefinitionSettings, title: string, message: RegExp]>([
    [{ name: { value: 'My Agent', at } }, 'Name in the definition', /found "My Agent", expected lower-case/],
    [
      { name: { value: 'a', at }, cpuCount: { value: 3, at } },
      'CPU in the definition',
      /found 3, expected 1 or an even/,
    ],
    [
      { name: { value: 'a', at }, memoryMb: { value: 100, at } },
      'Memory in MiB in the definition',
      /found 100/,
    ],
    [{ name: { value: 'a', at }, tags: { value: ['ok', 'a b'], at } }, 'Tags in the definition', /a b/],
  ])('%j is a mistake at its line', (settings, title, message) => {
    const { problems } = settle({}, settings, 'push');
    expect(problems).toEqual([{ title, message: expect.stringMatching(message), at }]);
  });

  test('cannot skip the cache where nothing may be built', () => {
    const { problems } = settle({ INPUT_REUSE: 'require' }, all, 'push');
    expect(problems).toMatchObject([{ title: 'Input reuse', at }]);
  });
});

test('a name is needed from one of them, if the definition could be read', () => {
  expect(settle({}, {}, 'push').problems).toMatchObject([{ title: 'Input name' }]);
  expect(settle({}, undefined, 'push').problems).toEqual([]);
});

test('without either, the defaults stand', () => {
  const { settled, lines } = settle({ INPUT_NAME: 'a' }, {}, 'push');
  expect(settled).toMatchObject({
    cpuCount: 2,
    memoryMb: 1024,
    skipCache: false,
    reuse: 'auto',
    logLevel: 'info',
  });
  expect(settle({ INPUT_NAME: 'a', 'INPUT_CPU-COUNT': '8' }, {}, 'push').settled.memoryMb).toBe(4096);
  expect(lines).toEqual([]);
});
