/** What is said of a test that did not pass. */
import { expect, test } from 'vitest';
import { diagnoseTest } from '../../src/driver/diagnosis/diagnose-test.ts';

test.each<[number | undefined, RegExp]>([
  [400, /lower test-timeout/],
  [401, /key may build templates and not start sandboxes/],
  [403, /key may build templates and not start sandboxes/],
  [429, /raise test-timeout/],
  [500, /Run this job again/],
  [undefined, /Run this job again/],
])('a sandbox that is refused with %j has its own advice', (status, advice) => {
  const message = 'No sandbox could be started.';
  const failure = { cause: 'sandbox', message, ...(status !== undefined && { status }) } as const;
  expect(diagnoseTest(failure)).toMatchObject({ class: 'sandbox', advice: expect.stringMatching(advice) });
});
