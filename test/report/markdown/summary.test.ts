import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Instruction } from '../../../src/api/types.ts';
import type { StepOutcome } from '../../../src/driver/events.ts';
import { escapeMarkdown, fence, inlineCode } from '../../../src/report/markdown/markdown.ts';
import { summaryLimit } from '../../../src/report/markdown/step-summary.ts';
import { barLimit } from '../../../src/report/markdown/timeline.ts';
import { hostileText } from '../../support/hostile-text.ts';
import {
  buildId,
  logLine,
  sampleDiagnosis,
  sampleOutcome,
  samplePlan,
  sampleSummary,
  workspace,
} from '../../support/sample-build.ts';
import { ganttBars, markdownBlocks, outsideCode, tableWidths } from '../markdown-model.ts';

const runUrl = 'https://github.com/o/r/actions/runs/1';

test('the summary of a build that is ready', () => {
  expect(sampleSummary(sampleOutcome())).toBe(
    `## Template \`my-agent\` is ready

| Name | \`my-agent\` |
| --- | --- |
| Tags | \`v1.4.0\` \`default\` |
| Template ID | \`tpl0abc\` |
| Build ID | \`${buildId}\` |
| Exactly this build | \`my-agent:${buildId}\` |
| Duration | 1m 12s |
| Steps | 4 steps, 1 cached |
| Size | 2 CPU, 1024 MiB memory |
| Base | \`FROM python:3.12\` |
| Definition | \`sandbox/template.ts\`, export \`template\` |
| Run | <${runUrl}> |

### Steps

| # | Result | Duration | Step |
| --- | --- | --- | --- |
|   | cached | 0.3s | \`FROM python:3.12\` |
| 1 | cached | 0.0s | \`ENV APP_ENV, PORT, HOME_DIR\` |
| 2 | built | 4.2s | \`COPY app /srv/app\` |
| 3 | built | 1m 01s | \`RUN pip install -r /srv/app/requirements.txt\` |
| 4 | built | 0.8s | Write the environment for sandboxes (3 variables) |
|   | built | 5.7s | \`Finalize: start and ready commands\` |

### Timeline

\`\`\`mermaid
gantt
    title Where the time went
    dateFormat YYYY-MM-DD HH:mm:ss.SSS
    axisFormat %M:%S
    tickInterval 10second
    todayMarker off
    FROM python 3.12 :done, 2000-01-01 00:00:00.000, 360ms
    1 ENV APP_ENV PORT HOME_DIR :done, 2000-01-01 00:00:00.300, 360ms
    2 COPY app /srv/app :2000-01-01 00:00:00.300, 4200ms
    3 RUN pip install -r /srv/app/requirements.txt :2000-01-01 00:00:04.500, 61000ms
    4 Write the environment for sandboxes 3 variables :2000-01-01 00:01:05.500, 800ms
    Finalize start and ready commands :2000-01-01 00:01:06.300, 5700ms
\`\`\`

### Start a sandbox from exactly this build

\`\`\`typescript
import { Sandbox } from 'novita-sandbox'

const sandbox = await Sandbox.create('my-agent:${buildId}')
\`\`\`

\`\`\`python
from novita_sandbox.core import Sandbox

sandbox = Sandbox.create("my-agent:${buildId}")
\`\`\`
`,
  );
});

test('the summary of a failure says what failed, where, and its last lines; no snippet', () => {
  const { steps } = sampleOutcome();
  const summary = sampleSummary(
    sampleOutcome({
      status: 'error',
      steps: steps.slice(0, 3),
      failure: {
        message: 'exit status 1',
        stepId: '3',
        lastLines: [logLine('3', 'boom'), logLine('3', '```')],
      },
    }),
  );
  expect(summary).toContain('## Template `my-agent` failed to build');
  expect(summary).toContain(
    '### Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt\n\nAt `sandbox/template.ts:6`:\n\n```text\nexit status 1\n```\n\nIts last 2 lines:\n\n````text\nboom\n```\n````',
  );
  expect(summary).toContain('| 3 | **failed** |   | `RUN pip install -r /srv/app/requirements.txt` |');
  expect(summary).toContain('| 4 | not reached |   | Write the environment for sandboxes (3 variables) |');
  expect(summary).not.toContain('Sandbox.create');
});

