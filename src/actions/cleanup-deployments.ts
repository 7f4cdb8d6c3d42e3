import { deactivateDeployments } from '../github/deployment.ts';
import { GithubError } from '../github/error.ts';
import type { CleanupInputs } from '../inputs/cleanup.ts';
import { formatCount } from '../report/format.ts';
import type { PreviewRow } from '../templates/remove-previews.ts';
import type { Job } from './job.ts';

/**
 * Sets the deployments of the pull requests inactive whose previews are gone. One that cannot be set is a warning:
 * the tags are gone all the same.
 */
export async function endDeployments(
  job: Pick<Job, 'github' | 'output'>,
  { environment, githubToken }: Pick<CleanupInputs, 'environment' | 'githubToken'>,
  removed: readonly Pick<PreviewRow, 'pullRequest'>[],
): Promise<void> {
  const numbers = new Set(removed.map(({ pullRequest }) => pullRequest));
  if (environment === '' || numbers.size === 0) return;
  const github = job.github(githubToken);
  let ended = 0;
  try {
    for (const pullRequest of numbers)
      ended += await deactivateDeployments(github, { environment, pullRequest });
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    job.output.warning(
      `${error.message}\nThe tags are removed. To set deployments inactive the job needs \`permissions: deployments: write\`.`,
      { title: 'A deployment was not set inactive' },
    );
  }
  if (ended > 0) job.output.line(`${formatCount(ended, 'deployment')} set inactive`);
}
