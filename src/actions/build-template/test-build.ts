import { randomBytes } from 'node:crypto';
import { candidateTag, passedTag } from '../../api/reserved-tags.ts';
import type { SettledInputs } from '../../inputs/build.ts';
import type { Connection } from '../../inputs/connection.ts';
import type { Job, JobContext } from '../../job/job.ts';
import type { Plan } from '../../plan/plan.ts';
import type { PublishTest } from '../../publish/publication.ts';
import { createSmokeTestLog } from '../../report/log/smoke-test-log.ts';
import type { SmokeTestOutcome } from '../../smoke-test/events.ts';
import { parseTest } from '../../smoke-test/parse-test.ts';
import { parseServedUrl } from '../../smoke-test/parse-url.ts';
import { runSmokeTest } from '../../smoke-test/smoke-test.ts';

/**
 * Tests the build `name:buildId` in a sandbox and shows the test in the log. A test that does not pass is a result.
 * The sandbox is ended before this settles, also after a cancel. Rejects only with the signal's reason.
 */
export type RunTest = (reference: string, signal: AbortSignal) => Promise<SmokeTestOutcome>;

/**
 * The test of a plan's finished template, as the inputs `test` and `test-url` ask for; `undefined` when they ask for
 * none.
 *
 * @param connection - the service whose sandboxes are used
 */
export function testOf(
  { wire: { startCmd, readyCmd } }: Pick<Plan, 'wire'>,
  { test, testUrl, testTimeoutMinutes }: Pick<SettledInputs, 'test' | 'testUrl' | 'testTimeoutMinutes'>,
  { context, runner, clients }: Job,
  connection: Connection,
): RunTest | undefined {
  if (test === '' && testUrl === '') return undefined;
  const commands = parseTest(test);
  const served = parseServedUrl(testUrl);
  // What is wrong with it was said when the inputs were read.
  const url = typeof served === 'string' ? undefined : served;
  const { run, attempt } = context.run;
  return async (reference, signal) => {
    const log = createSmokeTestLog(
      runner.output,
      connection.isHere ? 'the finished template' : 'a sandbox of this build',
    );
    try {
      const outcome = await runSmokeTest(
        { reference, commands, url, startCmd, readyCmd, limitMs: testTimeoutMinutes * 60_000 },
        {
          connect: (ended) => clients.connectToEnd(connection, ended),
          inside: (sandbox) => clients.sandbox(connection, sandbox),
          emit: log.show,
          marker: `${run}-${attempt}-${randomBytes(8).toString('hex')}`,
          // What runs on this machine ends with this step.
          ...(!connection.isHere && {
            remember: (left) => runner.saveSandbox(left && { ...left, apiUrl: connection.apiUrl }),
          }),
          signal,
        },
      );
      log.finished(outcome);
      return outcome;
    } finally {
      log.close();
    }
  };
}

/** The test that decides about the tags of a plan: this run's candidate tag, and the tag of builds that have passed. */
export function publishTest(
  { fingerprint }: Pick<Plan, 'fingerprint'>,
  { test, testUrl }: Pick<SettledInputs, 'test' | 'testUrl'>,
  { run }: Pick<JobContext, 'run'>,
  runTest: PublishTest['run'],
): PublishTest {
  return {
    candidateTag: candidateTag(run),
    ...('hash' in fingerprint && { passedTag: passedTag(fingerprint.hash, [test, testUrl]) }),
    run: runTest,
  };
}
