import type { CiEvent } from '../ci/event.ts';
import { readRun } from '../ci/run.ts';
import { explainCommentError, upsertComment } from '../github/comments.ts';
import { GithubError } from '../github/errors.ts';
import type { BuildInputs } from '../inputs/build.ts';
import { renderComment } from '../report/markdown/comment.ts';
import type { ResultDocument } from '../report/result/result.ts';
import type { Job } from './job.ts';

/** The comment of one build. */
export interface BuildComment {
  /** Writes how the build stands. Never rejects: a build does not depend on it. */
  write(result: ResultDocument): Promise<void>;
}

type CommentInputs = Pick<BuildInputs, 'comment' | 'commentKey' | 'githubToken'>;
type CommentJob = Pick<Job, 'env' | 'event' | 'github' | 'output' | 'interrupted'>;

/**
 * The comment of a build on its pull request, or nothing where none is to be written.
 *
 * With `auto` that is so outside of pull requests, and where the token may only read: in runs of forks and of
 * Dependabot. A token that turns out to lack the permission is a warning; what may pass is one only with `always`.
 */
export function pullRequestComment(inputs: CommentInputs, job: CommentJob): BuildComment | undefined {
  const { event, output } = job;
  const { pullRequest } = event;
  if (inputs.comment === 'never') return undefined;
  if (inputs.comment === 'auto' && !mayComment(event, inputs.githubToken)) return undefined;
  if (pullRequest === undefined || inputs.githubToken === '') {
    const missing =
      pullRequest === undefined ? 'this run belongs to no pull request' : 'github-token is empty';
    output.warning(`No comment is written: ${missing}.`, { title: 'Input comment' });
    return undefined;
  }
  const github = job.github(inputs.githubToken);
  const { runUrl } = event;
  let refused = false;

  return {
    async write(result) {
      if (refused) return;
      const comment = renderComment({
        result,
        run: readRun(job.env, event.sha),
        key: inputs.commentKey,
        ...(runUrl && { runUrl }),
      });
      try {
        const { outcome, url } = await upsertComment(github, pullRequest, comment);
        if (outcome === 'newer') output.line('The comment of a newer run was left as it is.');
        else if (result.status !== 'building') output.line(`Comment: ${url}`);
      } catch (error) {
        // Whatever else it was may have passed when the build ends.
        refused =
          error instanceof GithubError && [403, 404, 410].includes(error.status ?? 0) && !error.limited;
        if (job.interrupted.aborted) return;
        const tell = refused || inputs.comment === 'always' ? output.warning : output.notice;
        tell(
          `The pull request has no comment about this build: ${explainCommentError(error, 'set `comment: never`')}`,
          {
            title: 'No comment',
          },
        );
      }
    },
  };
}

function mayComment(event: CiEvent, token: string): boolean {
  if (event.kind !== 'pull_request' || event.action === 'closed' || token === '') return false;
  return event.name === 'pull_request_target' || (!event.fork && !event.dependabot);
}
