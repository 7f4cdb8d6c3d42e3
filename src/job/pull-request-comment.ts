import type { CiEvent } from '../ci/event.ts';
import type { CommentApi } from '../github/client.ts';
import { explainCommentError, upsertComment } from '../github/comments.ts';
import { GithubError } from '../github/errors.ts';
import { GitlabError } from '../gitlab/notes.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Output } from '../report/log/output.ts';
import { renderComment } from '../report/markdown/comment.ts';
import type { ResultDocument } from '../report/result/result.ts';
import type { JobContext } from './job.ts';

/** The comment of one build. */
export interface BuildComment {
  /** Writes the state of the build. Never rejects, since a build must not depend on it. */
  write(result: ResultDocument): Promise<void>;
}

type CommentInputs = Pick<BuildInputs, 'comment' | 'commentKey'>;

/**
 * The comment of a build on its pull request, or nothing when none is wanted.
 *
 * With `auto`, none is wanted outside of pull requests, and when the token can only read: in runs of forks and of
 * Dependabot. A token without the permission is a warning. An error that may pass is a warning only with `always`.
 */
export function pullRequestComment(
  inputs: CommentInputs,
  comments: CommentApi | undefined,
  { event, run, interrupted }: JobContext,
  output: Output,
): BuildComment | undefined {
  const { pullRequest } = event;
  if (inputs.comment === 'never') return undefined;
  if (inputs.comment === 'auto' && !(comments && mayComment(event))) return undefined;
  if (pullRequest === undefined || !comments) {
    const missing =
      pullRequest === undefined
        ? 'this run belongs to no pull request'
        : `${event.system?.startsWith('GitLab') ? 'gitlab' : 'github'}-token is empty`;
    output.warning(`No comment is written: ${missing}.`, { title: 'Input comment' });
    return undefined;
  }
  const { runUrl } = event;
  let refused = false;

  return {
    async write(result) {
      if (refused) return;
      const comment = renderComment({
        result,
        run,
        key: inputs.commentKey,
        ...(runUrl && { runUrl }),
      });
      try {
        const { outcome, url } = await upsertComment(comments, pullRequest, comment);
        if (outcome === 'newer') output.line('The comment of a newer run was kept.');
        else if (result.status !== 'building') output.line(`Comment: ${url}`);
      } catch (error) {
        // Any other error may be gone when the build ends.
        refused =
          (error instanceof GithubError && [403, 404, 410].includes(error.status ?? 0) && !error.limited) ||
          (error instanceof GitlabError && [401, 403, 404].includes(error.status ?? 0));
        if (interrupted.aborted) return;
        const annotate = refused || inputs.comment === 'always' ? output.warning : output.notice;
        annotate(
          `The pull request has no comment about this build: ${explainCommentError(error, 'set `comment: never`')}`,
          { title: 'No comment' },
        );
      }
    },
  };
}

function mayComment(event: CiEvent): boolean {
  if (event.kind !== 'pull_request' || event.action === 'closed') return false;
  return event.name === 'pull_request_target' || (!event.fork && !event.dependabot);
}
