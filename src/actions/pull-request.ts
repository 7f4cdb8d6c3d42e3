import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import { type ResultDocument, resultDocument } from '../report/result.ts';
import { pullRequestComment } from './comment-on-build.ts';
import { previewDeployment } from './deployment-of-build.ts';
import type { Job } from './job.ts';
import type { Knowledge, RegisteredEvent } from './publish.ts';

/** Tells the pull request how its build stands. Never rejects: a build does not depend on it. */
export interface PullRequestReport {
  /** Does not keep the build waiting. */
  readonly registered: (event: RegisteredEvent) => void;
  readonly finished: (result: ResultDocument) => Promise<void>;
}

/** What is said on the pull request about the build of a plan without secrets. */
export function pullRequestReport(
  plan: Plan,
  knowledge: Knowledge,
  inputs: BuildInputs,
  job: Job,
): PullRequestReport {
  const { workspace } = job;
  const comment = pullRequestComment(inputs, job);
  const deployment = previewDeployment(inputs, job);
  let telling = Promise.resolve();
  const tell = (result: ResultDocument) => {
    telling = telling.then(async () => {
      await comment?.write(result);
      await deployment?.write(result);
    });
    return telling;
  };
  return {
    registered({ templateId, buildId, tags }) {
      const { name } = plan;
      const outcome = {
        status: 'building' as const,
        name,
        templateId,
        buildId,
        tags,
        steps: [],
        durationMs: 0,
      };
      void tell(resultDocument({ plan, outcome, ...knowledge, ...(workspace && { workspace }) }));
    },
    finished: tell,
  };
}
