import { secretsWithheld } from '../../ci/trust.ts';
import type { EarlyHost } from '../../definition/process/host-child.ts';
import { ServiceError } from '../../http/errors.ts';
import { readBuildInputs } from '../../inputs/build.ts';
import { openBuildReporter } from '../../job/build-reporter.ts';
import { type ExitResult, exitForOutcome, exitForServiceError, skipRemovalEvent } from '../../job/exit.ts';
import type { Connect, Job } from '../../job/job.ts';
import { withTimeLimit } from '../../job/time-limit.ts';
import { publishTested } from '../../publish/publish-tested.ts';
import { redactDeep } from '../../redact/redact.ts';
import { showWarnings } from '../../report/log/output.ts';
import { foresee } from '../../reuse/foresee.ts';
import { reuseOrBuild } from '../../reuse/reuse-or-build.ts';
import { buildLocally } from './build-locally.ts';
import { buildPlace } from './build-place.ts';
import { planBuild } from './plan-build.ts';
import { removePreviewIfClosed } from './pull-request-state.ts';
import { publishTest, testOf } from './test-build.ts';

const undone = 'Nothing was built';

/**
 * The build action: read the inputs, evaluate the definition, make the plan, find or make the build of this content,
 * and report how it ended. Rejects with a `ProblemsError` that names all mistakes of the user.
 *
 * @param early - a process that already waits for a definition
 */
export async function runBuild(job: Job, early?: EarlyHost): Promise<ExitResult> {
  const { context, runner, clients } = job;
  const { event, interrupted, temporaryDirectory } = context;
  if (event.removed) return skipRemovalEvent(undone, event);

  const withheld = secretsWithheld(event);
  const { inputs, problems, warnings } = readBuildInputs(context.env, { secretsWithheld: withheld });
  showWarnings(runner.output, warnings);
  const { connection, githubToken } = inputs;
  runner.mask(
    [connection.apiKey, connection.accessToken, githubToken, inputs.gitlabToken],
    [inputs.name, inputs.tags],
  );
  const github = githubToken === '' ? undefined : clients.github(githubToken);
  const connect: Connect | undefined =
    connection.apiKey === '' ? undefined : (signal) => clients.connect(connection, signal);

  const { env } = context;
  const place = buildPlace(inputs, { event, env, hasKey: connect !== undefined });
  const isLocal = (place === 'local' || place === 'auto-local') && !inputs.dryRun;
  if (isLocal && inputs.maxAgeMs !== undefined) {
    runner.output.line('max-age has no effect here: a local build is always made, and never reused.');
  }
  const about = isLocal ? { ...inputs, maxAgeMs: undefined } : inputs;
  const planned = await planBuild(about, problems, { job, connect, github, early });
  if ('exit' in planned) return planned.exit;
  const { plan, settled, lookup } = planned;
  if (isLocal) return buildLocally(plan, settled, place, job, connect);
  const runTest = testOf(plan, settled, job, connection);
  const reporter = await openBuildReporter(plan, settled, github, job);
  if (inputs.dryRun) {
    const unknown = 'Without an API key it is unknown whether a build has this content.';
    const options = { reuse: settled.reuse, isTested: runTest !== undefined };
    return reporter.planned(connect ? await foresee(plan, options, connect()) : unknown);
  }
  if (!connect) return reporter.skipped();

  const built = await withTimeLimit(inputs.timeoutMinutes, interrupted, async (signal) => {
    const driver = {
      client: connect(signal),
      emit: reporter.happened,
      temporaryDirectory,
      signal,
      early: lookup,
    };
    const ended = runTest
      ? publishTested(
          plan,
          publishTest(plan, settled, context, (build) => runTest(build, signal)),
          settled,
          { ...driver, connectToEnd: (ended) => clients.connectToEnd(connection, ended) },
        )
      : reuseOrBuild(plan, settled, driver);
    return redactDeep(await ended, runner.redact);
  })
    .catch((error) => {
      if (error instanceof ServiceError) return error;
      throw error;
    })
    .finally(reporter.close);
  if (built instanceof ServiceError) return exitForServiceError(built, undone, plan);
  if (!built.ok) return reporter.unpublished(built.reason);
  const outcome = built.value;
  await reporter.finished(outcome);
  await removePreviewIfClosed(outcome, { connect, github, context, runner });
  return exitForOutcome(outcome, settled);
}
