import { comesFromOutside, secretsWithheld } from '../../ci/trust.ts';
import { withDiagnosis } from '../../driver/diagnosis/diagnose.ts';
import type { FailureClass } from '../../driver/diagnosis/failure-classes.ts';
import type { AbortReason, BuildEvent, BuildOutcome } from '../../driver/events.ts';
import { ServiceError } from '../../http/errors.ts';
import type { SettledInputs } from '../../inputs/build.ts';
import { type BuildReporter, openBuildReporter } from '../../job/build-reporter.ts';
import { type ExitResult, exitForServiceError, failEarly, whatFailed } from '../../job/exit.ts';
import type { Connect, Job } from '../../job/job.ts';
import { withTimeLimit } from '../../job/time-limit.ts';
import type { Plan } from '../../plan/plan.ts';
import { afterTest } from '../../publish/after-test.ts';
import { redactDeep } from '../../redact/redact.ts';
import { reuseOrBuild } from '../../reuse/reuse-or-build.ts';
import { tagsOfBase } from '../../tags/of-branch.ts';
import type { BuildPlace } from './build-place.ts';
import { compareContent } from './compare-content.ts';
import { type LocalServiceProcess, startLocalService } from './local-service.ts';
import { testOf } from './test-build.ts';

/** What a local build lacks and the service has: what no container can, withheld credentials, and other templates. */
const onlyLocal: ReadonlySet<FailureClass> = new Set([
  'local-build',
  'registry-credentials',
  'base-template-not-found',
]);

const undone = 'Nothing was built';
const tag = 'local';

/**
 * Builds a plan in containers of this machine, on the embedded service, and tests it. Nothing is published, no tag moves
 * anywhere, and nothing is remembered for later builds.
 *
 * Where nobody asked for a local build (`auto-local`), a failure that only a local build has ends the step green, with a
 * notice. The recipe's own failure is red in either case.
 *
 * @param connect - finds the published build, to compare with; absent without a key
 */
export async function buildLocally(
  plan: Plan,
  settled: SettledInputs,
  place: Extract<BuildPlace, 'local' | 'auto-local'>,
  job: Job,
  connect: Connect | undefined,
): Promise<ExitResult> {
  const { context, runner } = job;
  const { output, redact } = runner;
  const isAsked = place === 'local';
  const untrusted = secretsWithheld(context.event) || comesFromOutside(context.event);
  const [service, compared] = await Promise.all([
    startLocalService(context.env, { untrusted }),
    compareContent(plan, () => tagsOfBase(settled.tags, context.event), connect),
  ]);
  output.line(redact(compared));
  if (!service.ok && isAsked) {
    const why = `No container engine can build it: ${redact(service.reason)}`;
    return failEarly({ failure: 'local-build', undone, why });
  }
  const open = (options?: Parameters<typeof openBuildReporter>[4]) =>
    openBuildReporter(plan, settled, undefined, job, options);
  if (!service.ok) {
    output.notice(`A local build was not possible: ${redact(service.reason)}`, {
      title: 'Not built locally',
    });
    return (await open()).skipped();
  }
  output.notice(
    'The recipe runs in containers of this runner, not at the service. Nothing is published, and no tag moves.',
    { title: 'This is a local build' },
  );
  const reporter = await open({ local: true, ...(!isAsked && { mild: onlyLocal }) });
  try {
    const outcome = await runLocally(plan, settled, service.value, reporter, job);
    await reporter.finished(outcome);
    return exitOfLocalBuild(outcome, isAsked, settled, job);
  } catch (error) {
    if (error instanceof ServiceError) return exitForServiceError(error, undone, plan);
    throw error;
  } finally {
    reporter.close();
    await service.value.close();
  }
}

async function runLocally(
  plan: Plan,
  settled: SettledInputs,
  service: LocalServiceProcess,
  reporter: BuildReporter,
  job: Job,
): Promise<BuildOutcome> {
  const { context, runner, clients } = job;
  const { interrupted, temporaryDirectory } = context;
  // A name with the slug of a team is none of the embedded service's.
  const name = plan.name.split('/').at(-1) ?? plan.name;
  const { contentTags: _, ...rest } = plan;
  const localPlan: Plan = { ...rest, name, tags: [tag] };
  return withTimeLimit(settled.timeoutMinutes, interrupted, async (signal) => {
    const client = clients.connect(service.connection, signal);
    let last: BuildEvent | undefined;
    const emit = (event: BuildEvent): void => {
      // What a person sees at the end includes the test.
      if (event.type === 'finished') last = event;
      else reporter.happened(event);
    };
    const inputs = { ...settled, reuse: 'never', wait: true, retryWithoutCache: false } as const;
    const built = await reuseOrBuild(localPlan, inputs, {
      client,
      emit,
      temporaryDirectory,
      signal,
      early: undefined,
    });
    if (!built.ok) throw new Error(`A local build was not begun: ${built.reason}`);
    let outcome: BuildOutcome = { ...built.value, name: plan.name };
    const runTest = testOf(plan, settled, job, service.connection);
    if (runTest && outcome.status === 'ready')
      outcome = await runTest(`${name}:${outcome.buildId}`, signal).then(
        (test) => afterTest(outcome, test),
        () => testAborted(plan, outcome, signal.reason as AbortReason),
      );
    const clean = redactDeep(outcome, runner.redact);
    if (last) reporter.happened({ type: 'finished', outcome: clean });
    return clean;
  });
}

/** The outcome if the job ends during the test of a local build, of which nothing is left for another run. */
function testAborted(plan: Plan, outcome: BuildOutcome, abortedBy: AbortReason): BuildOutcome {
  const aborted = withDiagnosis(plan, { ...outcome, status: 'error', abortedBy, endedDuring: 'test' });
  const advice = abortedBy === 'timeout' ? 'Raise timeout-minutes.' : 'Run this job again.';
  return { ...aborted, ...(aborted.diagnosis && { diagnosis: { ...aborted.diagnosis, advice } }) };
}

function exitOfLocalBuild(
  outcome: BuildOutcome,
  isAsked: boolean,
  { timeoutMinutes }: SettledInputs,
  { runner }: Job,
): ExitResult {
  const { status, failure, diagnosis, abortedBy, endedDuring } = outcome;
  if (abortedBy && endedDuring) {
    const { what = '', advice = '' } = diagnosis ?? {};
    return {
      exitCode: abortedBy === 'interrupted' ? 130 : 1,
      message: `The local build is ready. ${what} ${advice}`,
    };
  }
  if (abortedBy === 'interrupted')
    return { exitCode: 130, message: 'The job was cancelled during a local build.' };
  if (abortedBy === 'timeout')
    return {
      exitCode: 1,
      message: `The local build did not end within ${timeoutMinutes} minutes (timeout-minutes).`,
    };
  if (status === 'ready') return { exitCode: 0 };
  const message = failure?.message ?? '';
  if (!isAsked && diagnosis && onlyLocal.has(diagnosis.class)) {
    runner.output.notice(`${message}. The step does not fail for it.`, {
      title: 'Only a local build fails here',
    });
    return { exitCode: 0 };
  }
  const explained = diagnosis ? `\n${diagnosis.what} ${diagnosis.advice}` : '';
  return {
    exitCode: 1,
    annotated: true,
    message: `The local build ${whatFailed(outcome)}: ${message}${explained}`,
  };
}
