import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { notBuiltResult } from '../../../src/report/result/make-result.ts';
import { readUntrustedResult, ShapeError } from '../../../src/report/result/parse.ts';
import type { ResultDocument } from '../../../src/report/result/result.ts';
import { hostileText } from '../../support/hostile-text.ts';
import {
  buildId,
  logLine,
  sampleDiagnosis,
  sampleOutcome,
  samplePlan,
  sampleResult,
  workspace,
} from '../../support/sample-build.ts';

const plan = samplePlan();
const changes = {
  against: 'main',
  parts: [
    { part: 'base' as const, before: 'FROM a', after: 'FROM b' },
    { part: 'ready command' as const, after: 'x' },
  ],
  steps: [
    { kind: 'added' as const, number: 1, title: 'RUN a' },
    { kind: 'changed' as const, number: 2, title: 'RUN a', before: 'RUN b' },
    {
      kind: 'content' as const,
      number: 3,
      title: 'COPY a /a',
      before: { count: 1, bytes: 2, hash: 'ab' },
      after: { count: 1, bytes: 3, hash: 'cd' },
    },
  ],
};
const otherId = '0f4f8d3c-4a35-4b4e-8f42-3f1d9a7c1b2e';
const served = { url: '8080/', passed: true, last: 'status 200', durationMs: 5 };
const failed = sampleOutcome({
  status: 'error',
  failure: { message: 'no', stepId: '3', lastLines: [logLine('3', 'boom')] },
  diagnosis: sampleDiagnosis(),
});
const documents: Record<string, ResultDocument> = {
  ready: sampleResult(sampleOutcome(), { changes, typicalMs: () => 5 }),
  failed: sampleResult(failed),
  'given up': sampleResult(sampleOutcome({ status: 'building', abortedBy: 'timeout' })),
  superseded: sampleResult(sampleOutcome({ status: 'superseded' })),
  tested: sampleResult(
    sampleOutcome({
      tags: ['v1.4.0'],
      test: { passed: true, commands: [], url: served },
      moves: [{ tag: 'v1.4.0', before: otherId, after: buildId }],
    }),
  ),
  'tested before': sampleResult(sampleOutcome({ testedBefore: true })),
  'with a red test, whose command was killed': sampleResult(
    sampleOutcome({
      ...{ status: 'error', endedDuring: 'test', failure: { message: 'killed', lastLines: [] } },
      test: { passed: false, commands: [{ title: 'make', exitCode: -1, durationMs: 5, lastLines: [] }] },
    }),
  ),
  unpublished: notBuiltResult({ plan, changes, workspace }, 'unpublished'),
  skipped: notBuiltResult({ plan, changes, workspace }, 'skipped'),
};

describe('a result file', () => {
  test.each(Object.entries(documents))('%s gives the comment that its build would have got', (_, result) => {
    const read = readUntrustedResult(JSON.stringify(result));
    const render = (document: ResultDocument) =>
      renderComment({ result: document, key: '', run: { run: 1, attempt: 1 } }).body;
    expect(render(read)).toBe(render(result));
  });

  test('keeps nothing that a comment does not show', () => {
    const read = readUntrustedResult(JSON.stringify({ ...documents['ready'], extra: 1, warnings: [{}] }));
    expect(read).not.toHaveProperty('extra');
    expect(read.warnings).toEqual([]);
    expect(read.steps[0]).not.toHaveProperty('source');
  });

  const ready = documents['ready'];
  test.each<[unknown, string]>([
    ['', 'It: found text that is not JSON, expected a result file of the build action.'],
    [null, 'It: found null, expected an object.'],
    [[], 'It: found a list, expected an object.'],
    [{}, 'schemaVersion: found nothing, expected 1.'],
    [{ ...ready, schemaVersion: 2 }, 'schemaVersion: found 2, expected 1.'],
    [{ ...ready, name: 7 }, 'name: found a number, expected text.'],
    [{ ...ready, name: 'a"><b' }, 'name: found "a\\"><b", expected the name of a template.'],
    [{ ...ready, tags: 'pr-1' }, 'tags: found a string, expected a list.'],
    [{ ...ready, tags: ['ok', '@octocat'] }, 'tags[1]: found "@octocat", expected a tag.'],
    [{ ...ready, tags: Array(1001).fill('a') }, 'tags: found 1001 items, expected at most 1000.'],
    [{ ...ready, buildId: 'x' }, 'buildId: found "x", expected a UUID.'],
    [{ ...ready, buildId: undefined }, 'buildId: found nothing, expected what fits the status ready.'],
    [{ ...ready, status: 'skipped' }, 'templateId: found a value, expected what fits the status skipped.'],
    [{ ...ready, reference: 'other:latest' }, 'reference: found "other:latest", expected name:buildId.'],
    [
      { ...ready, status: 'green' },
      'status: found "green", expected ready, error, superseded, building, skipped, unpublished, validated, planned.',
    ],
    [{ ...ready, durationMs: -1 }, 'durationMs: found -1, expected a number from 0 on.'],
    [{ ...ready, cpuCount: '2' }, 'cpuCount: found a string, expected a number from 0 on.'],
    [
      { ...ready, steps: [{ ...ready?.steps[0], title: {} }] },
      'steps[0].title: found an object, expected text.',
    ],
    [
      { ...ready, steps: [{ ...ready?.steps[0], cached: 1 }] },
      'steps[0].cached: found a number, expected true or false.',
    ],
    [
      { ...ready, steps: [{ ...ready?.steps[0], state: 'x' }] },
      'steps[0].state: found "x", expected cached, built, reused, failed, stopped, not reached, pending, not built.',
    ],
    [
      { ...ready, changes: { ...changes, steps: [{ kind: 'content', number: 1, title: 'a' }] } },
      'changes.steps[0].before: found nothing, expected an object.',
    ],
    [
      { ...documents['failed'], failure: { ...documents['failed']?.failure, lastLines: [1] } },
      'failure.lastLines[0]: found a number, expected text.',
    ],
    [
      { ...documents['failed'], failure: { ...documents['failed']?.failure, class: 'A B' } },
      'failure.class: found "A B", expected a class of failures.',
    ],
  ])('is refused at its first mistake: %#', (value, message) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(() => readUntrustedResult(text)).toThrow(ShapeError);
    expect(() => readUntrustedResult(text)).toThrow(message);
  });

  test('with anything in place of any part, it is read or refused, and never anything else', () => {
    const texts = hostileText();
    const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), texts);
    const path = fc.array(fc.nat(30), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(documents)), path, junk, (result, steps, value) => {
        const copy: unknown = structuredClone(result);
        let at = copy as Record<string, unknown>;
        for (const [depth, index] of steps.entries()) {
          const keys = Object.keys(at);
          const key = keys[index % keys.length];
          if (key === undefined) break;
          const inner = at[key];
          if (depth < steps.length - 1 && typeof inner === 'object' && inner !== null) {
            at = inner as Record<string, unknown>;
          } else {
            at[key] = value;
            break;
          }
        }
        let read: ResultDocument;
        try {
          read = readUntrustedResult(JSON.stringify(copy));
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
          return;
        }
        const { body } = renderComment({ result: read, key: '', run: { run: 1, attempt: 1 } });
        expect(body.split('<!--')).toHaveLength(2);
      }),
    );
  });
});
