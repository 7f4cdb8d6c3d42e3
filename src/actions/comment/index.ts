import { readRun } from '../../ci/run.ts';
import type { GithubClient } from '../../github/client.ts';
import type { Comment } from '../../github/comment-marker.ts';
import { explainCommentError, upsertComment } from '../../github/comments.ts';
import { GithubError } from '../../github/errors.ts';
import { pullRequestsOfRun, readTriggeringRun } from '../../github/pull-requests.ts';
import { readCommentInputs } from '../../inputs/comment.ts';
import type { ExitResult } from '../../job/exit.ts';
import type { Job } from '../../job/job.ts';
import { addSummary } from '../../job/runner.ts';
import { problem, throwIfAny } from '../../problem.ts';
import { showWarnings } from '../../report/log/output.ts';
import { type CommentInput, renderComment } from '../../report/markdown/comment.ts';
import type { ResultDocument } from '../../report/result/result.ts';
import { readResultFiles } from './result-files.ts';

/**
 * The comment action: writes the comments about builds from their result files, in a run that has the permission
 * and nothing of the pull request but these files. What GitHub refuses is a warning, and the texts go into the job
 * summary. Rejects with a `ProblemsError`.
 */
export async function runComment(job: Job): Promise<ExitResult> {
  const { inputs, problems, warnings } = readCommentInputs(job.env);
  showWarnings(job.output, warnings);
  throwIfAny(problems);
  job.mask(inputs.githubToken);
  const results = await readResultFiles(inputs.results, job.workspace);
  const github = job.github(inputs.githubToken);
  const about = whereTo(job);
  try {
    const numbers = await about.pullRequests(github);
    if (numbers.length === 0) {
      job.output.notice(
        `No open pull request has ${about.run.sha ?? 'this commit'} as its newest commit, so no comment is written.`,
        { title: 'Nothing to tell' },
      );
    }
    for (const number of numbers) {
      job.setOutput('pull-request', String(number));
      for (const comment of comments(results, inputs.commentKey, about)) {
        const { outcome, url } = await upsertComment(github, number, comment);
        job.setOutput('comment-url', url);
        const done = outcome === 'newer' ? 'that of a newer run was left as it is' : outcome;
        job.output.line(`Comment about ${comment.header.name}: ${done} (${url})`);
      }
    }
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    job.output.warning(`No comment could be written: ${explainCommentError(error)}`, { title: 'No comment' });
    const shown = comments(results, inputs.commentKey, about).map(({ body }) => body);
    for (const body of shown) await addSummary(job, `${body}\n`);
  }
  return { exitCode: 0 };
}

function comments(
  results: readonly ResultDocument[],
  key: string,
  { run, runUrl, unverified }: About,
): Comment[] {
  return results.map((result) => renderComment({ result, key, run, unverified, ...(runUrl && { runUrl }) }));
}

interface About extends Required<Pick<CommentInput, 'run' | 'unverified'>> {
  readonly runUrl?: string | undefined;
  readonly pullRequests: (github: GithubClient) => Promise<readonly number[]>;
}

/** The pull requests to comment on, by the event alone and never by what a file says. */
function whereTo({ event, env, payload }: Job): About {
  const { kind, pullRequest, sha, runUrl, fork: unverified } = event;
  if (kind === 'pull_request' && pullRequest !== undefined) {
    return { pullRequests: async () => [pullRequest], run: readRun(env, sha), runUrl, unverified };
  }
  const run = kind === 'workflow_run' ? readTriggeringRun(payload) : undefined;
  if (!run) {
    throw problem(
      'The event of this run',
      `found ${event.name || 'none'}, expected pull_request, or workflow_run after a run of a pull request. comment/README.md has both workflows.`,
    );
  }
  return {
    pullRequests: (github) => pullRequestsOfRun(github, run),
    run: { run: run.run, attempt: run.attempt, sha: run.headSha },
    runUrl: run.url,
    unverified,
  };
}
