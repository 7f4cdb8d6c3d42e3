import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileManifest } from '../../src/context/manifest.ts';
import { comparePlans } from '../../src/history/diff.ts';
import { snapshotPlan } from '../../src/history/snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { stepTitle } from '../../src/recipe/instruction.ts';
import { appFiles, samplePlan } from '../support/sample-build.ts';

type Step = readonly [type: string, ...args: string[]];

function planOf(steps: readonly Step[], changes: Partial<Plan> = {}, files?: Partial<FileManifest>): Plan {
  const wire = steps.map(([type, ...args]) => ({ type, args }));
  const { wire: recipe } = samplePlan();
  return samplePlan({
    steps: wire.map((step, index) => ({
      number: index + 1,
      title: stepTitle(step),
      ...(step.type === 'COPY' && { files: { ...appFiles, ...files } }),
    })),
    ...changes,
    wire: { ...recipe, ...changes.wire, steps: wire },
  });
}

const steps: Step[] = [
  ['ENV', 'PORT', '8000'],
  ['COPY', 'app', '/app'],
  ['RUN', 'npm ci'],
  ['RUN', 'npm test'],
];

const compare = (last: Plan, plan: Plan) => comparePlans(snapshotPlan(last), snapshotPlan(plan));

describe('what changed in a plan', () => {
  test.each<[string, Step[], string[]]>([
    ['nothing', steps, []],
    [
      'a step added',
      [...steps.slice(0, 2), ['WORKDIR', '/app'], ...steps.slice(2)],
      ['added 3 WORKDIR /app'],
    ],
    ['a step removed', steps.filter(([, command]) => command !== 'npm ci'), ['removed 3 RUN npm ci']],
    [
      'a command changed',
      [...steps.slice(0, 2), ['RUN', 'npm install'], ...steps.slice(3)],
      ['changed 3 RUN npm install, was RUN npm ci'],
    ],
    [
      'only the value of a variable changed',
      [['ENV', 'PORT', '9000'], ...steps.slice(1)],
      ['changed 1 ENV PORT, was ENV PORT'],
    ],
    [
      'only a later line of a command changed',
      [...steps.slice(0, 3), ['RUN', 'npm test\nnpm run lint']],
      ['changed 4 RUN npm test …, was RUN npm test'],
    ],
    [
      'a step moved',
      [steps[1], steps[2], steps[3], steps[0]] as Step[],
      ['removed 1 ENV PORT', 'added 4 ENV PORT'],
    ],
    [
      'all but one removed',
      steps.slice(3),
      ['removed 1 ENV PORT', 'removed 2 COPY app /app', 'removed 3 RUN npm ci'],
    ],
    ['a step doubled', [...steps, ['RUN', 'npm test']], ['added 5 RUN npm test']],
  ])('%s', (_, next, expected) => {
    const changes = compare(planOf(steps), planOf(next));
    expect(changes.parts).toEqual([]);
    expect(
      changes.steps.map((change) => {
        const was = change.kind === 'changed' ? `, was ${change.before}` : '';
        return `${change.kind} ${change.number} ${change.title}${was}`;
      }),
    ).toEqual(expected);
  });

  test('pairs what changed with what stood nearest, and keeps the order', () => {
    const changes = compare(
      planOf([
        ['RUN', 'a'],
        ['ENV', 'A', '1'],
        ['RUN', 'b'],
      ]),
      planOf([
        ['ENV', 'A', '2'],
        ['RUN', 'c'],
      ]),
    );
    expect(changes.steps).toEqual([
      { kind: 'removed', number: 1, title: 'RUN a' },
      { kind: 'changed', number: 1, title: 'ENV A', before: 'ENV A' },
      { kind: 'changed', number: 2, title: 'RUN c', before: 'RUN b' },
    ]);
  });

  test('does not take steps for one that only share a digest', () => {
    const record = snapshotPlan(planOf([['RUN', 'a']]));
    const other = { ...record, steps: record.steps.map((step) => ({ ...step, title: 'RUN b' })) };
    expect(comparePlans(record, other).steps).toMatchObject([{ kind: 'changed', before: 'RUN a' }]);
  });

  test('more steps than are worth a search are told one by one', () => {
    const many = (word: string) =>
      planOf(Array.from({ length: 600 }, (_, index): Step => ['RUN', `${word} ${index}`]));
    const changes = compare(many('make'), many('test')).steps;
    expect(changes).toHaveLength(600);
    expect(changes.at(-1)).toEqual({
      kind: 'changed',
      number: 600,
      title: 'RUN test 599',
      before: 'RUN make 599',
    });
  });

  test('the files of a COPY', () => {
    const next = planOf(steps, {}, { hash: 'cd'.repeat(32), fileCount: 4, bytes: 13_000 });
    expect(compare(planOf(steps), next).steps).toEqual([
      {
        kind: 'content',
        number: 2,
        title: 'COPY app /app',
        before: { count: 3, bytes: 12_400, hash: 'ab'.repeat(8) },
        after: { count: 4, bytes: 13_000, hash: 'cd'.repeat(8) },
      },
    ]);
  });

  test('base, size, and the commands of the start', () => {
    const { wire } = samplePlan();
    const { readyCmd: _, ...unready } = wire;
    const next = planOf(steps, {
      base: { title: 'FROM python:3.13' },
      cpuCount: 4,
      memoryMb: 2048,
      wire: { ...unready, startCmd: `${wire.startCmd} --verbose` },
    });
    next.wire.readyCmd = undefined as never;
    expect(compare(planOf(steps), next)).toEqual({
      parts: [
        { part: 'base', before: 'FROM python:3.12', after: 'FROM python:3.13' },
        { part: 'cpu', before: '2 CPU', after: '4 CPU' },
        { part: 'memory', before: '1024 MiB', after: '2048 MiB' },
        {
          part: 'start command',
          before: 'python /srv/app/main.py',
          after: 'python /srv/app/main.py --verbose',
        },
        { part: 'ready command', before: 'curl -sf localhost:8000' },
      ],
      steps: [],
    });
  });

  test('steps that the SDK adds are none of it', () => {
    const plan = samplePlan();
    expect(compare(plan, { ...plan, steps: plan.steps.slice(0, 3) }).steps).toEqual([]);
  });

  test('holds for any two recipes: the later is the earlier one with its changes made', () => {
    const step = fc.constantFrom<Step>(
      ['RUN', 'a'],
      ['RUN', 'b'],
      ['RUN', 'c'],
      ['ENV', 'A', '1'],
      ['ENV', 'A', '2'],
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }), (before, after) => {
        const changes = compare(planOf(before), planOf(after)).steps;
        const count = (kind: string) => changes.filter((change) => change.kind === kind).length;
        expect(before.length - count('removed') + count('added')).toBe(after.length);
        const touched = new Set(
          changes.flatMap((change) => (change.kind === 'removed' ? [] : change.number)),
        );
        const gone = new Set(changes.flatMap((change) => (change.kind === 'removed' ? change.number : [])));
        const kept = after.filter((_, index) => !touched.has(index + 1));
        // What was not touched stood there before, in this order.
        const rest = before.filter((_, index) => !gone.has(index + 1)).map((entry) => entry.join(' '));
        let at = 0;
        for (const entry of kept) {
          at = rest.indexOf(entry.join(' '), at) + 1;
          expect(at).toBeGreaterThan(0);
        }
        if (before.join() === after.join()) expect(changes).toEqual([]);
      }),
    );
  });
});

test('a record holds no value of an ENV, and no more of a digest than shows a change', () => {
  const plan = planOf([
    ['ENV', 'API_TOKEN', 'hunter2-hunter2'],
    ['RUN', `echo ${'x'.repeat(500)}`],
  ]);
  const record = snapshotPlan(plan);
  expect(JSON.stringify(record)).not.toContain('hunter2');
  expect(record.steps[0]).toEqual({ title: 'ENV API_TOKEN', digest: expect.stringMatching(/^[0-9a-f]{6}$/) });
  expect(record.steps[1]?.title).toHaveLength(160);
});
