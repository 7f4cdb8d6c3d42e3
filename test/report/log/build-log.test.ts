import { expect, test } from 'vitest';
import type { LogLevel } from '../../../src/api/types.ts';
import type { BuildEvent, BuildOutcome, UnfinishedStep } from '../../../src/driver/events.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { type BuildLogOptions, createBuildLog } from '../../../src/report/log/build-log.ts';
import { jobOutput } from '../../../src/report/log/output.ts';
import { captureStdout, notingCommands } from '../../support/captured-output.ts';
import { renderedLog, runnerCommands, runnerLines } from '../../support/runner-log.ts';
import {
  buildId,
  header,
  logLine,
  sampleDiagnosis,
  sampleOutcome,
  samplePlan,
  templateId,
  workspace,
} from '../../support/sample-build.ts';

function printed(
  events: readonly BuildEvent[],
  level?: LogLevel,
  timeLeft?: BuildLogOptions['timeLeft'],
): string {
  return captureStdout(() => {
    const output = jobOutput(notingCommands(), { workspace });
    const log = createBuildLog(output, samplePlan(), {
      ...(level && { level }),
      ...(timeLeft && { timeLeft }),
    });
    for (const event of events) log.show(event);
    log.close();
    output.close();
  });
}

const started = (id: string, text: string, cached = false): BuildEvent => ({
  type: 'step-started',
  step: header(id, text, cached),
  at: 0,
});
const finished = (id: string, durationMs?: number, cached = false): BuildEvent => ({
  type: 'step-finished',
  step: header(id, '', cached),
  ...(durationMs !== undefined && { durationMs }),
});
const line = (...args: Parameters<typeof logLine>): BuildEvent => ({ type: 'line', line: logLine(...args) });
const script = `${'QUJD'.repeat(40)} | base64 -d`;

const opening: BuildEvent[] = [
  { type: 'registered', templateId, buildId, tags: ['v1.4.0', 'default'] },
  { type: 'upload-started', step: 2, source: 'app', bytes: 12_400, fileCount: 3 },
  { type: 'upload-finished', step: 2, source: 'app', outcome: 'sent', sentBytes: 4_100, durationMs: 830 },
  { type: 'started' },
  line(undefined, `Building template ${templateId}/${buildId}`),
  started('base', 'FROM python:3.12', true),
  finished('base', 300, true),
  started('1', 'ENV APP_ENV test PORT 8000', true),
  finished('1', 0, true),
  started('2', 'COPY app /srv/app'),
  line('2', 'extracting', { level: 'debug' }),
  finished('2', 4_200),
];

test('a whole build reads as one group per step, then totals and identifiers', () => {
  const log = printed([
    ...opening,
    started('3', 'RUN pip install -r /srv/app/requirements.txt\n  --no-cache-dir'),
    line('3', 'Collecting requests', { stream: 'stdout' }),
    line('3', 'Running pip as root', { stream: 'stderr', level: 'warn' }),
    line('2', 'late line'),
    finished('3', 61_000),
    started('4', `RUN echo ${script}`),
    line('4', `+ echo ${script}`),
    finished('4', 800),
    started('finalize', 'Finalizing template build'),
    line('finalize', 'Template is ready'),
    finished('finalize', 5_700),
    line(undefined, 'Build finished, took 1m12s'),
    { type: 'finished', outcome: sampleOutcome() },
  ]);
  expect(renderedLog(log)).toBe(
    `
Registered my-agent as template tpl0abc, build 6f9c1e7a-1111-4222-8333-444455556666
▸ Upload 1 file set (12.4 kB)
  [2/4] app: 3 files, 12.4 kB
  [2/4] app: 4.1 kB sent in 0.8s
Build started
│ Building template tpl0abc/6f9c1e7a-1111-4222-8333-444455556666
▸ FROM python:3.12 (CACHED)
  Taken from the cache.
▸ [1/4] ENV APP_ENV, PORT, HOME_DIR (CACHED)
  Taken from the cache.
▸ [2/4] COPY app /srv/app
  done in 4.2s
▸ [3/4] RUN pip install -r /srv/app/requirements.txt
  │   --no-cache-dir
  │ Collecting requests
  (┆ marks what a command wrote to stderr)
  ┆ warning: Running pip as root
  │ [2/4] late line
(warning sandbox/template.ts:6) Build warning in [3/4]: Running pip as root
DONE 1m 01s
▸ [4/4] Write the environment for sandboxes (3 variables)
  done in 0.8s
▸ Finalize: start and ready commands
  │ Template is ready
  done in 5.7s
│ Build finished, took 1m12s

4 steps, 1 cached, 1m 12s
name:       my-agent
tags:       v1.4.0, default
templateId: tpl0abc
buildId:    6f9c1e7a-1111-4222-8333-444455556666
reference:  my-agent:6f9c1e7a-1111-4222-8333-444455556666
1 line below level info not shown; log-level: debug shows all.
`.trim(),
  );
});

