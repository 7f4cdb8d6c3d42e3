import { nameProblems } from '../../api/names.ts';
import { judgeSize } from '../../api/sandbox-size.ts';
import { secretsWithheld } from '../../ci/trust.ts';
import { definitionSecrets } from '../../definition/secrets.ts';
import { timeLeft } from '../../history/eta.ts';
import { rememberedBuild } from '../../history/last-build.ts';
import { ServiceError } from '../../http/errors.ts';
import { readBuildInputs } from '../../inputs/build.ts';
import {
  githubPublisher,
  pullRequestReport,
  refuseUnpublished,
  skipBuild,
} from '../../job/build-reporter.ts';
import { type ExitResult, exitForOutcome, exitForServiceError, skipRemovalEvent } from '../../job/exit.ts';
import type { Job } from '../../job/job.ts';
import { sourceView } from '../../job/source-view.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { secretValues } from '../../plan/warnings.ts';
import { collectProblems, throwIfAny } from '../../problem.ts';
import { redactDeep, redactor } from '../../redact/redact.ts';
import { showWarnings } from '../../report/log/output.ts';
import { logPlan } from '../../report/log/plan-log.ts';
import { namesNothing } from '../../tags/decide.ts';
import { removePreviewIfClosed } from './closed-pull-request.ts';
import { readDefinition } from './load-definition.ts';
import { exitIfOutdated } from './newer-commit.ts';
import { compareWithHistory, logHistory } from './previous-build.ts';
import { baseResolver } from './resolve-base.ts';
import { tagsOfBuild } from './resolve-tags.ts';
import { buildAndReport } from './run-build.ts';
import { teamLimits } from './team-limits.ts';

/**
 * The build action: read the inputs, evaluate the definition, plan everything that can be known beforehand,
 * find the build that has this content or make one, and tell how it went. Rejects with a `ProblemsError` that names
 * all mistakes on the user's side.
 */
export async function runBuild(job: Job): Promise<ExitResult> {
  if (job.event.takenAway) return skipRemovalEvent('Nothing was built', job.event);
  const withheld = secretsWithheld(job.event);
  const read = readBuildInputs(job.env, { secretsWithheld: withheld });
  const { inputs, problems } = read;
  showWarnings(job.output, read.warnings);
  const { apiKey, accessToken } = inputs.connection;
  const visible = [inputs.name, inputs.tags];
  for (const secret of [apiKey, accessToken, inputs.githubToken]) job.mask(secret, visible);
  const limits = teamLimits(inputs, problems, job);
  problems.push(...nameProblems(inputs.name));
  const nameless = namesNothing(inputs.tags, job.event);
  if (nameless.length > 0) throwIfAny([...problems, ...nameless]);
  const tags = (await collectProblems(problems, () => tagsOfBuild(inputs, job, problems.length === 0))) ?? [];

  // Asked beside the reading of the recipe, which takes longer.
  const outdated = apiKey === '' || problems.length > 0 ? undefined : exitIfOutdated(tags, inputs, job);
  outdated?.catch(() => {});

  const plan = await collectProblems(problems, async () => {
    const definition = await readDefinition(inputs, job, [...visible, ...tags]);
    return makePlan(
      definition,
      { ...inputs, tags, commit: job.event.sha, secretsWithheld: withheld },
      baseResolver(inputs, job),
    );
  }).catch((error) => {
    // Mistakes that are known by then count for more than why the service was not asked to the end.
    throwIfAny(problems);
    throw error;
  });
  const size = judgeSize(inputs, await limits);
  showWarnings(job.output, size.warnings);
  problems.push(...size.problems);
  throwIfAny(problems);
  if (!plan) throw new Error('There is no plan although nothing is wrong.');
  const { redact } = job;
  const shown = redactDeep(plan, redact);
  logPlan(job.output, shown);

  const outdatedEnd = await outdated;
  if (outdatedEnd) return outdatedEnd;
  const remembered = await job.history.read(plan.name);
  const known = compareWithHistory(shown, remembered);
  logHistory(job.output, known, remembered);
  const pullRequest = pullRequestReport(shown, known, inputs, job);
  if (apiKey === '') {
    await pullRequest.finished(await skipBuild(shown, known, inputs, job));
    return { exitCode: 0 };
  }
  // Values of variables that look secret are shown nowhere, and so not where the definition gives them either.
  const hidden = redactor(
    [apiKey, accessToken, inputs.githubToken, ...definitionSecrets(plan.definition), ...secretValues(plan)],
    [inputs.name, ...tags],
  );
  const sources = sourceView(shown, job, hidden);
  const outcome = await buildAndReport(
    plan,
    {
      shown,
      redact,
      timeLeft: timeLeft(shown, remembered.last),
      sources,
      registered: pullRequest.registered,
    },
    inputs,
    job,
  );
  if (outcome instanceof ServiceError) return exitForServiceError(outcome, 'Nothing was built', plan);
  if ('notPublished' in outcome) {
    const { result, ending } = await refuseUnpublished(shown, known, outcome, inputs, job);
    await pullRequest.finished(result);
    return ending;
  }
  const result = await githubPublisher(job).finished(shown, outcome, inputs, { ...known, sources });
  const lastBuild = rememberedBuild(outcome, {
    plan: shown,
    branch: job.history.branch,
    finishedAt: new Date(),
    last: remembered.last,
  });
  job.saveState({ ended: true, summary: inputs.summary, ...(lastBuild && { lastBuild }) });
  await pullRequest.finished(result);
  await removePreviewIfClosed(outcome, inputs, job);
  return exitForOutcome(outcome, inputs);
}
