import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PartChange, PlanDiff, StepChange } from '../../../src/history/diff.ts';
import { changesSection } from '../../../src/report/markdown/changes.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { sampleOutcome, sampleSummary } from '../../support/sample-build.ts';
import { outsideCode } from '../markdown-model.ts';

const changes: PlanDiff = {
  against: 'main',
  parts: [
    { part: 'base', before: 'FROM python:3.12', after: 'FROM python:3.13' },
    { part: 'memory', before: '1024 MiB', after: '2048 MiB' },
    { part: 'start command', before: 'run a|b', after: 'run a|b' },
    { part: 'ready command', after: 'curl localhost' },
  ],
  steps: [
    { kind: 'added', number: 2, title: 'RUN npm ci' },
    { kind: 'removed', number: 2, title: 'RUN npm install' },
    { kind: 'changed', number: 3, title: 'RUN b', before: 'RUN a' },
    { kind: 'changed', number: 4, title: 'ENV PORT', before: 'ENV PORT' },
    {
      kind: 'content',
      number: 5,
      title: 'COPY app /app',
      before: { count: 3, bytes: 12_400, hash: 'a' },
      after: { count: 4, bytes: 13_000, hash: 'b' },
    },
  ],
};

test('each change is a line', () => {
  expect(changesSection(changes)).toBe(
    `### What changed against the last build of \`main\`

- **Base**: \`FROM python:3.12\` → \`FROM python:3.13\`
- **Memory**: \`1024 MiB\` → \`2048 MiB\`
- **Start command** changed: <code>run a&#124;b</code>
- **Ready command** added: \`curl localhost\`
- **Added** step 2: \`RUN npm ci\`
- **Removed** \`RUN npm install\`, was step 2
- **Changed** step 3: \`RUN b\`, was \`RUN a\`
- **Changed** step 4: \`ENV PORT\`
- **Other files** in step 5: \`COPY app /app\`: 3 files, 12.4 kB → 4 files, 13.0 kB`,
  );
});

test('nothing is said to be nothing, and very much is counted', () => {
  expect(changesSection({ against: '', parts: [], steps: [] }, 4)).toBe(
    '#### What changed against the last build\n\nNothing: the same steps, files and size.',
  );
  const steps = Array.from({ length: 100 }, (_, index) => ({
    kind: 'added' as const,
    number: index + 1,
    title: `RUN ${index}`,
  }));
  const lines = changesSection({ against: 'main', parts: [], steps }).split('\n');
  expect(lines.at(-2)).toBe('- **Added** step 30: `RUN 29`');
  expect(lines.at(-1)).toBe('- and 70 more changes');
});

test('the summary shows them before the steps, and how long each usually takes', () => {
  const summary = sampleSummary(sampleOutcome(), {
    changes,
    typicalMs: (id) => (id === '3' ? 50_000 : undefined),
  });
  expect(summary).toMatch(/### What changed against the last build of `main`[\s\S]*### Steps/);
  expect(summary).toContain('| # | Result | Duration | Usually | Step |');
  expect(summary).toContain('| 3 | built | 1m 01s | 50s | `RUN pip install -r /srv/app/requirements.txt` |');
  expect(summary).toContain('| 2 | built | 4.2s |   | `COPY app /srv/app` |');
});

test('a change is one line of text for every name and command', () => {
  const text = hostileText();
  const part = fc.record({ part: fc.constant<PartChange['part']>('base'), before: text, after: text });
  const step = fc.record({
    kind: fc.constant('changed' as const),
    number: fc.nat(),
    title: text,
    before: text,
  }) satisfies fc.Arbitrary<StepChange>;
  fc.assert(
    fc.property(
      text,
      fc.array(part, { maxLength: 3 }),
      fc.array(step, { maxLength: 3 }),
      (against, parts, steps) => {
        const lines = changesSection({ against, parts, steps }).split('\n').slice(2);
        for (const line of lines.filter((_, index) => parts.length + steps.length > index)) {
          expect(line).toMatch(/^- \*\*(Base|Changed)\*\*/);
          expect(outsideCode(line)).not.toMatch(/[@<[|]/);
        }
        expect(lines).toHaveLength(Math.max(1, parts.length + steps.length));
      },
    ),
  );
});
