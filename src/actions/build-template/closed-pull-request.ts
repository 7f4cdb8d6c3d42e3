import { isContentTag } from '../../api/content-tag.ts';
import { buildReference } from '../../api/names.ts';
import type { BuildOutcome } from '../../driver/events.ts';
import type { GithubClient } from '../../github/client.ts';
import { GithubError } from '../../github/errors.ts';
import { ServiceError } from '../../http/errors.ts';
import type { Connect, JobContext } from '../../job/job.ts';
import { markCommentsRemoved } from '../../job/preview-removed.ts';
import type { Runner } from '../../job/runner.ts';
import { readTags } from '../../templates/find-template.ts';
import { previewNumber, previewTags, pullRequestPrefix } from '../../templates/preview-tags.ts';

/** What is needed to look at a preview and its pull request. */
interface PreviewContext {
  readonly connect: Connect;
  readonly github: GithubClient | undefined;
  readonly context: JobContext;
  readonly runner: Runner;
}

/**
 * Removes the preview tags of a build whose pull request was closed meanwhile: the cleanup of that moment may have
 * come before they were written. Where it came after, and took them away, that is said. Tags that a newer build has
 * stay. Where GitHub or the service cannot be asked, nothing is done; a sweep finds what is left.
 *
 * Where the pull request has moved on to a newer commit this is only said. The build of that commit takes the tags
 * over by itself once it is ready; taking them away could hit its own rows, written between our look and our request.
 */
export async function removePreviewIfClosed(
  outcome: BuildOutcome,
  { connect, github, context, runner }: PreviewContext,
): Promise<void> {
  const { kind, pullRequest: number, sha } = context.event;
  if (kind !== 'pull_request' || number === undefined || !github) return;
  if (outcome.status === 'building' || outcome.status === 'superseded') return;
  const { name, templateId, buildId } = outcome;
  try {
    const { state, headSha } = await github.pullRequest(number);
    if (state === 'open' && sha && headSha && headSha !== sha) {
      runner.output.notice(
        `Pull request ${number} has moved on to ${headSha.slice(0, 7)} during this build of ${sha.slice(0, 7)}. The build of the newer commit takes its tags over.`,
        { title: 'A newer commit' },
      );
    }
    if (state !== 'closed') return;
    const client = connect();
    const atService = await readTags(client, templateId);
    const late = previewTags({ tags: atService }, [pullRequestPrefix])
      .filter((preview) => preview.pullRequest === number && preview.buildId === buildId)
      .map(({ tag }) => tag);
    const gone = outcome.tags.filter(
      (tag) => previewNumber(tag, pullRequestPrefix) === number && !atService.has(tag),
    );
    if (late.length === 0 && gone.length === 0) return;
    if (late.length > 0) await client.removeTags(name, late);
    const stays = outcome.status === 'ready' && hasContentTag(atService, buildId);
    const said = [
      `Pull request ${number} was closed during this build.`,
      late.length > 0 && `Nobody would remove its preview any more. Removed: ${late.join(', ')}.`,
      gone.length > 0 && `Its preview was cleaned up meanwhile: ${gone.join(', ')}.`,
      stays && `The build stays, as ${buildReference(outcome)}: a run of the same content takes it.`,
    ];
    runner.output.notice(said.filter(Boolean).join(' '), { title: 'The preview is gone' });
    const removed = late.map((tag) => ({ name, tag, pullRequest: number }));
    await markCommentsRemoved(removed, context.run, github, runner.output);
  } catch (error) {
    if (context.interrupted.aborted) return;
    if (!(error instanceof GithubError || error instanceof ServiceError)) throw error;
    runner.debug(`Whether the pull request is still open could not be found out: ${error.message}`);
  }
}

/** A build with one is found by its identifier, whatever else is removed. */
function hasContentTag(tags: ReadonlyMap<string, string>, buildId: string): boolean {
  return [...tags].some(([tag, id]) => id === buildId && isContentTag(tag));
}
