import type { GithubClient } from './client.ts';

/** The states of a deployment that previews use. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive';

/** A preview as a deployment. All previews share one environment; their tasks differ. */
export interface Preview {
  readonly environment: string;
  readonly pullRequest: number;
}

/** GitHub refuses a longer description. */
const descriptionLimit = 140;

/** Creates the deployment of one commit and returns its number. Rejects with a `GithubError`. */
export async function createDeployment(
  github: GithubClient,
  { environment, pullRequest, sha }: Preview & { readonly sha: string },
): Promise<number> {
  const { rest } = await github.octokit();
  const { data } = await rest.repos.createDeployment({
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

/** Sets the state of a deployment. Those of other pull requests in the same environment stay unchanged. */
export async function setDeploymentState(
  github: GithubClient,
  deployment: number,
  { state, description = '', logUrl }: { state: DeploymentState; description?: string; logUrl?: string },
): Promise<void> {
  const { rest } = await github.octokit();
  await rest.repos.createDeploymentStatus({
    ...github.repository,
    deployment_id: deployment,
    state,
    auto_inactive: false,
    ...(description && { description: description.slice(0, descriptionLimit).toWellFormed() }),
    ...(logUrl && { log_url: logUrl }),
  });
}

/**
 * Sets the deployments of a pull request inactive, and returns how many were not inactive yet. Rejects with a
 * `GithubError`.
 */
export async function deactivateDeployments(
  github: GithubClient,
  { environment, pullRequest }: Preview,
): Promise<number> {
  const { repository } = github;
  const octokit = await github.octokit();
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