test('a diagnosis stands below the title, and the smallest recipe after the last lines', () => {
  const summary = sampleSummary(
    sampleOutcome({
      status: 'error',
      failure: { message: 'exit status 1', stepId: '3', lastLines: [logLine('3', 'boom')] },
      diagnosis: sampleDiagnosis(),
    }),
  );
  expect(summary).toContain(
    `requirements.txt

pip finds no package "reqeusts" that fits.

Check its name.

If that does not help, build once with skip-cache: true.

At \`sandbox/template.ts:6\`:

\`\`\`text
exit status 1
\`\`\`

Its last line:

\`\`\`text
boom
\`\`\`

The smallest recipe that reaches this failure, to try separately, next to the files of \`sandbox\`:

\`\`\`typescript
import { Template } from 'novita-sandbox';

export const template = Template()
  .fromImage('python:3.12', undefined, { inheritConfig: false })
  .setEnvs({ APP_ENV: 'test', PORT: '8000', HOME_DIR: '/srv' })
  .copy('app', '/srv/app')
  .runCmd('pip install -r /srv/app/requirements.txt');
\`\`\`
`,
  );
});

test('a superseded build is reported as such, with no failed step and no sandbox to start', () => {
  const summary = sampleSummary(
    sampleOutcome({
      status: 'superseded',
      failure: { message: 'build was cancelled', lastLines: [] },
      diagnosis: sampleDiagnosis({ class: 'superseded', what: 'A newer build took its place.' }),
    }),
  );
  expect(summary).toContain('## This build of template `my-agent` was superseded');
  expect(summary).toContain('### Superseded by a newer build\n\nA newer build took its place.');
  expect(summary).not.toMatch(/failed|Sandbox\.create|smallest recipe/);
});

test('a build that was lost sight of is not called one that was not waited for', () => {
  const summary = sampleSummary(
    sampleOutcome({
      status: 'building',
      failure: { message: 'no answer', lastLines: [] },
      diagnosis: sampleDiagnosis({ class: 'lost-sight', what: 'It was lost sight of.' }),
    }),
  );
  expect(summary).toContain('is building\n\nIt was lost sight of.');
  expect(summary).not.toContain('not waited for');
});

