import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isNewer } from '../../../src/ci/run.ts';
import type { BuildOutcome } from '../../../src/driver/events.ts';
import { type CommentHeader, commentMarker, readCommentMarker } from '../../../src/github/comment-marker.ts';
import { commentLimit, renderComment } from '../../../src/report/markdown/comment.ts';
import type { ResultDocument } from '../../../src/report/result/result.ts';
import { hostileText } from '../../support/hostile-text.ts';
import {
  buildId,
  logLine,
  sampleDiagnosis,
  sampleOutcome,
  sampleResult,
} from '../../support/sample-build.ts';
import { markdownBlocks, outsideCode, tableWidths } from '../markdown-model.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';
const run = { run: 42, attempt: 1, sha };
const runUrl = 'https://github.com/octo-org/agent/actions/runs/42';

function render(outcome: BuildOutcome, more: Partial<ResultDocument> = {}): string {
  const result = { ...sampleResult(outcome), ...more };
  return renderComment({ result, run, key: '', runUrl }).body;
}

test('a ready build: what it is called, how to start it, what changed, and its steps', () => {
  const changes = {
    against: 'main',
    parts: [],
    steps: [{ kind: 'added' as const, number: 3, title: 'RUN pip install' }],
  };
  expect(render(sampleOutcome(), { changes })).toBe(
    `<!-- novita-template {"v":1,"name":"my-agent","key":"","state":"ready","build":"${buildId}","run":42,"attempt":1,"sha":"${sha}"} -->
### Template \`my-agent\` is ready

| Tags | \`v1.4.0\` \`default\` |
| --- | --- |
| Exactly this build | \`my-agent:${buildId}\` |
| Template ID | \`tpl0abc\` |
| Build ID | \`${buildId}\` |
| Size | 2 CPU, 1024 MiB memory |
| Base | \`FROM python:3.12\` |

\`\`\`typescript
import { Sandbox } from 'novita-sandbox'

const sandbox = await Sandbox.create('my-agent:${buildId}')
\`\`\`

\`\`\`python
from novita_sandbox.core import Sandbox

sandbox = Sandbox.create("my-agent:${buildId}")
\`\`\`

#### What changed against the last build of \`main\`

- **Added** step 3: \`RUN pip install\`

<details><summary>4 steps, 1 cached, 1m 12s</summary>

| # | Result | Duration | Step |
| --- | --- | --- | --- |
|   | cached | 0.3s | \`FROM python:3.12\` |
| 1 | cached | 0.0s | \`ENV APP_ENV, PORT, HOME_DIR\` |
| 2 | built | 4.2s | \`COPY app /srv/app\` |
| 3 | built | 1m 01s | \`RUN pip install -r /srv/app/requirements.txt\` |
| 4 | built | 0.8s | Write the environment for sandboxes (3 variables) |
|   | built | 5.7s | \`Finalize: start and ready commands\` |

</details>

<sub>Commit ${sha}, [run 42](${runUrl}).</sub>
`,
  );
});

test('a failure stands first, with a link to its line, and names no tag and no reference that start nothing', () => {
  const url = 'https://github.com/o/r/blob/abc/sandbox/template.ts#L6';
  const failure = { message: 'exit status 1', stepId: '3', lastLines: [logLine('3', 'boom')] };
  for (const status of ['error', 'superseded'] as const) {
    const result = sampleResult(sampleOutcome({ status, failure }), {
      sources: { around: () => [], link: () => url },
    });
    const { body } = renderComment({ result, run, key: '' });
    expect(body).toContain(`At [\`sandbox/template.ts:6\`](${url}):`);
    expect(body.indexOf('boom')).toBeLessThan(body.indexOf('\n|'));
    expect(body).toContain(`| Build ID | \`${buildId}\` |`);
    expect(body).not.toMatch(/v1\.4\.0|Exactly this build|my-agent:/);
  }
});

test('a failure: what happened, what to do, where, and the last lines; no snippet', () => {
  const body = render(
    sampleOutcome({
      status: 'error',
      failure: { message: 'exit status 1', stepId: '3', lastLines: [logLine('3', 'boom')] },
      diagnosis: sampleDiagnosis(),
    }),
  );
  expect(body).toContain('### Template `my-agent` failed to build\n');
  expect(body).toContain(
    '#### Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt\n\npip finds no package "reqeusts" that fits.\n\nCheck its name.\n\nIf that does not help, build once with skip-cache: true.\n\nAt `sandbox/template.ts:6`:\n\n```text\nexit status 1\n```\n\nIts last line:\n\n```text\nboom\n```\n',
  );
  expect(body).toContain('| **failed** |');
  expect(body).not.toContain('Sandbox.create');
});