test.each<[string, UnfinishedStep, string]>([
  [
    'failed',
    { how: 'failed', reason: "failed to run command 'pip\ninstall': exit status 1" },
    'failed after 0.4s: exit status 1',
  ],
  ['failed', { how: 'failed', reason: '' }, 'failed after 0.4s: The service gave no reason.'],
  ['stopped', { how: 'stopped' }, 'not done: the build ended after 0.4s'],
  ['was lost sight of', { how: 'unseen' }, 'not seen to its end, 0.4s so far'],
])('the group of a step that %s says so at its end', (_, unfinished, ending) => {
  const end: BuildEvent = { type: 'step-finished', step: header('3', ''), durationMs: 400, unfinished };
  const log = printed([...opening, started('3', 'RUN pip'), line('3', 'boom'), end]);
  expect(renderedLog(log).split('\n').slice(-2)).toEqual(['  │ boom', `  ${ending}`]);
  const slow = printed([...opening, started('3', 'RUN pip'), { ...end, durationMs: 47_000 }]);
  expect(renderedLog(slow)).not.toMatch(/DONE|done in 47s/);
});

test('that the template is ready is not among the last lines of a start command that died', () => {
  const lastLines = ['start: boom', 'Template is ready'].map((text) => logLine('finalize', text));
  const failure = { message: 'start command failed: exit status 1', stepId: 'finalize', lastLines };
  const shown = renderedLog(
    printed([{ type: 'finished', outcome: sampleOutcome({ status: 'error', failure }) }]),
  );
  expect(shown).toContain('Its last line:\n│ start: boom\n');
  expect(shown).not.toContain('Template is ready');
});

test('what a slow step took is seen without opening its group', () => {
  const log = printed([
    ...opening,
    started('3', 'RUN pip'),
    finished('3', 47_000),
    finished('finalize', 12_000),
  ]);
  expect(renderedLog(log).split('\n').slice(-3)).toEqual([
    '▸ [3/4] RUN pip install -r /srv/app/requirements.txt',
    'DONE 47s',
    'finalize done in 12s',
  ]);
});

test('the lines of the definition around the failing step stand before its output, with their address', () => {
  const sources = {
    around: () => [
      { number: 5, text: "  .copy('app', '/srv/app')" },
      { number: 6, text: "  .runCmd('make') ##[error]x" },
    ],
    link: () => 'https://github.com/o/r/blob/abc/sandbox/template.ts#L6',
  };
  const failure = { message: 'exit status 1', stepId: '3', lastLines: [logLine('3', 'boom')] };
  const log = captureStdout(() => {
    const output = jobOutput(notingCommands(), { workspace });
    createBuildLog(output, samplePlan(), { sources, workspace }).show({
      type: 'finished',
      outcome: sampleOutcome({ status: 'error', failure }),
    });
  });
  expect(renderedLog(log)).toContain(
    `
Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt
At sandbox/template.ts:6, https://github.com/o/r/blob/abc/sandbox/template.ts#L6
│ 5 |       .copy('app', '/srv/app')
│ 6 | >>>   .runCmd('make') ##\\[error]x
Its last line:
│ boom
`,
  );
  expect(renderedLog(log)).not.toMatch(/^(?:tags|reference):/m);
});

