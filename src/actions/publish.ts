import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildEvent, BuildOutcome } from '../build/events.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { ShownPlan } from '../plan/plan.ts';
import { buildReference } from '../report/closing.ts';
import { type ResultDocument, resultDocument } from '../report/result.ts';
import { renderSummary, type SummaryInput } from '../report/summary.ts';
import { redactDeep } from '../service/redact.ts';
import type { Job } from './job.ts';

/** The build of this run has its identifiers, whoever registered it. */
export type RegisteredEvent = Extract<BuildEvent, { type: 'registered' | 'joined' | 'reused' }>;

/** What earlier builds tell about this one, and the definition's own lines. */
export type Knowledge = Pick<SummaryInput, 'changes' | 'usual' | 'sources'>;

/** Where the results of a build go: outputs, job summary and result file. */
export interface BuildPublisher {
  /** The build has its identifiers; later stages may fail, these stand. */
  registered(plan: Pick<ShownPlan, 'name'>, event: RegisteredEvent): void;
  finished(
    plan: ShownPlan,
    outcome: BuildOutcome,
    inputs: Pick<BuildInputs, 'summary'>,
    knowledge?: Knowledge,
  ): Promise<ResultDocument>;
}

export type PublisherDeps = Pick<
  Job,
  'setOutput' | 'appendSummary' | 'output' | 'redact' | 'resultDirectory' | 'workspace' | 'event'
>;

/** Publishes to a GitHub Actions job. A summary or result file that cannot be written never fails a build. */
export function githubPublisher(deps: PublisherDeps): BuildPublisher {
  const { workspace, event } = deps;
  return {
    registered(plan, { type, templateId, buildId, tags }) {
      deps.setOutput('templateId', templateId);
      deps.setOutput('buildId', buildId);
      deps.setOutput('name', plan.name);
      // On another run's build they are put when it is ready, if ever.
      deps.setOutput('tags', type === 'joined' ? '' : tags.join(','));
      deps.setOutput('reference', buildReference({ name: plan.name, buildId }));
    },
    async finished(plan, outcome, { summary }, knowledge = {}) {
      deps.setOutput('status', outcome.status);
      deps.setOutput('reused', String(outcome.reused !== undefined));
      // A newer run may have kept some of them.
      if (outcome.reused) deps.setOutput('tags', outcome.tags.join(','));
      if (outcome.diagnosis) deps.setOutput('failure', outcome.diagnosis.class);
      const { runUrl } = event;
      const report = {
        plan,
        outcome,
        ...knowledge,
        ...(workspace && { workspace }),
        ...(runUrl && { runUrl }),
      };
      const attempt = async (what: string, write: () => Promise<void>) => {
        await write().catch((error: Error) =>
          deps.output.warning(`The ${what} could not be written: ${error.message}`),
        );
      };
      const result = redactDeep(resultDocument(report), deps.redact);
      await attempt('result file', async () => {
        const path = join(deps.resultDirectory, `novita-template-${outcome.buildId}.json`);
        await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
        deps.setOutput('result', path);
      });
      if (summary) await attempt('job summary', () => deps.appendSummary(renderSummary(report)));
      return result;
    },
  };
}
