import { describe, expect, test, vi } from 'vitest';
import { backOffMs, createRetrier, createRetryNotes, retryAfterMs, withRetry } from '../../src/http/retry.ts';

test.each([
  ['7', 7000],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['0', 0],
  ['1.5', 1500],
  ['99999999999999999999', 1e23],
  ['-5', undefined],
  ['0x10', undefined],
  ['2025', 2_025_000],
  ['2025-12-31', undefined],
  ['Infinity', undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After %j asks for %j ms', (value, expected) => {
  expect(retryAfterMs(value, Date.UTC(2026, 0, 1))).toBe(expected);
});

test.each([undefined, 0, -1, 0.0001])('a pause is not made shorter by %j', (askedMs) => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const pauses = [1, 2, 3, 4, 5].map((failures) =>
    backOffMs(failures, { firstPauseMs: 100, longestPauseMs: 500 }, askedMs),
  );
  expect(pauses).toEqual([50, 100, 200, 250, 250]);
  random.mockRestore();
});

test('a pause is as long as the server asks for, or longer by the backoff where the policy says so', () => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const policy = { firstPauseMs: 100, longestPauseMs: 100 };
  expect(backOffMs(1, policy, 70)).toBe(70);
  expect(backOffMs(1, { ...policy, addToRetryAfter: true }, 70)).toBe(120);
  random.mockRestore();
});

describe('a retrier', () => {
  const failure = new Error('limit');
  const policy = { attempts: 3, timeMs: 60_000, firstPauseMs: 1, longestPauseMs: 1, longestRetryAfterMs: 5 };

  /** How many attempts are made of a request that always fails. */
  async function attemptsWith(options: Partial<Parameters<typeof createRetrier>[0]>): Promise<number> {
    let attempts = 0;
    const retrier = createRetrier({ policy, judge: () => ({ summary: 'x' }), ...options });
    const result = withRetry(retrier, async () => {
      attempts += 1;
      throw failure;
    });
    await expect(result).rejects.toBe(failure);
    return attempts;
  }

  test.each([
    ['every attempt of its policy', {}, 3],
    ['fewer for a failure that is worth fewer', { judge: () => ({ summary: 'x', attempts: 2 }) }, 2],
    ['one where the failure is final', { judge: () => undefined }, 1],
    ['all while it may wait', { judge: () => ({ summary: 'x', retryAfterMs: 5 }) }, 3],
    ['one where it would wait too long', { judge: () => ({ summary: 'x', retryAfterMs: 6 }) }, 1],
  ])('makes %s', async (_, options, expected) => {
    expect(await attemptsWith(options)).toBe(expected);
  });

  test('starts anew when the request works', async () => {
    const retrier = createRetrier({ policy, judge: () => ({ summary: 'x' }) });
    for (let time = 0; time < 5; time += 1) {
      await retrier.backoff(failure);
      await retrier.backoff(failure);
      retrier.reset();
    }
    expect(retrier.failures).toBe(0);
  });
});

test('many retries of the same request take few lines, and every one is counted', () => {
  const lines: string[] = [];
  let now = 0;
  const note = createRetryNotes(
    (line) => lines.push(line),
    30_000,
    () => now,
  );
  for (let attempt = 0; attempt < 100; attempt++) {
    note('GET x: answered 502', `trying again (attempt ${attempt + 2})`);
    if (attempt === 50) note('GET x: answered 429', 'trying again (attempt 1)');
    now += 1000;
  }
  expect(lines).toEqual([
    'GET x: answered 502; trying again (attempt 2)',
    'GET x: answered 502; trying again (attempt 32); 29 more like it since the last such line',
    'GET x: answered 429; trying again (attempt 1)',
    'GET x: answered 502; trying again (attempt 62); 29 more like it since the last such line',
    'GET x: answered 502; trying again (attempt 92); 29 more like it since the last such line',
  ]);
});