test('a failing step is repeated after its group, with one error at the line of the definition', () => {
  const lastLines = Array.from({ length: 40 }, (_, index) => logLine('3', `line ${index + 1}`));
  const log = printed([
    ...opening,
    started('3', 'RUN pip install'),
    line('3', 'line 40'),
    {
      type: 'finished',
      outcome: sampleOutcome({
        status: 'error',
        failure: { message: "failed to run command 'pip install': exit status 1", stepId: '3', lastLines },
      }),
    },
  ]);
  const shown = renderedLog(log).split('\n');
  const from = shown.indexOf('▸ [3/4] RUN pip install -r /srv/app/requirements.txt');
  expect(shown.slice(from, from + 5)).toEqual([
    '▸ [3/4] RUN pip install -r /srv/app/requirements.txt',
    '  │ line 40',
    '',
    'Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt. Its last 30 lines:',
    '│ line 11',
  ]);
  expect(shown).toContain('Failed: 4 steps, 1 cached, 1m 12s');
  const errors = runnerCommands(log).filter((command) => command.name === 'error');
  expect(errors).toEqual([
    {
      name: 'error',
      properties: {
        title: 'Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt',
        file: 'sandbox/template.ts',
        line: '6',
        col: '4',
      },
      data: `sandbox/template.ts:6: Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt: failed to run command 'pip install': exit status 1\nBuild my-agent:${buildId}`,
    },
  ]);
});

test.each([
  ['base', "image 'python:9' not found", 'Base image failed: FROM python:3.12', '3'],
  ['finalize', 'start command failed: exit status 1', 'Start command failed: python /srv/app/main.py', '8'],
  ['finalize', 'ready command failed: timed out', 'Ready command failed: curl -sf localhost:8000', '9'],
  ['finalize', 'configuration script failed', 'Finalize failed', '8'],
  ['optimize', 'no space', 'Optimize failed', undefined],
  [undefined, 'build was cancelled', 'The build failed', undefined],
])('a failure in %s points at its own line: %s', (stepId, message, title, at) => {
  const failure = { message, lastLines: [], ...(stepId !== undefined && { stepId }) };
  const log = printed([{ type: 'finished', outcome: sampleOutcome({ status: 'error', failure }) }]);
  const [error, ...others] = runnerCommands(log);
  expect(others).toEqual([]);
  expect(error?.properties['title']).toBe(title);
  expect(error?.properties['line']).toBe(at);
});

test('the annotation says what happened and what to do before it gives the reason', () => {
  const failure = { message: `failed: ${'x'.repeat(50_000)}`, stepId: '3', lastLines: [] };
  const outcome = sampleOutcome({ status: 'error', failure, diagnosis: sampleDiagnosis() });
  const [error] = runnerCommands(printed([{ type: 'finished', outcome }]));
  const lines = error?.data.split('\n') ?? [];
  expect(lines.slice(0, 3)).toEqual([
    'sandbox/template.ts:6: Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt: pip finds no package "reqeusts" that fits.',
    'Check its name.',
    'If that does not help, build once with skip-cache: true.',
  ]);
  expect(lines[3]).toMatch(/^The service says: failed: x+… \(48,\d+ more characters\)$/);
  expect(lines[4]).toBe(`Build my-agent:${buildId}`);
});

test('a superseded build is a notice and no error', () => {
  const failure = { message: 'build was cancelled', lastLines: [] };
  const diagnosis = sampleDiagnosis({ class: 'superseded', what: 'A newer build took its place.' });
  const log = printed([
    { type: 'finished', outcome: sampleOutcome({ status: 'superseded', failure, diagnosis }) },
  ]);
  expect(runnerCommands(log)).toEqual([
    {
      name: 'notice',
      properties: { title: 'Superseded by a newer build' },
      data: expect.stringMatching(/^Superseded by a newer build: A newer build took its place\./),
    },
  ]);
  expect(log).toContain('Superseded: 4 steps');
});

test('a step that the SDK added points at the last ENV, or at the image', () => {
  const at = (plan: Plan, stepId: string, message = 'failed') => {
    const outcome = sampleOutcome({ status: 'error', failure: { message, stepId, lastLines: [] } });
    const log = captureStdout(() =>
      createBuildLog(jobOutput(notingCommands(), { workspace }), plan).show({ type: 'finished', outcome }),
    );
    return runnerCommands(log)[0]?.properties['line'];
  };
  const plan = samplePlan();
  expect(at(plan, '4')).toBe('4');
  const withoutEnv = { ...plan, wire: { ...plan.wire, steps: plan.wire.steps.with(0, { type: 'RUN' }) } };
  expect(at(withoutEnv, '4')).toBe('3');
  const path = { type: 'ENV', args: ['PATH', '/opt/bin'] };
  const withPath = { ...plan, wire: { ...plan.wire, steps: plan.wire.steps.with(1, path) } };
  expect(at(withPath, 'finalize', 'configuration script failed')).toBe('5');
});

