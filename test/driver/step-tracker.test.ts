import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/api/types.ts';
import { createStepTracker } from '../../src/driver/step-tracker.ts';
import type { PlanStep } from '../../src/plan/plan.ts';

const hash = 'ab'.repeat(32);
const planned: PlanStep[] = [
  { number: 1, title: 'COPY app /app' },
  { number: 2, title: 'Environment for sandboxes', addedBySdk: 'environment' },
];

function entry(second: number, message: string, step?: string, level: LogEntry['level'] = 'info'): LogEntry {
  const timestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return { timestamp, level, message, ...(step && { step }) };
}

describe('the steps of a build', () => {
  test('begin with their header, hold their lines and end when the next begins', () => {
    const tracker = createStepTracker(planned);
    const events = [
      entry(0, 'Building template t/b'),
      entry(1, `CACHED [base] FROM python:3.12 [${hash}]`, 'base'),
      entry(1, `CACHED [base] DEFAULT USER user [${hash}]`, 'base'),
      entry(2, `[builder 1/2] COPY app /app [${hash}]`, '1'),
      entry(4, '[builder 1/2] [stderr]: copied', '1'),
      entry(5, `[builder 2/2] RUN echo QUJD | base64 -d [${hash}]`, '2'),
      entry(9, `[finalize] Finalizing template build [${hash}]`, 'finalize'),
      entry(9, '[start] [stdout]: listening', 'finalize'),
      entry(10, 'Build finished, took 10s'),
    ].flatMap((each) => tracker.take(each));
    events.push(...tracker.end());

    expect(
      events.map((event) =>
        event.type === 'line'
          ? `  ${event.line.stepId ?? '-'}|${event.line.stream ?? ''}|${event.line.text}`
          : `${event.type} ${'step' in event && typeof event.step === 'object' ? event.step.id : ''} ${'durationMs' in event ? event.durationMs : ''}`.trim(),
      ),
    ).toEqual([
      '  -||Building template t/b',
      'step-started base',
      '  base||DEFAULT USER user',
      'step-finished base 1000',
      'step-started 1',
      '  1|stderr|copied',
      'step-finished 1 3000',
      'step-started 2',
      'step-finished 2 4000',
      'step-started finalize',
      '  finalize|stdout|start: listening',
      'step-finished finalize 1000',
      '  -||Build finished, took 10s',
    ]);
    expect(tracker.outcomes()).toMatchObject([
      { id: 'base', title: 'FROM python:3.12', cached: true, durationMs: 1000 },
      { id: '1', number: 1, title: 'COPY app /app', cached: false, durationMs: 3000 },
      { id: '2', title: 'Environment for sandboxes', addedBySdk: 'environment', durationMs: 4000 },
      { id: 'finalize', durationMs: 1000 },
    ]);
  });

  test('keep a late line with the step that printed it', () => {
    const tracker = createStepTracker(planned);
    tracker.take(entry(1, `[builder 1/2] COPY app /app [${hash}]`, '1'));
    tracker.take(entry(2, `[builder 2/2] RUN x [${hash}]`, '2'));
    expect(tracker.take(entry(2, '[builder 1/2] [stdout]: late', '1'))).toMatchObject([
      { type: 'line', line: { stepId: '1', text: 'late' } },
    ]);
    expect(tracker.lastLines('1')).toMatchObject([{ text: 'late' }]);
  });

  test('remember only the end of what a step printed', () => {
    const tracker = createStepTracker([]);
    for (let line = 0; line < 5000; line++) tracker.take(entry(1, `[builder 1/1] [stdout]: ${line}`, '1'));
    const kept = tracker.lastLines('1');
    expect(kept).toHaveLength(200);
    expect(kept.at(-1)?.text).toBe('4999');
  });

  test('survive timestamps that cannot be read or go backwards', () => {
    const tracker = createStepTracker(planned);
    tracker.take(entry(5, `[builder 1/2] COPY app /app [${hash}]`, '1'));
    tracker.take({ ...entry(1, 'x', '1'), timestamp: 'yesterday' });
    tracker.take(entry(3, `[builder 2/2] RUN x [${hash}]`, '2'));
    tracker.end();
    expect(tracker.outcomes().map(({ durationMs }) => durationMs)).toEqual([0, 0]);
  });

  const opened = () => {
    const tracker = createStepTracker(planned);
    tracker.take(entry(1, `[builder 1/2] COPY app /app [${hash}]`, '1'));
    tracker.take(entry(3, 'Template is ready', '1'));
    const closing = tracker.take(entry(5, 'Build failed: boom', undefined, 'error'));
    return { tracker, closing };
  };

  test.each([
    ['done', { status: 'ready' }, undefined],
    [
      'failed',
      { status: 'error', reason: { step: '1', message: 'boom' } },
      { how: 'failed', reason: 'boom' },
    ],
    ['stopped', { status: 'error', reason: { step: '9', message: 'boom' } }, { how: 'stopped' }],
    ['stopped', { status: 'error', reason: { message: 'build was cancelled' } }, { how: 'stopped' }],
    ['stopped', { status: 'error' }, { how: 'stopped' }],
    ['unseen', undefined, { how: 'unseen' }],
  ] as const)('end as the build did, before its last line is told: %s', (_, final, unfinished) => {
    const { tracker, closing } = opened();
    expect(closing).toEqual([]);
    expect(tracker.end(final)).toMatchObject([
      { type: 'step-finished', durationMs: 4000, ...(unfinished && { unfinished }) },
      { type: 'line', line: { text: 'Build failed: boom' } },
    ]);
    expect(tracker.outcomes()[0]?.unfinished).toBe(unfinished?.how);
    expect(tracker.end(final)).toEqual([]);
  });

  test('lose no line that comes after the last', () => {
    const { tracker } = opened();
    const events = [...tracker.take(entry(6, 'late', '1')), ...tracker.end({ status: 'ready' })];
    expect(events.map((event) => (event.type === 'line' ? event.line.text : event.type))).toEqual([
      'step-finished',
      'Build failed: boom',
      'late',
    ]);
  });
});
