import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readBuildInputs } from '../../src/inputs/build.ts';
import { readCleanupInputs } from '../../src/inputs/cleanup.ts';
import { readCommentInputs } from '../../src/inputs/comment.ts';
import { readListInputs } from '../../src/inputs/list.ts';
import { readPromoteInputs } from '../../src/inputs/promote.ts';
import { readWaitInputs } from '../../src/inputs/wait.ts';

const actions = [
  ['build', '.', readBuildInputs],
  ['promote', 'promote', readPromoteInputs],
  ['wait', 'wait', readWaitInputs],
  ['cleanup', 'cleanup', readCleanupInputs],
  ['comment', 'comment', readCommentInputs],
  ['list', 'list', readListInputs],
] as const;

/** The inputs that an `action.yml` declares. */
async function declared(folder: string): Promise<string[]> {
  const file = join(import.meta.dirname, '..', '..', folder, 'action.yml');
  return Object.keys(parse(await readFile(file, 'utf8')).inputs);
}

/** What is said about inputs that the action does not have. */
function aboutUnknown(read: (env: NodeJS.ProcessEnv) => ReturnType<typeof readWaitInputs>, name: string) {
  const { problems, warnings } = read({ [`INPUT_${name.toUpperCase()}`]: 'x' });
  const about = ({ message }: { message: string }) => message.startsWith('There is no input');
  return { problems: problems.filter(about), warnings: warnings.filter(about) };
}

describe.each(actions)('the %s action', (_, folder, reader) => {
  const read = reader as (env: NodeJS.ProcessEnv) => ReturnType<typeof readWaitInputs>;

  test('knows every input of its action.yml, and no other', async () => {
    const names = await declared(folder);
    for (const name of names) expect(aboutUnknown(read, name)).toEqual({ problems: [], warnings: [] });
    const asked = new Set<string>();
    const get = (_: object, variable: string) => {
      if (variable.startsWith('INPUT_')) asked.add(variable.slice('INPUT_'.length).toLowerCase());
      return undefined;
    };
    read(new Proxy<NodeJS.ProcessEnv>({}, { get }));
    expect([...asked].sort()).toEqual(names.sort());
  });

  test('stops at a letter that is missing, doubled, changed or swapped in any of them', async () => {
    for (const name of await declared(folder)) {
      const slips = [
        name.slice(0, -1),
        name + name.at(-1),
        `${name.slice(0, -1)}~`,
        name.slice(0, -2) + name.at(-1) + name.at(-2),
        `${name}xy`,
      ].filter((slip) => slip !== name);
      for (const slip of slips) {
        const { problems } = aboutUnknown(read, slip);
        // `tag` may mean an input that is as near.
        expect(problems, slip).toEqual([
          { title: `Input ${slip}`, message: expect.stringContaining('did you mean `') },
        ]);
      }
    }
  });

  test('only warns of what is like none of them', () => {
    expect(aboutUnknown(read, 'frobnicate')).toEqual({
      problems: [],
      warnings: [
        {
          title: 'Input frobnicate',
          message: expect.stringMatching(/^There is no input `frobnicate`, so it does nothing\./),
        },
      ],
    });
  });

  test('looks at variables of inputs alone', () => {
    const { warnings, problems } = read({ INPUTS: '1', MY_INPUT_TAG: '1', INPUT_: '1', input: '1' });
    expect([...warnings, ...problems].filter(({ message }) => /There is no input/.test(message))).toEqual([]);
  });
});

test.each([
  ['tag', 'tags'],
  ['Tag', 'tags'],
  ['cpu_count', 'cpu-count'],
  ['cpuCount', 'cpu-count'],
  ['cpus-count', 'cpu-count'],
  ['memory_mb', 'memory-mb'],
  ['memory', 'memory-mb'],
  ['cpu', undefined],
  ['allow_production_tag', 'allow-production-tags'],
  ['apikey', 'api-key'],
  ['working directory', 'working-directory'],
  ['workingDirectory', 'working-directory'],
  ['onMissingCredentials', 'on-missing-credentials'],
  ['timeout', undefined],
  ['dockerfile', undefined],
])('of the build action %s is taken for %s', (written, meant) => {
  const { problems, warnings } = readBuildInputs({
    INPUT_NAME: 'my-agent',
    'INPUT_API-KEY': 'sk_0123456789abcdef',
    [`INPUT_${written.replaceAll(' ', '_').toUpperCase()}`]: '',
  });
  const said = [...problems, ...warnings].map(({ message }) => /did you mean `(.*)`/.exec(message)?.[1]);
  expect(said).toEqual([meant]);
  expect(problems).toHaveLength(meant === undefined ? 0 : 1);
});