test('a build that ran out of time points at the step that was running', () => {
  const failure = { message: 'build timed out', lastLines: [] };
  const diagnosis = sampleDiagnosis({ class: 'build-timeout', stepId: '3' });
  const outcome = sampleOutcome({ status: 'error', failure, diagnosis });
  const [error] = runnerCommands(printed([{ type: 'finished', outcome }]));
  expect(error?.properties).toMatchObject({ title: 'The build took too long', line: '6' });
});

test('the values of an ENV of several lines are not printed', () => {
  const log = printed([started('1', 'ENV PRIVATE_KEY -----BEGIN\nAAAA\n-----END')]);
  expect(log).not.toContain('AAAA');
});

test('a failure without a reason is an error all the same', () => {
  const [error] = runnerCommands(
    printed([{ type: 'finished', outcome: sampleOutcome({ status: 'error' }) }]),
  );
  expect(error?.name).toBe('error');
  expect(error?.data).toMatch(/^The build failed: The service gave no reason\./);
});

test('last lines stay short, however long a single entry is', () => {
  const lastLines = [
    logLine('3', 'early'),
    logLine('3', 'z'.repeat(20_000)),
    logLine('3', 'x\n'.repeat(500_000)),
  ];
  const failure = { message: 'm', stepId: '3', lastLines };
  const log = printed([{ type: 'finished', outcome: sampleOutcome({ status: 'error', failure }) }]);
  expect(log.length).toBeLessThan(20_000);
  expect(log).toContain('│ x\n');
});

test('the script of a step that the SDK added is shown nowhere', () => {
  const failure = {
    message: `failed to run command 'echo ${script}': exit status 1`,
    stepId: '4',
    lastLines: [logLine('4', `+ echo ${script}`), logLine('4', `sh: ${script}: no`, { level: 'error' })],
  };
  const log = printed(
    [
      started('4', `RUN echo ${script}\nsecond line ${script}`),
      line('4', `+ echo ${script}`),
      line('4', 'read-only file system', { stream: 'stderr' }),
      { type: 'finished', outcome: sampleOutcome({ status: 'error', failure }) },
    ],
    'debug',
  );
  expect(log).not.toContain('QUJDQUJD');
  expect(log).toContain('┆ read-only file system\n');
  expect(log).toContain('Write the environment for sandboxes (3 variables)');
});

test('fifty thousand lines are shown once each and in order', () => {
  const texts = Array.from({ length: 50_000 }, (_, index) => `line ${index}`);
  const log = printed([started('3', 'RUN x'), ...texts.map((text) => line('3', text)), finished('3', 1)]);
  expect(runnerLines(log).filter((shown) => shown.startsWith('│ '))).toEqual(
    texts.map((text) => `│ ${text}`),
  );
});

test.each([
  ['debug', ['debug', 'info', 'warn', 'error'], 0],
  ['info', ['info', 'warn', 'error'], 1],
  ['warn', ['warn', 'error'], 2],
  ['error', ['error'], 3],
] as const)('level %s shows %j and counts the rest', (level, shown, leftOut) => {
  const levels = ['debug', 'info', 'warn', 'error'] as const;
  const log = printed(
    [
      started('3', 'RUN x'),
      ...levels.map((of) => line('3', `text-${of}`, { level: of })),
      finished('3'),
      { type: 'finished', outcome: sampleOutcome() },
    ],
    level,
  );
  const lines = runnerLines(log).filter((text) => text.startsWith('│ '));
  expect(lines.map((text) => text.replace(/^.*text-/, ''))).toEqual(shown);
  expect(log.includes(`${leftOut} line`)).toBe(leftOut > 0);
});

test('at most ten warnings become annotations; the others are counted, and each line is printed once', () => {
  const warnings = Array.from({ length: 25 }, (_, index) => line('3', `careful ${index}`, { level: 'warn' }));
  const log = printed([started('3', 'RUN x'), ...warnings, ...warnings.slice(0, 3), finished('3')]);
  expect(runnerCommands(log).filter((command) => command.name === 'warning')).toHaveLength(10);
  expect(runnerLines(log).filter((text) => text === '│ warning: careful 24')).toHaveLength(1);
  expect(log).toContain('15 more warnings in the log');
});

