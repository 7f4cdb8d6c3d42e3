import type { GithubClient } from '../../github/client.ts';
import type { Comment } from '../../github/comment-marker.ts';
import { explainCommentError, upsertComment } from '../../github/comments.ts';
import { GithubError } from '../../github/errors.ts';
import { pullRequestsOfRun, readTriggeringRun } from '../../github/pull-requests.ts';
import { readCommentInputs } from '../../inputs/comment.ts';
import type { ExitResult } from '../../job/exit.ts';
import type { Job, JobContext } from '../../job/job.ts';
import { problem, throwIfAny } from '../../problem.ts';
import { showWarnings } from '../../report/log/output.ts';
import { type CommentInput, renderComment } from '../../report/markdown/comment.ts';
import type { ResultDocument } from '../../report/result/result.ts';
import { readResultFiles } from './result-files.ts';

/**
 * The comment action: writes comments about builds from their result files. It runs with the permission to comment, and
 * gets nothing of the pull request but these files. When GitHub refuses, it warns and puts the texts into the job
 * summary. Rejects with a `ProblemsError`.
 */
export async function runComment({ context, runner, clients }: Job): Promise<ExitResult> {
  const { output } = runner;
  const { inputs, problems, warnings } = readCommentInputs(context.env);
  showWarnings(output, warnings);
  throwIfAny(problems);
  runner.mask([inputs.githubToken]);
  const results = await readResultFiles(inputs.results, context.workspace);
  const github = clients.github(inputs.githubToken);
  const target = commentTarget(context);
  const comments = renderComments(results, inputs.commentKey, target);
  try {
    const numbers = await target.pullRequests(github);
    if (numbers.length === 0) {
      output.notice(
        `No open pull request has ${target.run.sha ?? 'this commit'} as its newest commit, so no comment is written.`,
        { title: 'Nothing to tell' },
      );
    }
    for (const number of numbers) {
      runner.setOutput('pull-request', String(number));
      for (const comment of comments) {
        const { outcome, url } = await upsertComment(github, number, comment);
        runner.setOutput('comment-url', url);
        const done = outcome === 'newer' ? 'kept that of a newer run' : outcome;
        output.line(`Comment about ${comment.header.name}: ${done} (${url})`);
      }
    }
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    output.warning(`No comment could be written: ${explainCommentError(error)}`, { title: 'No comment' });
    for (const { body } of comments) await runner.addSummary(`${body}\n`);
  }
  return { exitCode: 0 };
}

function renderComments(
  results: readonly ResultDocument[],
  key: string,
  { run, runUrl, unverified }: CommentTarget,
): Comment[] {
  return results.map((result) => renderComment({ result, key, run, unverified, ...(runUrl && { runUrl }) }));
}

/** Where the comments go, and what they say about their run. */
interface CommentTarget extends Required<Pick<CommentInput, 'run' | 'unverified'>> {
  readonly runUrl?: string | undefined;
  readonly pullRequests: (github: GithubClient) => Promise<readonly number[]>;
}

/** The pull requests to comment on. Only the event decides, never a file. */
function commentTarget({ event, run: ownRun, payload }: JobContext): CommentTarget {
  const { kind, pullRequest, runUrl, fork: unverified } = event;
  if (kind === 'pull_request' && pullRequest !== undefined) {
    return { pullRequests: async () => [pullRequest], run: ownRun, runUrl, unverified };
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
