import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createDefinitionLog } from '../../../src/report/log/definition-log.ts';
import { jobOutput, type Output, reportProblems } from '../../../src/report/log/output.ts';
import { logPlan } from '../../../src/report/log/plan-log.ts';
import { captureStdout, notingCommands } from '../../support/captured-output.ts';
import { renderedLog, runnerCommands, runnerLines } from '../../support/runner-log.ts';
import { definitionFile, samplePlan, workspace } from '../../support/sample-build.ts';

function printed(print: (output: Output) => void): string {
  return captureStdout(() => print(jobOutput(notingCommands(), { workspace })));
}

test('opening a group closes the open one, and warnings wait until a group is closed', () => {
  const log = printed((output) => {
    output.startGroup('one');
    output.warning('careful', { title: 'W' });
    output.line('in one');
    output.startGroup('two');
    output.endGroup();
    output.endGroup();
    output.close();
  });
  expect(runnerLines(log.trimEnd())).toEqual([
    '::group::one',
    'in one',
    '::endgroup::',
    '::warning title=W::W: careful',
    '::group::two',
    '::endgroup::',
  ]);
});

test('an error closes the open group first, so that it is seen without unfolding', () => {
  const log = printed((output) => {
    output.startGroup('one');
    output.error('broken', { title: 'E', at: { file: definitionFile, line: 6, column: 4 } });
    output.line('after');
    output.close();
  });
  expect(runnerLines(log.trimEnd())).toEqual([
    '::group::one',
    '::endgroup::',
    '::error title=E,file=sandbox/template.ts,line=6,col=4::sandbox/template.ts:6: E: broken',
    'after',
  ]);
});

test.each([
  [
    'in the workspace',
    definitionFile,
    { file: 'sandbox/template.ts', line: '2' },
    'sandbox/template.ts:2: text',
  ],
  ['beside the workspace', '/home/runner/work/repo/other.ts', {}, '/home/runner/work/repo/other.ts:2: text'],
  [
    'named like a parent',
    `${workspace}/..template.ts`,
    { file: '..template.ts', line: '2' },
    '..template.ts:2: text',
  ],
])('a file %s', (_, file, properties, data) => {
  const log = printed((output) => output.notice('text', { at: { file, line: 2 } }));
  expect(runnerCommands(log)).toEqual([{ name: 'notice', properties, data }]);
});

test('problems beyond the limit of annotations are printed as lines, and one error is kept free', () => {
  const problems = Array.from({ length: 12 }, (_, index) => ({
    title: `Problem ${index + 1}`,
    message: 'Fix it.',
    at: { file: definitionFile, line: index + 1 },
  }));
  const log = printed((output) => reportProblems(output, problems));
  expect(runnerCommands(log)).toHaveLength(9);
  expect(runnerLines(log.trimEnd()).slice(9)).toEqual([
    'error: sandbox/template.ts:10: Problem 10: Fix it.',
    'error: sandbox/template.ts:11: Problem 11: Fix it.',
    'error: sandbox/template.ts:12: Problem 12: Fix it.',
  ]);
});

test('warnings beyond ten are printed as lines and counted once at the end', () => {
  const log = printed((output) => {
    for (let index = 1; index <= 12; index += 1) output.warning(`careful ${index}`);
    output.close();
    output.close();
  });
  expect(runnerCommands(log)).toHaveLength(10);
  expect(runnerLines(log.trimEnd()).slice(10)).toEqual([
    'warning: careful 11',
    'warning: careful 12',
    '2 more warnings in the log: a step shows at most 10 as annotations.',
  ]);
});

test('a message is cut where the runner would cut it, with a mark', () => {
  const [error] = runnerCommands(
    printed((output) => output.error('x'.repeat(3000).concat('\n', 'y'.repeat(3000)))),
  );
  expect(error?.data.length).toBeLessThanOrEqual(4096);
  expect(error?.data).toMatch(/more characters\)$/);
});

test('the definition and the plan as a person reads them', () => {
  const plan = samplePlan();
  const warnings = [
    { title: 'Image', message: 'Its environment is unknown.', at: { file: definitionFile, line: 3 } },
  ];
  const log = printed((output) => {
    const definitionLog = createDefinitionLog(output, { file: definitionFile, workspace });
    definitionLog.programLine('hello\r\n::error::no', 'stdout');
    definitionLog.programLine('oh', 'stderr');
    definitionLog.loaded({ ...plan.definition, warnings });
    logPlan(output, plan);
    output.close();
  });
  expect(renderedLog(log)).toBe(
    `
▸ Output of sandbox/template.ts
  │ hello
  │ ::error::no
  ┆ oh
Definition: sandbox/template.ts, export template
SDK: novita-sandbox 2.1.1, bundled with the action
(warning sandbox/template.ts:3) Image: sandbox/template.ts:3: Image: Its environment is unknown.
▸ Plan
  name:   my-agent
  tags:   v1.4.0, default
  size:   2 CPU, 1024 MiB memory
  base:   FROM python:3.12
  [1/4]   ENV APP_ENV, PORT, HOME_DIR
  [2/4]   COPY app /srv/app (3 files, 12.4 kB)
  [3/4]   RUN pip install -r /srv/app/requirements.txt
  [4/4]   Write the environment for sandboxes (3 variables)
  start:  python /srv/app/main.py
  ready:  curl -sf localhost:8000
Builds of this plan are not reused: the registry cannot be reached.
`.trim(),
  );
});

test('in a separate process, everything reaches a pipe before the process ends', async () => {
  const program = `
    import { githubCommands } from './src/ci/providers/github-commands.ts';
    import { jobOutput } from './src/report/log/output.ts';
    const output = jobOutput(githubCommands(false), { workspace: '/w' });
    output.startGroup('group');
    for (let index = 0; index < 20000; index += 1) output.printUntrusted('line ' + index);
    output.error('broken', { title: 'T', at: { file: '/w/template.ts', line: 1 } });
    output.close();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    maxBuffer: 10_000_000,
  });
  const lines = runnerLines(stdout.trimEnd());
  expect(lines).toHaveLength(20_003);
  expect(lines.at(-1)).toBe('::error title=T,file=template.ts,line=1::template.ts:1: T: broken');
});
