import { describe, expect, test } from 'vitest';
import { barLimit, timeline } from '../../../src/report/markdown/timeline.ts';
import type { ResultStep } from '../../../src/report/result/result.ts';

const start = Date.UTC(2026, 0, 1);

/** Steps one after the other, of these lengths in milliseconds. */
function steps(lengths: readonly number[], states: readonly ResultStep['state'][] = []): ResultStep[] {
  let at = start;
  return lengths.map((durationMs, index) => {
    const startedAt = new Date(at).toISOString();
    at += durationMs;
    const state = states[index] ?? 'built';
    const [number, cached] = [index + 1, state === 'cached'];
    return { id: String(number), number, title: `RUN ${number}`, state, cached, startedAt, durationMs };
  });
}

describe('the ticks of a timeline', () => {
  const units: Readonly<Record<string, number>> = {
    millisecond: 1,
    second: 1000,
    minute: 60_000,
    hour: 3_600_000,
  };

  test.each([
    [4, '100millisecond', '%-S.%L s'],
    [900, '100millisecond', '%-S.%L s'],
    [4_600, '500millisecond', '%-S.%L s'],
    [9_000, '1second', '%-S s'],
    [40_000, '5second', '%-S s'],
    [72_000, '10second', '%M:%S'],
    [280_000, '30second', '%M:%S'],
    [590_000, '1minute', '%M:%S'],
    [2_900_000, '5minute', '%M:%S'],
    [3_700_000, '10minute', '%H:%M'],
    [30_000_000, '1hour', '%H:%M'],
  ])('of %i ms are %s apart and read %s, each differently', (total, interval, format) => {
    const chart = timeline(steps([total])) ?? '';
    expect(chart).toContain(`    axisFormat ${format}\n    tickInterval ${interval}\n`);
    const [, count, unit = ''] = /^(\d+)(\w+)$/.exec(interval) ?? [];
    const width = Number(count) * (units[unit] ?? 0);
    expect(total / width).toBeLessThanOrEqual(10);
    // Two ticks never differ only in what the format leaves out.
    const finest = format.includes('%L') ? 1 : format.includes('S') ? 1000 : 60_000;
    expect(width).toBeGreaterThanOrEqual(finest);
  });
});

test('bars differ by keywords whose colors can be read in every theme', () => {
  const chart = timeline(steps([10, 2000, 3000], ['cached', 'built', 'failed'])) ?? '';
  expect(chart).toMatch(/ 1 RUN 1 :done, .* 2 RUN 2 :2000-.* 3 RUN 3 :crit, /s);
  expect(chart).not.toContain('active');
});

test('steps that were not reached are not counted as left out', () => {
  const unreached: ResultStep = { id: '9', number: 9, title: 'RUN 9', state: 'not reached', cached: false };
  expect(timeline([...steps([1000, 2000]), unreached])).not.toContain('longest');
  const many = [...steps(Array.from({ length: barLimit + 3 }, (_, index) => 100 + index)), unreached];
  expect(timeline(many)).toContain(`The ${barLimit} longest of ${barLimit + 3} steps.`);
});
