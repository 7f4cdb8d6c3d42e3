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

/** Takes what happens to a build and tells the log, the outputs, the job summary and the result file. */
export interface Reporter {
  /** The build has its identifiers. Later stages may fail, these stand. */
  registered(event: RegisteredEvent): void;
  /** Shows in the log what happens. */
  show(event: BuildEvent): void;
  finished(outcome: BuildOutcome): Promise<ResultDocument>;
  /** Closes what is open in the log; meant for `finally`. */
  close(): void;
}

export interface ReporterOptions extends Pick<BuildLogOptions, 'level' | 'timeLeft'> {
  /** Whether a job summary is wanted. */
  readonly summary: boolean;
}

/** A plan with what it takes to show lines of its definition. */
export function reportedPlan(
  plan: ReportedPlan['plan'],
  context: JobContext,
  { redact }: Runner,
): ReportedPlan {
  const { workspace } = context;
  return { plan, ...(workspace && { workspace }), sources: sourceView(plan, context, redact) };
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
      const { name } = about.plan;
      setOutput('templateId', templateId);
      setOutput('buildId', buildId);
      setOutput('name', name);
      // On another run's build they are put when it is ready, if ever.
      setOutput('tags', type === 'joined' ? '' : tags.join(','));
      setOutput('reference', buildReference({ name, buildId }));
    },
    show: (event) => log.show(event.type === 'finished' ? redactDeep(event, redact) : event),
    async finished(outcome) {
      setOutput('status', outcome.status);
      setOutput('reused', String(outcome.reused !== undefined));
      // A newer run may have kept some of them.
      if (outcome.reused) setOutput('tags', outcome.tags.join(','));
      if (outcome.diagnosis) setOutput('failure', outcome.diagnosis.class);
      const result = redactDeep(finishedResult(about, outcome), redact);
      await runner.writeResult(`novita-template-${outcome.buildId}.json`, result);
      const details = { ...summaryDetails(about, outcome), ...(runUrl && { runUrl }) };
      if (summary) await runner.addSummary(renderSummary(result, details));
      return result;
    },
    close: log.close,
  };
}
