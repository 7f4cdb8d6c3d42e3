import { buildReference } from '../api/names.ts';
import type { BuildEvent, BuildOutcome } from '../driver/events.ts';
import { redactDeep } from '../redact/redact.ts';
import { type BuildLogOptions, createBuildLog } from '../report/log/build-log.ts';
import { renderSummary, summaryDetails } from '../report/markdown/summary.ts';
import { finishedResult } from '../report/result/make-result.ts';
import type { ReportedPlan, ResultDocument } from '../report/result/result.ts';
import type { JobContext } from './job.ts';
import type { Runner } from './runner.ts';
import { sourceView } from './source-view.ts';

/** The build of this run has its identifiers, no matter which run registered it. */
export type RegisteredEvent = Extract<BuildEvent, { type: 'registered' | 'joined' | 'reused' }>;

/** Reports the events of a build to the log, outputs, job summary and result file. */
export interface Reporter {
  /** The build has its identifiers. They stay valid when later stages fail. */
  registered(event: RegisteredEvent): void;
  /** Shows an event in the log. */
  show(event: BuildEvent): void;
  finished(outcome: BuildOutcome): Promise<ResultDocument>;
  /** Closes the open group of the log; call it in `finally`. */
  close(): void;
}

export interface ReporterOptions extends Pick<BuildLogOptions, 'level' | 'timeLeft'> {
  /** Whether a job summary is wanted. */
  readonly summary: boolean;
}

/** A plan with what is needed to show lines of its definition. */
export function reportedPlan(
  plan: ReportedPlan['plan'],
  context: JobContext,
  { redact }: Runner,
): ReportedPlan {
  const { workspace } = context;
  return { plan, ...(workspace && { workspace }), sources: sourceView(plan, context, redact) };
}

/** Name of the result file where no build at the service has an identifier for it. */
export function unbuiltFile(name: string, what: 'local' | 'planned'): string {
  return `novita-template-${name.replace(/[^\w-]/g, '-')}-${what}.json`;
}

/** Name of the result file of a build that has ended. */
export function finishedFile(
  { local }: Pick<ReportedPlan, 'local'>,
  { name, buildId }: Pick<BuildOutcome, 'name' | 'buildId'>,
): string {
  return local ? unbuiltFile(name, 'local') : `novita-template-${buildId}.json`;
}

/** Reports a build to the job. */
export function createReporter(
  about: ReportedPlan,
  { summary, ...options }: ReporterOptions,
  { event: { runUrl } }: JobContext,
  runner: Runner,
): Reporter {
  const { setOutput, redact } = runner;
  const log = createBuildLog(runner.output, about.plan, { ...about, ...options });
  return {
    registered({ type, templateId, buildId, tags }) {
      if (about.local) return;
      const { name } = about.plan;
      setOutput('templateId', templateId);
      setOutput('buildId', buildId);
      setOutput('name', name);
      // A build of another run gets the tags when it is ready, if at all.
      setOutput('tags', type === 'joined' ? '' : tags.join(','));
      setOutput('reference', buildReference({ name, buildId }));
    },
    show: (event) => log.show(event.type === 'finished' ? redactDeep(event, redact) : event),
    async finished(outcome) {
      const result = redactDeep(finishedResult(about, outcome), redact);
      setOutput('status', result.status);
      setOutput('reused', String(outcome.reused !== undefined));
      // A newer run may have kept some of them, and a tested build has them only now.
      if (!about.local && (outcome.reused || outcome.test)) setOutput('tags', outcome.tags.join(','));
      if (outcome.diagnosis) setOutput('failure', outcome.diagnosis.class);
      await runner.writeResult(finishedFile(about, outcome), result);
      const details = { ...summaryDetails(about, outcome), ...(runUrl && { runUrl }) };
      if (summary) await runner.addSummary(renderSummary(result, details));
      return result;
    },
    close: log.close,
  };
}
