import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createObservedPlan } from '../../src/driver/observed-plan.ts';
import { parseAnnouncedStep } from '../../src/recipe/instruction.ts';

const script = `echo ${'QUJD'.repeat(20)} | base64 -d > /tmp/.novita-image-env.sh && sh /tmp/.novita-image-env.sh root`;

describe('a step of the log', () => {
  test.each([
    ['RUN pip install x', 'RUN pip install x'],
    ['RUN make \\\n  all', 'RUN make \\ …'],
    ['COPY app /app  ', 'COPY app /app'],
    ['USER root', 'USER root'],
    ['ENV PORT 8000', 'ENV PORT'],
    ['ENV PORT 8000 TOKEN abc', 'ENV PORT …'],
    ['ENV TOKEN several words\nand lines', 'ENV TOKEN …'],
    ['RUN', 'RUN'],
    ['', ''],
    [`RUN ${script}`, 'RUN environment for sandboxes'],
  ])('%j is titled %j', (text, title) => {
    expect(parseAnnouncedStep(text).title.trim()).toBe(title);
  });

  test('that the SDK added is known by its script', () => {
    expect(parseAnnouncedStep(`RUN ${script}`).addedBySdk).toBe('environment');
    expect(parseAnnouncedStep('RUN echo QUJDQUJDQUJDQUJD | base64 -d > /tmp/x').addedBySdk).toBeUndefined();
  });

  test('never shows the value of a variable', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{12,20}$/), fc.constantFrom('ENV', 'ARG'), (value, type) => {
        expect(JSON.stringify(parseAnnouncedStep(`${type} NAME ${value} OTHER ${value}`))).not.toContain(
          value,
        );
      }),
    );
  });
});

describe('a plan as the log tells it', () => {
  const header = (number: number, total: number, text: string) => ({
    id: String(number),
    number,
    total,
    text,
    cached: false,
  });

  test('has as many steps as are announced, those that were not reached among them', () => {
    const { plan, observe } = createObservedPlan({ name: 'my-agent', tags: ['v1'] });
    expect(plan.steps).toEqual([]);
    observe({ id: 'base', text: 'FROM python:3.12', cached: false });
    observe({ id: 'base', text: 'DEFAULT USER user', cached: false });
    observe(header(2, 3, 'RUN make'));
    expect(plan.base).toEqual({ title: 'FROM python:3.12' });
    expect(plan.steps.map(({ title }) => title)).toEqual(['Step 1', 'RUN make', 'Step 3']);
    expect(plan.wire).toEqual({
      fromImage: 'python:3.12',
      steps: [{ type: '' }, { type: 'RUN', args: ['make'] }, { type: '' }],
    });
  });

  test('keeps what was known before', () => {
    const steps = [{ number: 1, title: 'RUN known', source: { file: '/t.ts', line: 3 } }];
    const base = { title: 'FROM TEMPLATE base' };
    const { plan, observe } = createObservedPlan({ name: 'my-agent', tags: [], steps, base });
    observe(header(1, 2, 'RUN of the log'));
    expect(plan.steps).toEqual([...steps, { number: 2, title: 'Step 2' }]);
    expect(plan.wire.fromTemplate).toBe('base');
  });

  test('does not believe in endless recipes', () => {
    const { plan, observe } = createObservedPlan({ name: 'my-agent', tags: [] });
    observe(header(1, 999_999_999, 'RUN make'));
    observe(header(999_999_999, 999_999_999, 'RUN make'));
    expect(plan.steps).toHaveLength(10_000);
  });
});
