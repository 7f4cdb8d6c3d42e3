import { isNewer, type WorkflowRun } from '../ci/run.ts';
import type { CommentApi, GithubClient } from '../github/client.ts';
import { commentMarker, readCommentMarker } from '../github/comment-marker.ts';
import { ownComments } from '../github/comments.ts';
import { deactivateDeployments } from '../github/deployments.ts';
import { GithubError } from '../github/errors.ts';
import { GitlabError } from '../gitlab/notes.ts';
import type { Output } from '../report/log/output.ts';
import { inlineCode } from '../report/markdown/markdown.ts';
import { formatCount } from '../report/text/format.ts';
import type { PreviewRow } from '../templates/remove-previews.ts';

/**
 * Edits the comments of the build action to say that the previews are gone. A comment that cannot be edited is only a
 * warning, since the tags are gone.
 */
export async function markCommentsRemoved(
  removed: readonly Pick<PreviewRow, 'name' | 'tag' | 'pullRequest'>[],
  run: WorkflowRun,
  comments: CommentApi,
  output: Output,
): Promise<void> {
  const previews = Map.groupBy(removed, ({ name, pullRequest }) => `${pullRequest} ${name}`);
  let edited = 0;
  try {
    for (const rows of previews.values()) {
      const [first] = rows;
      if (!first) continue;
      const { pullRequest, name } = first;
      edited += await markCommentRemoved(comments, {
        pullRequest,
        name,
        tags: rows.map(({ tag }) => tag),
        run,
      });
    }
  } catch (error) {
    if (error instanceof GitlabError) {
      const message = `${error.message}\nThe tags are removed.`;
      output.warning(message, { title: 'A note was not edited' });
      return;
    }
    if (!(error instanceof GithubError)) throw error;
    output.warning(
      `${error.message}\nThe tags are removed. To say so in comments the job needs \`permissions: pull-requests: write\`.`,
      { title: 'A comment was not edited' },
    );
  }
  if (edited > 0) output.line(`${formatCount(edited, 'comment')} edited to say that the preview is gone`);
}

/** A preview whose tags were removed. */
export interface RemovedPreview {
  readonly pullRequest: number;
  /** Name of the template. */
  readonly name: string;
  readonly tags: readonly string[];
  /** The run that removed them. A build that is still running must not overwrite its comment. */
  readonly run: WorkflowRun;
}

/**
 * Edits the comments about a template on a pull request to say that its preview is gone. Creates none, and skips one of
 * a newer run. Returns the number of edited comments. Rejects with a `GithubError`.
 */
export async function markCommentRemoved(
  api: CommentApi,
  { pullRequest, name, tags, run }: RemovedPreview,
): Promise<number> {
  const comments = await ownComments(
    api,
    pullRequest,
    (header) => header.name === name && header.state !== 'removed' && !isNewer(header, run),
  );
  let edited = 0;
  for (const { id, body } of comments) {
    const header = readCommentMarker(body);
    if (!header) continue;
    const marker = commentMarker({ ...header, ...run, state: 'removed' });
    const shown = tags.slice(0, 20).map((tag) => inlineCode(tag));
    const gone =
      shown.length > 0
        ? `Removed at the service: ${shown.join(' ')}.`
        : 'It has no more tags at the service.';
    const build = header.build ? ` The last build was ${inlineCode(`${name}:${header.build}`, 400)}.` : '';
    const text = `### Preview of template ${inlineCode(name)} is gone\n\n${gone}${build}`;
    await api.updateComment(id, `${marker}\n${text}\n`);
    edited += 1;
  }
  return edited;
}

/**
 * Sets the deployments of pull requests without previews inactive. One that cannot be set is only a warning, since the
 * tags are gone.
 */
export async function endDeployments(
  environment: string,
  pullRequests: ReadonlySet<number>,
  github: GithubClient,
  output: Output,
): Promise<void> {
  if (environment === '') return;
  let ended = 0;
  try {
    for (const pullRequest of pullRequests)
      ended += await deactivateDeployments(github, { environment, pullRequest });
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    output.warning(
      `${error.message}\nThe tags are removed. To set deployments inactive the job needs \`permissions: deployments: write\`.`,
      { title: 'A deployment was not set inactive' },
    );
  }
  if (ended > 0) output.line(`${formatCount(ended, 'deployment')} set inactive`);
}
