import { nameProblems } from '../../api/names.ts';
import { secretsWithheld } from '../../ci/trust.ts';
import { GithubError } from '../../github/errors.ts';
import { type CleanupInputs, readCleanupInputs } from '../../inputs/cleanup.ts';
import { type ExitResult, explainServiceError } from '../../job/exit.ts';
import { connectRedacted, type Job } from '../../job/job.ts';
import { endDeployments, markCommentsRemoved } from '../../job/preview-removed.ts';
import { addSummary } from '../../job/runner.ts';
import { throwIfAny } from '../../problem.ts';
import { logCleanup } from '../../report/log/cleanup-log.ts';
import { showWarnings } from '../../report/log/output.ts';
import { cleanupSummary } from '../../report/markdown/cleanup-summary.ts';
import { mergeGroupPrefix } from '../../templates/preview-tags.ts';
import { type CleanupPlan, cleanTemplate, type TemplateCleanup } from '../../templates/remove-previews.ts';
import { type ContentRow, sweepContent } from '../../templates/sweep-content-tags.ts';
import { closedPullRequest, decideByEvent, decideBySweep, isReopened } from './policy.ts';

/**
 * The cleanup action: find the preview tags of pull requests that are closed, and remove them, and in a sweep content
 * tags that nobody needs any more; builds and templates are never touched. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runCleanup(job: Job): Promise<ExitResult> {
  const { event, output } = job;
  const keyOptional = secretsWithheld(event);
  const { inputs, problems, warnings } = readCleanupInputs(job.env, { keyOptional });
  showWarnings(output, warnings);
  if (inputs.names.length === 0) problems.push(...nameProblems(''));
  problems.push(...inputs.names.flatMap(nameProblems));
  const pullRequest = inputs.mode === 'event' ? closedPullRequest(event, problems) : undefined;
  throwIfAny(problems);
  if (inputs.connection.apiKey === '') {
    output.notice(
      'This run gets no secrets, as those of forks and of Dependabot, and so had no preview to remove.',
    );
    job.setOutput('removed', '[]');
    return { exitCode: 0 };
  }

  if (inputs.githubToken !== '') job.mask(inputs.githubToken);
  const reopened =
    pullRequest !== undefined &&
    inputs.githubToken !== '' &&
    (await isReopened(job.github(inputs.githubToken), pullRequest));
  if (reopened) {
    output.notice(`Pull request ${pullRequest} is open again, so its previews stay.`, {
      title: 'A preview stays',
    });
  }
  const decide =
    pullRequest === undefined
      ? decideBySweep(job.github(inputs.githubToken))
      : decideByEvent(pullRequest, reopened);
  const done: Done = { cleanups: [], content: [] };
  const stopped = await cleanAll(job, inputs, decide, done);
  await tell(job, inputs, done, reopened);
  return stopped ?? endingOf(done.cleanups);
}

/** What was done until now. */
interface Done {
  readonly cleanups: TemplateCleanup[];
  readonly content: ContentRow[];
}

/** Fills `done` template by template; gives the ending when it had to stop before the last. */
async function cleanAll(
  job: Job,
  { names, connection, tagPrefix, contentDays: olderThanDays, dryRun }: CleanupInputs,
  decide: CleanupPlan['decide'],
  { cleanups, content }: Done,
): Promise<ExitResult | undefined> {
  const client = connectRedacted(job, connection, names);
  const prefixes = [tagPrefix, mergeGroupPrefix];
  try {
    for (const name of names) {
      const cleanup = await cleanTemplate(client, name, { prefixes, decide, dryRun });
      cleanups.push(cleanup);
      if (olderThanDays === undefined || cleanup.state !== 'done') continue;
      const spared = new Set(cleanup.rows.map(({ buildId }) => buildId));
      const error = await sweepContent(client, name, { olderThanDays, spared, dryRun }, content);
      if (error) cleanups.push({ name, state: 'failed', rows: [], error });
    }
    return undefined;
  } catch (error) {
    if (job.interrupted.aborted) return { exitCode: 130, message: `${incomplete}: the job was cancelled.` };
    if (!(error instanceof GithubError)) throw error;
    const needed = 'To ask for pull requests the job needs `permissions: pull-requests: read`.';
    return { exitCode: 1, message: `${incomplete}: ${error.message}\n${needed}` };
  }
}

const incomplete = 'Not everything was removed';

/** Tells what was done, whatever came after. */
async function tell(job: Job, inputs: CleanupInputs, done: Done, reopened: boolean): Promise<void> {
  const { dryRun } = inputs;
  const removed = done.cleanups.flatMap(({ rows }) => rows).filter((row) => row.removed);
  const all = [...removed, ...done.content.filter((row) => row.removed)];
  job.setOutput('removed', JSON.stringify(all.map(({ name, tag }) => `${name}:${tag}`)));
  logCleanup(job.output, done, dryRun);
  if (inputs.mode === 'sweep') {
    for (const { name, tag, pullRequest } of removed) {
      job.output.warning(
        `${name}:${tag} was left behind by pull request ${pullRequest}, which is closed. It is removed now; see why it was not when the pull request closed.`,
        { title: 'A preview was left behind', inLog: true },
      );
    }
  }
  const summary = inputs.summary ? cleanupSummary(done, dryRun) : '';
  if (summary !== '') await addSummary(job, summary);
  if (inputs.githubToken !== '' && !job.interrupted.aborted) {
    await markCommentsRemoved(job, inputs.githubToken, removed);
    // A second run finds no tags, and may still find deployments.
    const closed = inputs.mode === 'event' && !dryRun && !reopened ? job.event.pullRequest : undefined;
    await endDeployments(job, inputs, closed === undefined ? removed : [{ pullRequest: closed }]);
  }
}

function endingOf(cleanups: readonly TemplateCleanup[]): ExitResult {
  const failed = cleanups.flatMap(({ name, error }) =>
    error ? [`${name}: ${explainServiceError(error)}`] : [],
  );
  if (failed.length === 0) return { exitCode: 0 };
  return { exitCode: 1, message: `${incomplete}: ${failed.join('\n')}` };
}
