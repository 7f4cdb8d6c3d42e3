import { readRun } from '../ci/run.ts';
import { GithubError } from '../github/error.ts';
import { markCommentRemoved } from '../github/removed-comment.ts';
import { formatCount } from '../report/format.ts';
import type { PreviewRow } from '../templates/remove-previews.ts';
import type { Job } from './job.ts';

/**
 * Edits the comments of the build action to say that the previews are gone. A comment that cannot be edited is a
 * warning: the tags are gone all the same.
 */
export async function tellComments(
  job: Pick<Job, 'env' | 'event' | 'github' | 'output'>,
  token: string,
  removed: readonly Pick<PreviewRow, 'name' | 'tag' | 'pullRequest'>[],
): Promise<void> {
  const previews = Map.groupBy(removed, ({ name, pullRequest }) => `${pullRequest} ${name}`);
  if (previews.size === 0) return;
  const github = job.github(token);
  const run = readRun(job.env, job.event.sha);
  let edited = 0;
  try {
    for (const rows of previews.values()) {
      const [first] = rows;
      if (!first) continue;
      const { pullRequest, name } = first;
      edited += await markCommentRemoved(github, {
        pullRequest,
        name,
        tags: rows.map(({ tag }) => tag),
        run,
      });
    }
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    job.output.warning(
      `${error.message}\nThe tags are removed. To say so in comments the job needs \`permissions: pull-requests: write\`.`,
      { title: 'A comment was not edited' },
    );
  }
  if (edited > 0) job.output.line(`${formatCount(edited, 'comment')} edited to say that the preview is gone`);
}
