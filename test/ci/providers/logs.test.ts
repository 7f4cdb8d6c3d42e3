/** What is printed on each system: its own marks for groups and annotations, and no other text that acts as one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseProvider } from '../../../src/ci/providers/choose-provider.ts';
import { jobOutput, type Output } from '../../../src/report/log/output.ts';
import { captureStdout } from '../../support/captured-output.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { runnerCommands } from '../../support/runner-log.ts';
import { azureLog, buildkiteHeadings, gitlabSections, terminalText } from '../../support/system-logs.ts';
import { systemVariables } from '../../support/system-variables.ts';

const environments = {
  gitlab: systemVariables.gitlab['the default branch'],
  azure: systemVariables.azure['a branch'],
  buildkite: systemVariables.buildkite['the default branch'],
  circle: systemVariables.circle['a branch'],
  terminal: {},
} satisfies Record<string, NodeJS.ProcessEnv>;

async function printed(
  system: keyof typeof environments,
  print: (output: Output) => void,
  more: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { commands } = await chooseProvider({ ...environments[system], ...more });
  return captureStdout(() => {
    const output = jobOutput(commands, { workspace: '/w' });
    print(output);
    output.close();
  });
}

const story = (output: Output): void => {
  output.line('Definition: template.ts');
  output.startGroup('[1/2] RUN make');
  output.printUntrusted('cc main.c');
  output.warning('slow', { title: 'W', inLog: true });
  output.startGroup('[2/2] RUN make test');
  output.printUntrusted('12 passed', 'stderr');
  output.endGroup();
  output.line('Ready');
  output.warning('old image', { title: 'Base', at: { file: '/w/template.ts', line: 3, column: 2 } });
  output.error('exit code 2\nTry again.', {
    title: 'A step failed',
    at: { file: '/w/template.ts', line: 7 },
  });
};

test('GitLab has collapsed sections, and annotations as colored lines', async () => {
  const log = await printed('gitlab', story);
  expect(log.replace(/:\d{9,}:/g, ':TIME:').split('\n')).toEqual([
    'Definition: template.ts',
    '\u001b[0Ksection_start:TIME:novita_template_1[collapsed=true]\r\u001b[0K\u001b[1m[1/2] RUN make\u001b[0m',
    '│ cc main.c',
    '\u001b[0Ksection_end:TIME:novita_template_1\r\u001b[0K',
    '\u001b[0Ksection_start:TIME:novita_template_2[collapsed=true]\r\u001b[0K\u001b[1m[2/2] RUN make test\u001b[0m',
    '┆ 12 passed',
    '\u001b[0Ksection_end:TIME:novita_template_2\r\u001b[0K',
    'Ready',
    '\u001b[33mWarning:\u001b[0m template.ts:3: Base: old image',
    '\u001b[31mError:\u001b[0m template.ts:7: A step failed: exit code 2',
    'Try again.',
    '',
  ]);
});

test('Azure Pipelines has groups, and issues at their place', async () => {
  const { commands, warnings, formats } = azureLog(await printed('azure', story));
  expect(formats).toEqual(['group', 'endgroup', 'group', 'endgroup']);
  expect(warnings).toEqual([]);
  expect(commands).toEqual([
    { name: 'task.logissue', properties: { type: 'warning' }, data: 'slow' },
    {
      name: 'task.logissue',
      properties: { type: 'warning', sourcepath: 'template.ts', linenumber: '3', columnnumber: '2' },
      data: 'template.ts:3: Base: old image',
    },
    {
      name: 'task.logissue',
      properties: { type: 'error', sourcepath: 'template.ts', linenumber: '7' },
      data: 'template.ts:7: A step failed: exit code 2\nTry again.',
    },
  ]);
});

test('Buildkite has closed groups for steps, and what follows them is open', async () => {
  const log = await printed('buildkite', story, { NO_COLOR: '1' });
  expect(log.split('\n')).toEqual([
    'Definition: template.ts',
    '--- [1/2] RUN make',
    '│ cc main.c',
    '--- [2/2] RUN make test',
    '┆ 12 passed',
    '+++ Template',
    'Ready',
    'Warning: template.ts:3: Base: old image',
    'Error: template.ts:7: A step failed: exit code 2',
    'Try again.',
    '',
  ]);
});

test('where there is only a log, groups are indented', async () => {
  const log = await printed('circle', story);
  expect(await printed('terminal', story, { NO_COLOR: '1' })).toBe(log);
  expect(log.split('\n').slice(0, 7)).toEqual([
    'Definition: template.ts',
    '▸ [1/2] RUN make',
    '  │ cc main.c',
    '▸ [2/2] RUN make test',
    '  ┆ 12 passed',
    'Ready',
    'Warning: template.ts:3: Base: old image',
  ]);
});

test.each([
  [{ FORCE_COLOR: '1' }, true],
  [{ FORCE_COLOR: '0' }, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  [{ NO_COLOR: '1' }, false],
  [{}, false],
])('%j decides about colors', async (variables, colored) => {
  const log = await printed('circle', story, variables);
  expect(log.includes('\u001b[31mError:')).toBe(colored);
});

type Print = (output: Output, text: string) => void;
const prints: Readonly<Record<string, Print>> = {
  line: (output, text) => output.line(text),
  stdout: (output, text) => output.printUntrusted(text),
  group: (output, text) => output.startGroup(text),
  notice: (output, text) => output.notice(text, { title: text }),
  warning: (output, text) => output.warning(text, { at: { file: `/w/${text}`, line: 1 } }),
  error: (output, text) => output.error(text, { title: text, at: { file: text, line: 2 } }),
};
const acts = fc.array(
  fc.tuple(
    fc.constantFrom(...Object.keys(prints)),
    fc.oneof(
      hostileText(),
      fc.constantFrom(
        '##vso[task.setvariable variable=a;isOutput=true]b',
        '##VSO[task.complete result=Failed]',
        'x ##vso[build.addbuildtag]y',
        '##vso',
        '##[error]x',
        '\u001b[0Ksection_start:1700000000:a\r\u001b[0Kx',
        'section_end:1700000000:novita_template_1\r\u001b[0K',
        '+++ open',
        '  --- fold',
        '^^^ +++',
        '~~~ x',
        '\u001b]1338;url=x\u0007',
        '\u001b_bk;t=1\u0007',
      ),
    ),
  ),
  { maxLength: 12 },
);

describe('nothing that is printed drives', () => {
  const hold = async (
    system: keyof typeof environments,
    judge: (log: string, made: readonly string[]) => void,
  ): Promise<void> => {
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        const log = await printed(system, (output) => {
          for (const [kind, text] of all) prints[kind]?.(output, text);
        });
        judge(
          log,
          all.map(([kind]) => kind),
        );
        // Azure's marks for groups are those of GitHub's older form.
        expect(runnerCommands(log).filter(({ name }) => !/^(end)?group$/.test(name))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  };
  const count = (made: readonly string[], ...kinds: string[]) =>
    made.filter((kind) => kinds.includes(kind)).length;

  test('Azure Pipelines', () =>
    hold('azure', (log, made) => {
      const { commands, warnings, formats } = azureLog(log);
      expect(warnings).toEqual([]);
      expect(commands.map(({ name }) => name)).toEqual(
        Array.from(
          { length: Math.min(10, count(made, 'warning')) + Math.min(9, count(made, 'error')) },
          () => 'task.logissue',
        ),
      );
      expect(formats.filter((format) => format !== 'endgroup')).toHaveLength(count(made, 'group'));
    }));

  test('GitLab', () =>
    hold('gitlab', (log, made) => {
      const marks = gitlabSections(log);
      const groups = count(made, 'group');
      expect(marks.map(({ mark }) => mark)).toEqual(
        Array.from({ length: groups * 2 }, (_, index) => (index % 2 === 0 ? 'start' : 'end')),
      );
      expect(log.match(/section_(?=start|end)/gi)?.length ?? 0).toBe(groups * 2);
    }));

  test('Buildkite', () =>
    hold('buildkite', (log, made) => {
      const ours = buildkiteHeadings(log).filter((heading) => heading !== '+++ Template');
      expect(ours).toHaveLength(count(made, 'group'));
    }));

  test.each(['circle', 'terminal'] as const)('%s', (system) =>
    hold(system, (log) => expect(terminalText(log).drives).toBe(false)),
  );
});