test('a failure with very long lines keeps its explanation, and as many of the last lines as have room', () => {
  const outcome = sampleOutcome({
    status: 'error',
    failure: { message: 'exit status 1', stepId: '3', lastLines: [] },
    diagnosis: sampleDiagnosis(),
  });
  const { failure } = sampleResult(outcome);
  if (!failure) throw new Error('The sample has no failure');
  // As a result file of another run may have them.
  const lastLines = Array.from({ length: 200 }, (_, index) => `${index} ${'😀'.repeat(4000)}`);
  const body = render(outcome, { failure: { ...failure, lastLines } });
  expect(body).toContain('pip finds no package "reqeusts" that fits.');
  expect(body).toMatch(/^199 😀/m);
  expect(body).not.toMatch(/^190 😀/m);
  // They leave room for the steps.
  expect(Buffer.byteLength(body)).toBeLessThan(commentLimit / 2);
});

describe('other states', () => {
  test.each<[string, Partial<BuildOutcome>, Partial<ResultDocument>, string, string]>([
    [
      'building',
      { status: 'building', steps: [], durationMs: 0 },
      {},
      '### Template `my-agent` is building\n\nThis comment will show how it ends.',
      '<summary>4 steps</summary>',
    ],
    [
      'building',
      {
        status: 'building',
        abortedBy: 'timeout',
        diagnosis: sampleDiagnosis({ class: 'timeout', what: 'It took too long.' }),
      },
      {},
      '### Template `my-agent` is building\n\n#### This run stopped waiting for the build\n\nIt took too long.',
      'It took too long.',
    ],
    [
      'superseded',
      { status: 'superseded', failure: { message: 'superseded', lastLines: [] } },
      {},
      '### Template `my-agent`: superseded by a newer build',
      '```text\nsuperseded',
    ],
    [
      'skipped',
      { status: 'building', steps: [], durationMs: 0 },
      { status: 'skipped' },
      '### Template `my-agent` was planned and not built\n\nThis run has no API key',
      '<summary>4 steps</summary>',
    ],
  ])('%s', (state, outcome, more, start, within) => {
    const body = render(sampleOutcome(outcome), more);
    expect(readCommentMarker(body)?.state).toBe(state);
    expect(body.slice(body.indexOf('\n') + 1).startsWith(start), body).toBe(true);
    expect(body).toContain(within);
    expect(body).not.toContain('Sandbox.create');
  });
});

test('a result that was not checked says so', () => {
  const result = sampleResult();
  expect(renderComment({ result, run, key: '', unverified: true }).body).toMatch(
    /<sub>Commit \w+, run 42\. This is what a run of the pull request itself reported; it was not checked/,
  );
});

test('a comment of very many steps keeps marker, identifiers, diagnosis and footer, and says what is missing', () => {
  const steps = Array.from({ length: 3000 }, (_, index) => ({
    number: index + 1,
    title: `RUN ${'é'.repeat(40)} ${index + 1}`,
  }));
  const body = render(
    sampleOutcome({ status: 'error', failure: { message: 'no', stepId: '2999', lastLines: [] } }),
    {
      steps: steps.map((step) => ({ ...step, id: String(step.number), state: 'built', cached: false })),
    },
  );
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(commentLimit);
  expect(Buffer.byteLength(body)).toBeGreaterThan(commentLimit * 0.9);
  expect(readCommentMarker(body)?.build).toBe(buildId);
  expect(body).toContain(`| Build ID | \`${buildId}\` |`);
  expect(body).toMatch(/\| {3}\| \d,\d+ steps left out for length \|/);
  expect(body).toContain('| 3000 | built |   | `RUN é');
  expect(body).toMatch(/<\/details>\n\n<sub>Commit .*<\/sub>\n$/);
});

