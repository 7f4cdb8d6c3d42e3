import type { GithubClient } from '../../github/client.ts';
import { GithubError } from '../../github/errors.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import { type ExitResult, skipEarly } from '../../job/exit.ts';
import type { JobContext } from '../../job/job.ts';
import { previewNumber, pullRequestPrefix } from '../../templates/preview-tags.ts';

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
