import { diagnoseTest } from '../driver/diagnosis/diagnose-test.ts';
import type { BuildOutcome } from '../driver/events.ts';
import type { SmokeTestOutcome } from '../smoke-test/events.ts';

/**
 * The outcome of a ready build after its test. A test that did not pass is its failure.
 *
 * @param consequence - what became of the build and its tags, in sentences
 */
export function afterTest(outcome: BuildOutcome, test: SmokeTestOutcome, consequence = ''): BuildOutcome {
  const { failure, commands } = test;
  if (!failure) return { ...outcome, test };
  const lines = failure.cause === 'command' ? (commands.at(-1)?.lastLines ?? []) : [];
  const { what, ...diagnosis } = diagnoseTest(failure);
  return {
    ...outcome,
    test,
    ...{ status: 'error', endedDuring: 'test' },
    failure: {
      message: failure.message,
      lastLines: lines.map((text) => ({ at: 0, level: 'info', text })),
    },
    diagnosis: { ...diagnosis, what: `${what} ${consequence}`.trim() },
  };
}
