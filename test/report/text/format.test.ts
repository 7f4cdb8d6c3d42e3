import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatTimeLeft } from '../../../src/report/text/format.ts';

test.each([
  [-5, '0.0s'],
  [Number.NaN, '0.0s'],
  [0, '0.0s'],
  [849, '0.8s'],
  [4_200, '4.2s'],
  [9_949, '9.9s'],
  [9_960, '10s'],
  [59_499, '59s'],
  [59_500, '1m 00s'],
  [72_000, '1m 12s'],
  [3_599_400, '59m 59s'],
  [3_599_600, '1h 00m'],
  [3_720_000, '1h 02m'],
  [90_000_000, '25h 00m'],
])('%d ms reads as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [12_400, '12.4 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [3_000_000_000, '3.0 GB'],
])('%d bytes read as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0 steps'],
  [1, '1 step'],
  [12_400, '12,400 steps'],
  [1_000_000, '1,000,000 steps'],
])('%d steps read as %s', (count, text) => {
  expect(formatCount(count, 'step')).toBe(text);
});

test.each([
  [0, '10 s'],
  [44_000, '40 s'],
  [54_999, '50 s'],
  [55_000, '1 min'],
  [95_000, '2 min'],
  [3_500_000, '58 min'],
  [3_599_000, '1 h'],
  [4_200_000, '1 h 10 min'],
])('%i ms are left: about %s', (milliseconds, expected) => {
  expect(formatTimeLeft(milliseconds)).toBe(expected);
});