test('a line about the whole build ends the group; the step continues in a new group', () => {
  const log = printed([
    started('3', 'RUN x'),
    line('3', 'one'),
    line(undefined, 'moved to another node'),
    line('3', 'two'),
    line('config', 'no header announced this', { level: 'info' }),
  ]);
  expect(renderedLog(log).split('\n')).toEqual([
    '▸ [3/4] RUN pip install -r /srv/app/requirements.txt',
    '  │ one',
    '│ moved to another node',
    '▸ [3/4] RUN pip install -r /srv/app/requirements.txt (continued)',
    '  │ two',
    '  │ config no header announced this',
  ]);
  expect(runnerCommands(log).map((command) => command.name)).toEqual([
    'group',
    'endgroup',
    'group',
    'endgroup',
  ]);
});

test('a long title is cut at a word and keeps CACHED in sight', () => {
  const long = `RUN apt-get install -y ${'libsomething-dev '.repeat(20)}`;
  const plan = samplePlan({ steps: [{ number: 1, title: long }] });
  const log = captureStdout(() => {
    const build = createBuildLog(jobOutput(notingCommands()), plan);
    build.show({
      type: 'step-started',
      step: { id: '1', number: 1, total: 1, text: long, cached: true },
      at: 0,
    });
    build.close();
  });
  const title = runnerCommands(log)[0]?.data ?? '';
  expect(title).toMatch(/^\[1\/1\] RUN apt-get install .*libsomething-dev… \(CACHED\)$/);
  expect(title.length).toBeLessThanOrEqual(100);
});

test('says between the groups how far the build is, where that is known and the rest takes a while', () => {
  const left: Readonly<Record<string, number>> = { '2': 95_000, '3': 44_000, '4': 9_000, finalize: 12_000 };
  const log = printed(
    [
      ...opening,
      started('3', 'RUN x'),
      started('3', 'RUN x'),
      started('4', 'RUN y'),
      started('finalize', 'Finalizing'),
    ],
    'info',
    ({ id, cached }) => (cached ? undefined : left[id]),
  );
  const shown = renderedLog(log).split('\n');
  expect(shown.slice(shown.indexOf('▸ [1/4] ENV APP_ENV, PORT, HOME_DIR (CACHED)'))).toEqual([
    '▸ [1/4] ENV APP_ENV, PORT, HOME_DIR (CACHED)',
    '  Taken from the cache.',
    'Step 2 of 4, about 2 min left',
    '▸ [2/4] COPY app /srv/app',
    '  done in 4.2s',
    'Step 3 of 4, about 40 s left',
    '▸ [3/4] RUN pip install -r /srv/app/requirements.txt',
    '▸ [3/4] RUN pip install -r /srv/app/requirements.txt',
    '▸ [4/4] Write the environment for sandboxes (3 variables)',
    'About 10 s left',
    '▸ Finalize: start and ready commands',
  ]);
});

test.each<[string, Partial<BuildOutcome>, string]>([
  [
    'a test that failed',
    {
      ...{ endedDuring: 'test', test: { passed: false, commands: [] } },
      diagnosis: { ...sampleDiagnosis(), class: 'smoke-test' },
    },
    'Built, and its test failed',
  ],
  [
    'a job that was cancelled during the test',
    { abortedBy: 'interrupted', endedDuring: 'test' },
    'Built, and not tested',
  ],
  [
    'a job that was cancelled while the tags moved',
    { abortedBy: 'interrupted', endedDuring: 'tags', test: { passed: true, commands: [] } },
    'Built, and its test passed, and its tags were not seen to move',
  ],
  [
    'tags that the service refused',
    {
      ...{ endedDuring: 'test', test: { passed: true, commands: [] } },
      failure: { message: 'answered 403', lastLines: [] },
    },
    'Built, and its test passed, and its tags were not moved',
  ],
])('the totals tell how far %s came', (_what, changes, words) => {
  const log = printed([{ type: 'finished', outcome: sampleOutcome({ status: 'error', ...changes }) }]);
  expect(renderedLog(log)).toContain(`${words}: 4 steps`);
});
