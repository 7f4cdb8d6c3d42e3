/** What a test makes of a ready build. */
import { expect, test } from 'vitest';
import { afterTest } from '../../src/publish/after-test.ts';
import type { SmokeTestFailure } from '../../src/smoke-test/events.ts';
import { sampleOutcome } from '../support/sample-build.ts';

const commands = [{ title: 'make', exitCode: 0, durationMs: 1, lastLines: ['all is well'] }];

test.each<[SmokeTestFailure['cause'], string, readonly string[]]>([
  ['command', 'smoke-test', ['all is well']],
  ['sandbox', 'sandbox', []],
])('a %s that fails is of the class %s', (cause, failureClass, lines) => {
  const test = { passed: false, commands, failure: { cause, message: 'why' } };
  const outcome = afterTest(sampleOutcome(), test, 'No tag was moved.');
  expect(outcome).toMatchObject({ status: 'error', endedDuring: 'test', test });
  expect(outcome.diagnosis).toMatchObject({
    class: failureClass,
    what: expect.stringMatching(/^The build is ready, .*\. No tag was moved\.$/),
  });
  // Lines of commands that went well explain nothing.
  expect(outcome.failure?.lastLines.map(({ text }) => text)).toEqual(lines);
});

test('a test that passed is noted', () => {
  const test = { passed: true, commands };
  expect(afterTest(sampleOutcome(), test)).toEqual({ ...sampleOutcome(), test });
});
