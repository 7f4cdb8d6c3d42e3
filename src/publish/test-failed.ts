import { diagnoseTest } from '../driver/diagnosis/diagnose-test.ts';
import type { BuildOutcome } from '../driver/events.ts';
import type { SmokeTestOutcome } from '../smoke-test/events.ts';

/** The outcome of a ready build whose test did not pass, which is its failure. */
export function testFailed(outcome: BuildOutcome, test: SmokeTestOutcome): BuildOutcome {
  const { failure, commands } = test;
  if (!failure) return { ...outcome, test };
  const lines = failure.cause === 'command' ? (commands.at(-1)?.lastLines ?? []) : [];
  return {
    ...outcome,
    test,
    status: 'error',
    failure: {
      message: failure.message,
      lastLines: lines.map((text) => ({ at: 0, level: 'info', text })),
    },
    diagnosis: diagnoseTest(failure),
  };
}