describe('the marker', () => {
  const header: CommentHeader = { name: 'a', key: '', state: 'ready', run: 1, attempt: 1 };

  test('is read back for every name and key, and is one HTML comment on one line', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), (name, key) => {
        const written = { ...header, name, key };
        const marker = commentMarker(written);
        expect(readCommentMarker(`${marker}\nrest`)).toEqual(written);
        expect(marker).toMatch(/^<!-- [^<>\n]* -->$/);
        expect(marker.slice(4, -3)).not.toContain('--');
      }),
    );
    expect(commentMarker({ ...header, name: '--><img>', key: '---' })).toBe(
      '<!-- novita-template {"v":1,"name":"-\\u002d\\u003e\\u003cimg\\u003e","key":"-\\u002d-","state":"ready","run":1,"attempt":1} -->',
    );
  });

  const marker = commentMarker(header);
  test.each([
    ['', 'nothing'],
    [`hello\n${marker}`, 'a marker that is not in the first line'],
    [` ${marker}`, 'a marker that is quoted or moved'],
    [marker.replace('"v":1', '"v":2'), 'another version'],
    [marker.replace('"run":1', '"run":"1"'), 'a run that is no number'],
    [marker.replace('"run":1', '"run":1e400'), 'a run beyond numbers'],
    ['<!-- novita-template {"v":1 -->', 'broken JSON'],
    ['<!-- novita-template null -->', 'no object'],
  ])('is not read from %j: %s', (body) => {
    expect(readCommentMarker(body)).toBeUndefined();
  });

  test('is read where line breaks became CRLF', () => {
    expect(readCommentMarker(`${marker}\r\nrest`)).toEqual(header);
  });

  test.each([
    [{ run: 2, attempt: 1 }, { run: 1, attempt: 5 }, true],
    [{ run: 1, attempt: 2 }, { run: 1, attempt: 1 }, true],
    [{ run: 1, attempt: 1 }, { run: 1, attempt: 1 }, false],
    [{ run: 1, attempt: 9 }, { run: 2, attempt: 1 }, false],
  ])('%o is newer than %o: %s', (one, other, newer) => {
    expect(isNewer(one, other)).toBe(newer);
  });
});

test('the comment of every result keeps its shape: one marker, tables, no mention, no HTML, in bounds', () => {
  const text = hostileText();
  const texts = fc.array(text, { maxLength: 4 });
  const step = fc.record({ title: text, state: fc.constantFrom('built', 'failed', 'cached') });
  const document = fc.record({
    name: text,
    tags: texts,
    base: text,
    reference: text,
    templateId: text,
    buildId: text,
    title: text,
    what: text,
    message: text,
    source: text,
    lastLines: texts,
    steps: fc.array(step, { maxLength: 4 }),
    status: fc.constantFrom('ready', 'error', 'superseded', 'building', 'skipped'),
    key: text,
    against: text,
    last: text,
  });
  const plain = sampleResult();
  fc.assert(
    fc.property(
      document,
      ({ title, what, message, source, lastLines, steps, key, against, last, ...rest }) => {
        const result = {
          ...plain,
          ...rest,
          failure: {
            class: 'unknown',
            title,
            what,
            advice: what,
            next: what,
            retry: 'never',
            message,
            source,
            lastLines,
          },
          steps: steps.map((one, index) => ({ ...one, id: `${index}`, number: index, cached: false })),
          ...{ previous: { [title]: what }, elsewhere: rest.tags, testedBefore: true },
          test: {
            passed: false,
            url: { url: title, passed: false, last, durationMs: 1 },
            commands: [{ title, exitCode: -1, durationMs: 1 }],
          },
          changes: { against, parts: [], steps: [{ kind: 'changed', number: 1, title, before: what }] },
        } as ResultDocument;
        const { body } = renderComment({ result, run, key, runUrl: message });
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(commentLimit);
        expect(readCommentMarker(body)).toMatchObject({ name: rest.name, key });
        expect(body.split('<!--')).toHaveLength(2);
        const { prose } = markdownBlocks(body.slice(body.indexOf('\n') + 1));
        for (const width of tableWidths(prose)) expect([2, 3, 4]).toContain(width);
        const ours = /<\/?(?:details|summary|sub)>/g;
        for (const line of prose) {
          const rendered = outsideCode(line).replace(ours, '');
          expect(rendered).not.toMatch(/<|@[A-Za-z0-9]|https?:|\bwww\./);
        }
      },
    ),
  );
});
