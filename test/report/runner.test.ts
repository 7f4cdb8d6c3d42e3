import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BuildEvent, LogLine, StepHeader } from '../../src/driver/events.ts';
import { createBuildLog } from '../../src/report/log/build-log.ts';
import { createDefinitionLog } from '../../src/report/log/definition-log.ts';
import { jobOutput, reportProblems } from '../../src/report/log/output.ts';
import { logPlan } from '../../src/report/log/plan-log.ts';
import { captureStdout, notingCommands } from '../support/captured-output.ts';
import { hostileText } from '../support/hostile-text.ts';
import { runnerCommand, runnerCommands, runnerLines } from '../support/runner-log.ts';
import { sampleDiagnosis, sampleOutcome, samplePlan, workspace } from '../support/sample-build.ts';

/** Every command that the runner sees is one of ours, and no group holds another. */
function expectOnlyOurCommands(stdout: string, ours: readonly string[]): void {
  const commands = runnerCommands(stdout);
  expect(commands.map((command) => command.name)).toEqual(ours);
  let open = false;
  for (const { name, data, properties } of commands) {
    if (name === 'group') expect(open).toBe(false);
    if (name === 'endgroup') expect(open).toBe(true);
    if (name === 'group' || name === 'endgroup') open = name === 'group';
    // The runner prints titles and messages into its own log, where they are read once more.
    for (const line of [...runnerLines(data), ...Object.values(properties)]) {
      expect(line).not.toMatch(/##[a-z]*\[/i);
      expect(line).not.toMatch(/[\r\u001b\u202e]/);
    }
    expect(data.length).toBeLessThanOrEqual(4096);
  }
  expect(open).toBe(false);
  for (const kind of ['warning', 'error', 'notice']) {
    expect(commands.filter((command) => command.name === kind).length).toBeLessThanOrEqual(10);
  }
}

const text = hostileText();
const stepId = fc.oneof(fc.constantFrom('base', '1', '2', '3', '4', 'finalize', 'optimize'), text);
const header: fc.Arbitrary<StepHeader> = fc
  .tuple(stepId, text, fc.boolean())
  .map(([id, words, cached]) =>
    /^[1-4]$/.test(id)
      ? { id, number: Number(id), total: 4, text: words, cached }
      : { id, text: words, cached },
  );
const logLine: fc.Arbitrary<LogLine> = fc
  .record(
    {
      at: fc.constant(0),
      level: fc.constantFrom('debug', 'info', 'warn', 'error'),
      text,
      stepId,
      stream: fc.constantFrom('stdout', 'stderr'),
    },
    { requiredKeys: ['at', 'level', 'text'] },
  )
  .map((line) => line as LogLine);
const failed = fc.constantFrom('error', 'superseded', 'building');
const event: fc.Arbitrary<BuildEvent> = fc.oneof(
  { weight: 6, arbitrary: logLine.map((line) => ({ type: 'line' as const, line })) },
  { weight: 2, arbitrary: header.map((step) => ({ type: 'step-started' as const, step, at: 0 })) },
  header.map((step) => ({ type: 'step-finished' as const, step, durationMs: 10 })),
  text.map((message) => ({ type: 'notice' as const, message })),
  text.map((id) => ({ type: 'registered' as const, templateId: id, buildId: id, tags: [id] })),
  text.map((source) => ({ type: 'upload-started' as const, step: 2, source, bytes: 1, fileCount: 1 })),
  fc
    .tuple(text, fc.array(logLine, { maxLength: 5 }), stepId, failed)
    .map(([message, lastLines, id, status]) => ({
      type: 'finished' as const,
      outcome: sampleOutcome({
        status,
        diagnosis: sampleDiagnosis({ what: message, advice: message, next: message, stepId: message }),
        name: message,
        tags: [message],
        failure: { message, stepId: id, lastLines },
      }),
    })),
);

test('nothing that a build prints, and no name in it, reaches the runner as a command', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), text, (events, words) => {
      const core = notingCommands();
      const stdout = captureStdout(() => {
        const output = jobOutput(core, { workspace });
        const sample = samplePlan();
        const steps = sample.steps.map((step) => ({ ...step, title: words }));
        const log = createBuildLog(output, { ...sample, name: words, steps }, { level: 'debug' });
        for (const each of events) log.show(each);
        log.close();
        output.close();
      });
      expectOnlyOurCommands(stdout, core.commands);
    }),
    { numRuns: 500 },
  );
});

test('nothing in a definition, a plan or a problem reaches the runner as a command', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 15 }), (texts) => {
      const words = texts.join(' ');
      const core = notingCommands();
      const stdout = captureStdout(() => {
        const output = jobOutput(core, { workspace });
        const problems = texts.map((each) => ({
          title: each,
          message: each,
          at: { file: `/${each}`, line: 1 },
        }));
        const sample = samplePlan({ name: words, tags: texts, base: { title: words } });
        const log = createDefinitionLog(output, { file: `${workspace}/${words}`, workspace });
        for (const each of texts) log.programLine(each, 'stderr');
        log.loaded({ ...sample.definition, exportName: words, warnings: problems });
        const env = { type: 'ENV', args: texts.flatMap((each) => [`${each}_TOKEN`, each || 'x']) };
        logPlan(output, {
          ...sample,
          steps: texts.map((title, index) => ({ number: index + 1, title })),
          wire: { ...sample.wire, steps: [env, ...sample.wire.steps] },
        });
        reportProblems(output, problems);
        output.close();
      });
      expectOnlyOurCommands(stdout, core.commands);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['::error::x', 'error'],
  ['  \u00a0::Warning title=a::x', 'warning'],
  ['text ##[group]x', 'group'],
  ['text #\u200b#[group]x', 'group'],
  ['::unknown::x', undefined],
  ['text ::error::x', undefined],
  ['::error', undefined],
  ['::x::##[endgroup]', 'endgroup'],
])('the model of the runner reads %j', (line, name) => {
  expect(runnerCommand(line)?.name).toBe(name);
});
