import { nameProblems } from '../../api/names.ts';
import { judgeSize } from '../../api/sandbox-size.ts';
import { secretsWithheld } from '../../ci/trust.ts';
import type { EarlyHost } from '../../definition/process/host-child.ts';
import { ServiceError } from '../../http/errors.ts';
import { readBuildInputs } from '../../inputs/build.ts';
import { openBuildReporter, redactPlan } from '../../job/build-reporter.ts';
import { type ExitResult, exitForOutcome, exitForServiceError, skipRemovalEvent } from '../../job/exit.ts';
import type { Connect, Job } from '../../job/job.ts';
import { withTimeLimit } from '../../job/time-limit.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { collectProblems, throwIfAny } from '../../problem.ts';
import { redactDeep } from '../../redact/redact.ts';
import { showWarnings } from '../../report/log/output.ts';
import { logPlan } from '../../report/log/plan-log.ts';
import { type EarlyLookup, lookUpEarly } from '../../reuse/early-lookup.ts';
import { reuseOrBuild } from '../../reuse/reuse-or-build.ts';
import { namesNothing } from '../../tags/decide.ts';
import { readDefinition } from './load-definition.ts';
import { exitIfOutdated, removePreviewIfClosed } from './pull-request-state.ts';
import { baseResolver } from './resolve-base.ts';
import { tagsOfBuild } from './resolve-tags.ts';
import { teamLimits } from './team-limits.ts';

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
  const { name, connection, githubToken } = inputs;
  const visible = [name, inputs.tags];
  runner.mask([connection.apiKey, connection.accessToken, githubToken], visible);
  const github = githubToken === '' ? undefined : clients.github(githubToken);
  const connect: Connect | undefined =
    connection.apiKey === '' ? undefined : (signal) => clients.connect(connection, signal);

  // Looked up while the recipe is read, which takes longer.
  const limits = teamLimits(inputs, problems, connect, runner.debug);
  problems.push(...nameProblems(name));
  const nameless = namesNothing(inputs.tags, event);
  if (nameless.length > 0) throwIfAny([...problems, ...nameless]);
  const mayLookUp = problems.length === 0;
  const tags =
    (await collectProblems(problems, () =>
      tagsOfBuild(inputs, event, { connect, mayLookUp }, runner.output),
    )) ?? [];
  const outdated =
    connect && problems.length === 0 ? exitIfOutdated(tags, inputs, github, context) : undefined;
  outdated?.catch(() => {});

  let lookup: EarlyLookup | undefined;
  const lookUp = () => {
    // Without the digest of its base, a plan has no fingerprint to find a build by.
    const isUseful = inputs.pinBase && inputs.reuse !== 'never' && problems.length === 0;
    if (connect && isUseful) lookup = lookUpEarly(connect(), name);
  };
  const resolveBase = baseResolver(inputs, connect, clients.resolveImage);
  const plan = await collectProblems(problems, async () => {
    const definition = await readDefinition(inputs, context, runner, [...visible, ...tags], {
      ...{ beside: lookUp, early },
      // Sent while the SDK asks for the configuration. A plan waits for the response, or reports the error.
      readingBase: (base) => void resolveBase(base).catch(() => {}),
    });
    const request = { ...inputs, tags, commit: event.sha, secretsWithheld: withheld };
    return makePlan(definition, request, resolveBase);
  }).catch((error) => {
    // The mistakes found so far explain more than the error that stopped the planning.
    throwIfAny(problems);
    throw error;
  });
  const size = judgeSize(inputs, await limits);
  showWarnings(runner.output, size.warnings);
  problems.push(...size.problems);
  throwIfAny(problems);
  if (!plan) throw new Error('The plan is missing, and no problem explains it.');
  logPlan(runner.output, redactPlan(plan, runner.redact));

  const superseded = await outdated;
  if (superseded) return superseded;
  const reporter = await openBuildReporter(redactPlan(plan, runner.redact), inputs, github, job);
  if (!connect) return reporter.skipped();

  const built = await withTimeLimit(inputs.timeoutMinutes, interrupted, async (signal) => {
    const driver = {
      client: connect(signal),
      emit: reporter.happened,
      temporaryDirectory,
      signal,
      early: lookup,
    };
    return redactDeep(await reuseOrBuild(plan, inputs, driver), runner.redact);
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
  return exitForOutcome(outcome, inputs);
}
