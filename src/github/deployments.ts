import type { GithubClient } from './client.ts';

/** How a deployment stands, as far as previews use it. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive';

/** A preview as a deployment: all of them share one environment and are told apart by their task. */
export interface Preview {
  readonly environment: string;
  readonly pullRequest: number;
}

/** GitHub refuses a longer one. */
const descriptionLimit = 140;

/** Creates the deployment of one commit and gives its number. Rejects with a `GithubError`. */
export async function createDeployment(
  github: GithubClient,
  { environment, pullRequest, sha }: Preview & { readonly sha: string },
): Promise<number> {
  const { data } = await github.octokit.rest.repos.createDeployment({
    ...github.repository,
    ref: sha,
    task: taskOf(pullRequest),
    environment,
    auto_merge: false,
    // Otherwise GitHub waits for all checks of the commit, of which this run is one.
    required_contexts: [],
    transient_environment: true,
    production_environment: false,
  });
  if (!('id' in data)) throw new Error(`GitHub made no deployment: ${data.message ?? 'no reason given'}`);
  return data.id;
}

/** Says how a deployment stands; those of other pull requests in the same environment stay as they are. */
export async function setDeploymentState(
  github: GithubClient,
  deployment: number,
  { state, description = '', logUrl }: { state: DeploymentState; description?: string; logUrl?: string },
): Promise<void> {
  await github.octokit.rest.repos.createDeploymentStatus({
    ...github.repository,
    deployment_id: deployment,
    state,
    auto_inactive: false,
    ...(description && { description: description.slice(0, descriptionLimit).toWellFormed() }),
    ...(logUrl && { log_url: logUrl }),
  });
}

/**
 * Sets the deployments of a pull request inactive that are not so yet, and gives their number. Rejects with a
 * `GithubError`.
 */
export async function deactivateDeployments(
  github: GithubClient,
  { environment, pullRequest }: Preview,
): Promise<number> {
  const { octokit, repository } = github;
  const deployments = await octokit.paginate(octokit.rest.repos.listDeployments, {
    ...repository,
    environment,
    task: taskOf(pullRequest),
    per_page: 100,
  });
  let changed = 0;
  for (const { id } of deployments) {
    const { data } = await octokit.rest.repos.listDeploymentStatuses({
      ...repository,
      deployment_id: id,
      per_page: 1,
    });
    if (data[0]?.state === 'inactive') continue;
    await setDeploymentState(github, id, { state: 'inactive' });
    changed += 1;
  }
  return changed;
}

function taskOf(pullRequest: number): string {
  return `preview:pr-${pullRequest}`;
}
