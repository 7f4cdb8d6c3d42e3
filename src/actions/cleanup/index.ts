import { nameProblems } from '../../api/names.ts';
import { secretsWithheld } from '../../ci/trust.ts';
import { readCleanupInputs } from '../../inputs/cleanup.ts';
import type { ExitResult } from '../../job/exit.ts';
import type { Job } from '../../job/job.ts';
import { endDeployments, markCommentsRemoved } from '../../job/preview-removed.ts';
import { throwIfAny } from '../../problem.ts';
import { showWarnings } from '../../report/log/output.ts';
import { logCleanup } from '../../report/log/tag-tables.ts';
import { cleanupSummary } from '../../report/markdown/tag-summary.ts';
import { mergeGroupPrefix } from '../../templates/preview-tags.ts';
import { cleanTemplates } from './clean-templates.ts';
import { closedPullRequest, decideByEvent, decideBySweep, isReopened } from './policy.ts';

/**
 * The cleanup action: remove the preview tags of closed pull requests and, in a sweep, the candidate tags of runs that
 * are over and the content tags that are no longer needed. Builds and templates stay. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runCleanup({ context, runner, clients }: Job): Promise<ExitResult> {
  const { event, run, interrupted } = context;
  const { output } = runner;
  const keyOptional = secretsWithheld(event);
  const { inputs, problems, warnings } = readCleanupInputs(context.env, { keyOptional });
  const { names, mode, connection, githubToken, tagPrefix, dryRun } = inputs;
  showWarnings(output, warnings);
  if (names.length === 0) problems.push(...nameProblems(''));
  problems.push(...names.flatMap(nameProblems));
  const pullRequest = mode === 'event' ? closedPullRequest(event, problems) : undefined;
  throwIfAny(problems);
  if (connection.apiKey === '') {
    output.notice(
      'This run gets no secrets, like all runs of forks and of Dependabot, so there is no preview to remove.',
    );
    runner.setOutput('removed', '[]');
    return { exitCode: 0 };
  }

  runner.mask([connection.apiKey, connection.accessToken, githubToken, inputs.gitlabToken], names);
  const github = githubToken === '' ? undefined : clients.github(githubToken);
  const reopened = github && pullRequest !== undefined ? await isReopened(github, pullRequest) : false;
  if (reopened) {
    output.notice(`Pull request ${pullRequest} is open again, so its previews stay.`, {
      title: 'A preview stays',
    });
  }
  const decide = pullRequest === undefined ? decideBySweep(github) : decideByEvent(pullRequest, reopened);
  const prefixes = [tagPrefix, mergeGroupPrefix];
  const client = clients.connect(connection);
  const cleanup = await cleanTemplates(client, inputs, { prefixes, decide, dryRun }, interrupted);

  const removed = cleanup.templates.flatMap(({ rows }) => rows).filter((row) => row.removed);
  const own = [...cleanup.content, ...cleanup.candidates].filter((row) => row.removed);
  const allRemoved = [...removed, ...own];
  runner.setOutput('removed', JSON.stringify(allRemoved.map(({ name, tag }) => `${name}:${tag}`)));
  logCleanup(output, cleanup, dryRun);
  for (const { name, tag, pullRequest: number } of mode === 'sweep' ? removed : []) {
    output.warning(
      `${name}:${tag} still existed after pull request ${number} was closed. It is removed now. Check why it was not removed when the pull request closed.`,
      { title: 'A preview of a closed pull request', inLog: true },
    );
  }
  const summary = inputs.summary ? cleanupSummary(cleanup, dryRun) : '';
  if (summary !== '') await runner.addSummary(summary);
  const comments = inputs.gitlabToken === '' ? github : (clients.notes(inputs.gitlabToken) ?? github);
  if (comments && !interrupted.aborted) await markCommentsRemoved(removed, run, comments, output);
  if (github && !interrupted.aborted) {
    // A re-run finds no tags, but it may find deployments.
    const closed = pullRequest !== undefined && !dryRun && !reopened ? [pullRequest] : undefined;
    const numbers = new Set(closed ?? removed.map((row) => row.pullRequest));
    await endDeployments(inputs.environment, numbers, github, output);
  }
  return cleanup.exit;
}
