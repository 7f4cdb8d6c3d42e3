import { isContentTag } from '../../api/content-tag.ts';
import { buildReference } from '../../api/names.ts';
import type { BuildOutcome } from '../../driver/events.ts';
import type { GithubClient } from '../../github/client.ts';
import { GithubError } from '../../github/errors.ts';
import { ServiceError } from '../../http/errors.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import { type ExitResult, skipEarly } from '../../job/exit.ts';
import type { Connect, JobContext } from '../../job/job.ts';
import { markCommentsRemoved } from '../../job/preview-removed.ts';
import type { Runner } from '../../job/runner.ts';
import { readTags } from '../../templates/find-template.ts';
import { previewNumber, previewTags, pullRequestPrefix } from '../../templates/preview-tags.ts';

/**
 * The exit of a run whose pull request got a newer commit, or was closed, before the build began: the run waited for a
 * runner or was re-run. Its build would take the preview's tags from the newer commit, or undo a cleanup. `undefined`
 * when the tags name no pull request, or when GitHub's response may be older than the event, as just after a push.
 */
export async function exitIfOutdated(
  tags: readonly string[],
  { onSuperseded }: Pick<BuildInputs, 'onSuperseded'>,
  github: GithubClient | undefined,
  { event, payload, run, interrupted }: JobContext,
): Promise<ExitResult | undefined> {
  const { kind, pullRequest: number, sha } = event;
  if (kind !== 'pull_request' || number === undefined || !sha || !github) return undefined;
  if (!tags.some((tag) => previewNumber(tag, pullRequestPrefix) === number)) return undefined;
  try {
    const { state, headSha, updatedAt } = await github.pullRequest(number);
    const eventTime = payload.date('pull_request', 'updated_at');
    const isLater = run.attempt > 1 || (eventTime && updatedAt && updatedAt > eventTime);
    if (!isLater) return undefined;
    if (state === 'closed') {
      return skipEarly('Nothing was built', `Pull request ${number} is closed, so it needs no preview.`);
    }
    if (state !== 'open' || headSha === undefined || headSha === sha) return undefined;
    const why = `Pull request ${number} has moved on from ${sha.slice(0, 7)} to ${headSha.slice(0, 7)}, whose run builds its preview. To build the older commit, give it other tags than those of the pull request.`;
    const early = { status: 'superseded', failure: 'superseded', undone: 'Nothing was built', why } as const;
    return { exitCode: onSuperseded === 'success' ? 0 : 1, early };
  } catch (error) {
    if (interrupted.aborted || error instanceof GithubError) return undefined;
    throw error;
  }
}

/** What is needed to look up a preview and its pull request. */
interface PreviewContext {
  readonly connect: Connect;
  readonly github: GithubClient | undefined;
  readonly context: JobContext;
  readonly runner: Runner;
}

/**
 * Removes the preview tags of a build whose pull request was closed during the build, since the cleanup may have run
 * before they were written. A notice says so, even if the cleanup removed them. Tags on a newer build stay. When GitHub
 * or the service does not answer, nothing is removed; a sweep finds the rest.
 *
 * When the pull request has a newer commit, a notice says so and the tags stay. The build of that commit takes them
 * when it is ready. Removing them could remove its rows, if they were written between our look-up and our request.
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
    const present = previewTags({ tags: atService }, [pullRequestPrefix])
      .filter((preview) => preview.pullRequest === number && preview.buildId === buildId)
      .map(({ tag }) => tag);
    const gone = outcome.tags.filter(
      (tag) => previewNumber(tag, pullRequestPrefix) === number && !atService.has(tag),
    );
    if (present.length === 0 && gone.length === 0) return;
    if (present.length > 0) await client.removeTags(name, present);
    const stays = outcome.status === 'ready' && hasContentTag(atService, buildId);
    const sentences = [
      `Pull request ${number} was closed during this build.`,
      present.length > 0 && `Its preview would have stayed. Removed: ${present.join(', ')}.`,
      gone.length > 0 && `Its preview was cleaned up meanwhile: ${gone.join(', ')}.`,
      stays && `The build stays, as ${buildReference(outcome)}: a run of the same content takes it.`,
    ];
    runner.output.notice(sentences.filter(Boolean).join(' '), { title: 'The preview is gone' });
    const removed = present.map((tag) => ({ name, tag, pullRequest: number }));
    await markCommentsRemoved(removed, context.run, github, runner.output);
  } catch (error) {
    if (context.interrupted.aborted) return;
    if (!(error instanceof GithubError || error instanceof ServiceError)) throw error;
    runner.debug(`The action could not check whether the pull request is still open: ${error.message}`);
  }
}

/** A content tag keeps a build available by its identifier when it has no other tag. */
function hasContentTag(tags: ReadonlyMap<string, string>, buildId: string): boolean {
  return [...tags].some(([tag, id]) => id === buildId && isContentTag(tag));
}
