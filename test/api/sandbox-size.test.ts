import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultMemoryMb, judgeSize, nearestSize } from '../../src/api/sandbox-size.ts';

const infinite = Number.POSITIVE_INFINITY;

test.each([
  [1, 1024],
  [2, 1024],
  [4, 2048],
  [8, 4096],
  [16, 8192],
])('%i CPU get %i MiB where none is given', (cpuCount, memoryMb) => {
  expect(defaultMemoryMb(cpuCount)).toBe(memoryMb);
});

test.each<
  [asked: [number, number], limits: [number, number] | undefined, nearest: [number, number] | undefined]
>([
  [[2, 1024], undefined, [2, 1024]],
  [[4, 1024], undefined, [4, 2048]],
  [[2, 1000], undefined, [2, 1024]],
  [[1, 128], undefined, [1, 512]],
  [[1, 8192], undefined, [1, 4096]],
  [[6, 4096], undefined, [8, 4096]],
  [[16, 8192], undefined, [8, 8192]],
  [[32, 65536], undefined, [8, 8192]],
  [
    [8, 16384],
    [8, 16384],
    [8, 16384],
  ],
  [
    [8, 4096],
    [2, 4096],
    [2, 4096],
  ],
  [
    [4, 8192],
    [2, 4096],
    [2, 4096],
  ],
  [
    [8, 8192],
    [8, 2000],
    [2, 1536],
  ],
  [
    [8, 8192],
    [8, infinite],
    [8, 8192],
  ],
  [[2, 1024], [0.5, 4096], undefined],
  [[2, 1024], [2, 100], undefined],
])('the size nearest to %j within %j is %j', ([cpuCount, memoryMb], limits, nearest) => {
  const within = limits && { maxCpu: limits[0], maxMemoryMb: limits[1] };
  expect(nearestSize({ cpuCount, memoryMb }, within)).toEqual(
    nearest && { cpuCount: nearest[0], memoryMb: nearest[1] },
  );
});

describe('a size', () => {
  const team = { maxCpu: 2, maxMemoryMb: 4096 };

  test.each([
    [8, 4096, 'Input cpu-count', 'The nearest size that fits is cpu-count: 2 and memory-mb: 4096.'],
    [2, 8192, 'Input memory-mb', 'The nearest size that fits is cpu-count: 2 and memory-mb: 4096.'],
    [4, 8192, 'Input cpu-count', 'The nearest size that fits is cpu-count: 2 and memory-mb: 4096.'],
  ])('of %i CPU and %i MiB that the team may not use is a mistake', (cpuCount, memoryMb, title, mend) => {
    const { problems, warnings } = judgeSize({ cpuCount, memoryMb }, team);
    expect(warnings).toEqual([]);
    expect(problems).toEqual([{ title, message: expect.stringContaining(mend) }]);
    expect(problems[0]?.message).toContain('your team may use at most 2 CPU and 4096 MiB');
  });

  test('names the one limit that is known', () => {
    const { problems } = judgeSize({ cpuCount: 8, memoryMb: 4096 }, { maxCpu: 2, maxMemoryMb: infinite });
    expect(problems[0]?.message).toContain('at most 2 CPU for a sandbox');
  });

  test.each([
    [4, 1024, 'Input memory-mb', 'cpu-count: 4 and memory-mb: 2048'],
    [2, 1000, 'Input memory-mb', 'cpu-count: 2 and memory-mb: 1024'],
    [6, 4096, 'Input cpu-count', 'cpu-count: 8 and memory-mb: 4096'],
    [8, 16384, 'Input memory-mb', 'cpu-count: 8 and memory-mb: 8192'],
  ])(
    'of %i CPU and %i MiB that only the documentation refuses is a warning',
    (cpuCount, memoryMb, title, nearest) => {
      const { problems, warnings } = judgeSize({ cpuCount, memoryMb }, undefined);
      expect(problems).toEqual([]);
      expect(warnings).toEqual([
        { title, message: expect.stringContaining(`The nearest such size is ${nearest}.`) },
      ]);
    },
  );

  test('that the team may use and the documentation has is none of both, and so is every nearest size', () => {
    const limits = fc.option(
      fc.record({
        maxCpu: fc.integer({ min: 1, max: 64 }),
        maxMemoryMb: fc.integer({ min: 512, max: 70000 }),
      }),
      { nil: undefined },
    );
    const asked = fc.record({
      cpuCount: fc.integer({ min: 1, max: 32 }),
      memoryMb: fc.integer({ min: 128, max: 70000 }),
    });
    fc.assert(
      fc.property(asked, limits, (size, within) => {
        const nearest = nearestSize(size, within);
        expect(nearest && judgeSize(nearest, within)).toEqual({ problems: [], warnings: [] });
      }),
      { numRuns: 200 },
    );
  });
});
