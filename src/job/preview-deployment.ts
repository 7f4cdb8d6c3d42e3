import type { GithubClient } from '../github/client.ts';
import { createDeployment, type DeploymentState, setDeploymentState } from '../github/deployments.ts';
import { GithubError } from '../github/errors.ts';
import type { Output } from '../report/log/output.ts';
import type { ResultDocument } from '../report/result/result.ts';
import type { JobContext } from './job.ts';

/** The deployment of one preview build. */
export interface BuildDeployment {
  /** Writes the state of the build. Never rejects, since a build must not depend on it. */
  write(result: ResultDocument): Promise<void>;
}

/** The deployment of a preview build, or nothing where none is wanted: it takes an environment and a pull request. */
export function previewDeployment(
  environment: string,
  github: GithubClient | undefined,
  { event, interrupted }: JobContext,
  output: Output,
): BuildDeployment | undefined {
  const { kind, pullRequest, sha, runUrl } = event;
  if (environment === '' || kind !== 'pull_request' || pullRequest === undefined || !sha) return undefined;
  if (!github) return undefined;
  let deployment: number | undefined;
  let refused = false;
  return {
    async write(result) {
      // Without a build there is nothing to deploy.
      if (refused || result.buildId === undefined) return;
      try {
        deployment ??= await createDeployment(github, { environment, pullRequest, sha });
        await setDeploymentState(github, deployment, {
          state: stateOf(result),
          description: result.reference ?? result.name,
          ...(runUrl && { logUrl: runUrl }),
        });
      } catch (error) {
        refused = true;
        if (interrupted.aborted) return;
        const forbidden = error instanceof GithubError && error.status === 403 && !error.limited;
        const advice = forbidden
          ? '\nGive the job `permissions: deployments: write`, or leave environment empty.'
          : '';
        output.warning(`The deployment could not be written: ${(error as Error).message}${advice}`, {
          title: 'No deployment',
        });
      }
    },
  };
}

function stateOf({ status, failure }: ResultDocument): DeploymentState {
  if (status === 'ready') return 'success';
  if (status === 'superseded') return 'inactive';
  return status === 'building' && !failure ? 'in_progress' : 'failure';
}