test('a build that was given up here says why, and is not shown as a failed one', () => {
  const summary = sampleSummary(
    sampleOutcome({
      status: 'building',
      abortedBy: 'timeout',
      diagnosis: sampleDiagnosis({ class: 'timeout', what: 'The time is over.' }),
    }),
  );
  expect(summary).toContain('is building\n\nThe time is over.\n\nCheck its name.');
  expect(summary).not.toMatch(/not waited for|^### Build$/m);
  expect(summary.indexOf('| Build ID |')).toBeLessThan(summary.indexOf('### Steps'));
});

test('a build that was made once more names the one before it', () => {
  const earlier = [
    { buildId: 'b|1', templateId: 't', rebuiltFor: 'without-cache', diagnosis: sampleDiagnosis() },
    { buildId: 'b2', templateId: 't', rebuiltFor: 'new-build' },
  ] as const;
  expect(sampleSummary(sampleOutcome({ earlier }))).toContain(
    `is ready

Build <code>b&#124;1</code> failed and was built once more without the cache. pip finds no package "reqeusts" that fits.

Build \`b2\` failed and was built once more.

| Name |`,
  );
});

test('a build that was not waited for says so', () => {
  const summary = sampleSummary(sampleOutcome({ status: 'building', steps: [] }));
  expect(summary).toContain('is building');
  expect(summary).toContain('not waited for');
  expect(summary).toContain('once it is ready');
  expect(summary).toContain('| 1 | `ENV APP_ENV, PORT, HOME_DIR` |');
  expect(summary).not.toContain('mermaid');
  expect(summary).not.toMatch(/^\| Duration \|/m);
});

test('a summary of very many steps stays below the limit, keeps both ends and says what is missing', () => {
  const count = 9000;
  const steps: StepOutcome[] = Array.from({ length: count }, (_, index) => ({
    id: String(index + 1),
    number: index + 1,
    title: `RUN ${index + 1} ${'ä|'.repeat(90)}`,
    cached: false,
    startedAt: index * 100,
    durationMs: index,
  }));
  const plan = samplePlan({ steps: [] });
  const summary = sampleSummary(sampleOutcome({ steps }), { plan });
  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(summaryLimit);
  expect(Buffer.byteLength(summary)).toBeGreaterThan(summaryLimit - 5000);
  expect(summary).toMatch(/\| 1 \| built \| 0\.0s \| <code>/);
  expect(summary).toMatch(new RegExp(`^\\| ${count} \\| built \\| [\\d.s]+ \\| <code>`, 'm'));
  const { prose, fences } = markdownBlocks(summary);
  const numbers = prose.flatMap((line) => /^\| (\d+) \|/.exec(line)?.[1] ?? []);
  expect(summary).toContain(`| ${(count - numbers.length).toLocaleString('en')} steps left out for length |`);
  const bars = ganttBars(fences.find((block) => block.language === 'mermaid')?.body ?? '');
  expect(bars).toHaveLength(barLimit);
  expect(summary).toContain(`The ${barLimit} longest of ${count} steps.`);
});

test('the summary keeps its shape for all names, texts and lines', () => {
  const words = hostileText();
  const step: fc.Arbitrary<StepOutcome> = fc
    .record(
      {
        id: words,
        number: fc.integer({ min: 1, max: 6 }),
        title: words,
        cached: fc.boolean(),
        startedAt: fc.oneof(fc.integer(), fc.constantFrom(Number.NaN, 1e18)),
        durationMs: fc.oneof(fc.integer({ min: -5, max: 1e9 }), fc.constantFrom(Number.NaN, 1e18)),
      },
      { requiredKeys: ['id', 'title', 'cached'] },
    )
    .map((made) => made as StepOutcome);
  fc.assert(
    fc.property(
      words,
      fc.array(step, { maxLength: 6 }),
      fc.array(words),
      fc.boolean(),
      (text, steps, more, failed) => {
        const sample = samplePlan({ base: { title: text } });
        const plan = {
          ...sample,
          steps: sample.steps.slice(0, 2).map((each) => ({ ...each, title: text })),
          definition: { ...sample.definition, exportName: text, file: `${workspace}/${text}` },
        };
        const failure = { message: text, lastLines: more.map((each) => logLine('1', each)), stepId: '2' };
        const diagnosis = sampleDiagnosis({ what: text, advice: text, next: more.join(' ') });
        const outcome = sampleOutcome({
          name: text,
          templateId: text,
          buildId: text,
          tags: more,
          steps,
          ...(failed ? { status: 'error', failure, diagnosis } : {}),
          earlier: [{ templateId: text, buildId: text, rebuiltFor: 'new-build', failure, diagnosis }],
        });
        const step: Instruction = { type: 'RUN', args: [text, text] };
        const wire = { ...plan.wire, fromImage: text, steps: [step, { type: 'ENV', args: [text, text] }] };
        plan.definition = { ...plan.definition, recipe: wire, steps: wire.steps.map((wire) => ({ wire })) };
        plan.wire = wire;
        const { prose, fences } = markdownBlocks(sampleSummary(outcome, { plan }, text));
        const widths = tableWidths(prose);
        // Facts come first, and after the steps where the build failed.
        const [first, second] = failed ? [4, 2] : [2, 4];
        expect(new Set(widths.slice(0, widths.indexOf(second)))).toEqual(new Set([first]));
        expect(new Set(widths.slice(widths.indexOf(second)))).toEqual(new Set([second]));
        for (const line of prose) {
          const bare = outsideCode(line);
          expect(bare).not.toMatch(/<(?!https?:)[a-z!/]|@\w|##\[/i);
          expect(bare.startsWith('#') ? bare : '').not.toMatch(/^#{4}/);
        }
        const charts = fences.filter((block) => block.language === 'mermaid');
        for (const { body } of charts) expect(ganttBars(body).length).toBeGreaterThan(0);
        expect(fences.map((block) => block.language).filter((language) => language !== 'mermaid')).toEqual(
          failed ? ['text', ...(more.length > 0 ? ['text'] : []), 'typescript'] : ['typescript', 'python'],
        );
        for (const { body } of fences) expect(body).not.toContain('<!--');
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['plain', '`plain`'],
  ['', ''],
  ['a `b` c', '``a `b` c``'],
  ['`', '`` ` ``'],
  ['a|b', '<code>a&#124;b</code>'],
  ['x <!-- y', '`x <! -- y`'],
])('%j as code in a line', (text, markdown) => {
  expect(inlineCode(text)).toBe(markdown);
});

test.each([
  ['a *b* _c_ `d`', 'a \\*b\\* \\_c\\_ \\`d\\`'],
  ['<b>|&amp;', '&#60;b&#62;&#124;&#38;amp;'],
  ['hi @octocat', 'hi @\u200boctocat'],
  ['# not a heading', '\\# not a heading'],
  ['- not a list', '\\- not a list'],
  ['1. not a list', '1\\. not a list'],
  ['[a](b)', '\\[a\\](b)'],
])('%j as prose', (text, markdown) => {
  expect(escapeMarkdown(text)).toBe(markdown);
});

test('a fence is longer than any run of backticks in it', () => {
  expect(fence('a\n````\nb', 'te xt`')).toBe('`````text\na\n````\nb\n`````');
});
