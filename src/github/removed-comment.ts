import { commentMarker, isNewer, type RunIdentity, readCommentMarker } from '../report/comment-marker.ts';
import { inlineCode } from '../report/markdown.ts';
import type { GithubClient } from './client.ts';
import { ownComments } from './comment.ts';

/** A preview whose tags were taken away. */
export interface RemovedPreview {
  readonly pullRequest: number;
  /** Name of the template. */
  readonly name: string;
  readonly tags: readonly string[];
  /** The run that took them away; a build that is still running must not write over what it says. */
  readonly run: RunIdentity;
}

/**
 * Edits the comments about a template on a pull request to say that its preview is gone; makes none where there
 * is none, and leaves one that a newer run wrote. Gives the number of comments that were edited. Rejects with a `GithubError`; `explainCommentError`
 * tells what to do about it.
 */
export async function markCommentRemoved(
  github: GithubClient,
  { pullRequest, name, tags, run }: RemovedPreview,
): Promise<number> {
  const comments = await ownComments(
    github,
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
        : 'It has no tags at the service any more.';
    const build = header.build ? ` The last build was ${inlineCode(`${name}:${header.build}`, 400)}.` : '';
    const text = `### Preview of template ${inlineCode(name)} is gone\n\n${gone}${build}`;
    await github.updateComment(id, `${marker}\n${text}\n`);
    edited += 1;
  }
  return edited;
}
