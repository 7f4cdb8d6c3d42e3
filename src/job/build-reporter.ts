import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildReference } from '../api/names.ts';
import { secretsWithheld } from '../ci/trust.ts';
import type { BuildEvent, BuildOutcome } from '../driver/events.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { PartialPlan, Plan } from '../plan/plan.ts';
import { redactDeep } from '../redact/redact.ts';
import { renderSummary, summaryDetails } from '../report/markdown/summary.ts';
import { finishedResult, notBuiltResult, startedResult } from '../report/result/make-result.ts';
import type { ReportedPlan, ResultDocument } from '../report/result/result.ts';
import { changesInWords } from '../report/text/changes.ts';
import type { NotPublished } from '../reuse/types.ts';
import type { ExitResult } from './exit.ts';
import type { Job } from './job.ts';
import { previewDeployment } from './preview-deployment.ts';
import { pullRequestComment } from './pull-request-comment.ts';

/** The build of this run has its identifiers, whoever registered it. */
export type RegisteredEvent = Extract<BuildEvent, { type: 'registered' | 'joined' | 'reused' }>;

/** What earlier builds tell about this one, and the definition's own lines. */
export type BuildHistory = Pick<ReportedPlan, 'changes' | 'typicalMs' | 'sources'>;

/** Where the results of a build go: outputs, job summary and result file. */
export interface BuildPublisher {
  /** The build has its identifiers; later stages may fail, these stand. */
  registered(plan: Pick<PartialPlan, 'name'>, event: RegisteredEvent): void;
  finished(
    plan: PartialPlan,
    outcome: BuildOutcome,
    inputs: Pick<BuildInputs, 'summary'>,
    knowledge?: BuildHistory,
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
      const report = { plan, ...knowledge, ...(workspace && { workspace }) };
      const attempt = async (what: string, write: () => Promise<void>) => {
        await write().catch((error: Error) =>
          deps.output.warning(`The ${what} could not be written: ${error.message}`),
        );
      };
      const result = redactDeep(finishedResult(report, outcome), deps.redact);
      await attempt('result file', async () => {
        const path = join(deps.resultDirectory, `novita-template-${outcome.buildId}.json`);
        await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
        deps.setOutput('result', path);
      });
      const details = { ...summaryDetails(report, outcome), ...(runUrl && { runUrl }) };
      if (summary) await attempt('job summary', () => deps.appendSummary(renderSummary(result, details)));
      return result;
    },
  };
}

type NotBuiltJob = Pick<
  Job,
  | 'event'
  | 'output'
  | 'redact'
  | 'setOutput'
  | 'appendSummary'
  | 'resultDirectory'
  | 'workspace'
  | 'saveState'
>;

/** Tells that a plan without secrets is not built for want of a key, in the log, the outputs and the summary. */
export async function skipBuild(
  plan: Plan,
  knowledge: BuildHistory,
  inputs: Pick<BuildInputs, 'summary'>,
  job: NotBuiltJob,
): Promise<ResultDocument> {
  const why = `${missingKey(job)} The recipe was read and planned; nothing was built, and nothing was asked of the service.`;
  job.output.notice(why, { title: 'Not built' });
  return publish({ plan, knowledge, status: 'skipped', why }, inputs, job);
}

/**
 * Tells that no build has the content of a plan without secrets, where one is required, and what is different from
 * the last one that is known.
 */
export async function refuseUnpublished(
  plan: Plan,
  knowledge: BuildHistory,
  { notPublished }: NotPublished,
  inputs: Pick<BuildInputs, 'summary'>,
  job: NotBuiltJob,
): Promise<{ readonly result: ResultDocument; readonly ending: ExitResult }> {
  const { changes } = knowledge;
  const difference = changes ? ` ${changesInWords(changes)}.` : '';
  const why = `${notPublished}.${difference} Nothing was built, as reuse: require demands.`;
  const at = { file: plan.definition.file, line: 1 };
  const known = 'hash' in plan.fingerprint;
  const title = known ? 'This template is not published' : 'This template is not known to be published';
  job.output.error(why, { title, at });
  job.setOutput('reused', 'false');
  job.setOutput('failure', 'unpublished');
  const remedy = known
    ? 'A run with reuse: auto publishes it.'
    : 'Mend that, or publish it by a run with reuse: auto.';
  const told = { plan, knowledge, status: 'unpublished', why: `${why} ${remedy}` } as const;
  const result = await publish(told, inputs, job);
  const message = known
    ? `Template ${plan.name} is not published as it stands in the repository (reuse: require).`
    : `Whether template ${plan.name} is published as it stands in the repository cannot be known (reuse: require), for the reason above.`;
  return { result, ending: { exitCode: 1, annotated: true, message: `${message} ${remedy}` } };
}

interface NotBuilt {
  readonly plan: Plan;
  readonly knowledge: BuildHistory;
  readonly status: 'skipped' | 'unpublished';
  /** One to four sentences. */
  readonly why: string;
}

async function publish(
  { plan, knowledge, status, why }: NotBuilt,
  { summary }: Pick<BuildInputs, 'summary'>,
  job: NotBuiltJob,
): Promise<ResultDocument> {
  const { workspace } = job;
  const planned = notBuiltResult({ plan, ...knowledge, ...(workspace && { workspace }) }, status);
  const result = redactDeep(planned, job.redact);
  job.setOutput('name', plan.name);
  job.setOutput('tags', plan.tags.join(','));
  job.setOutput('status', result.status);
  const attempt = (what: string, write: () => Promise<void>) =>
    write().catch((error: Error) => job.output.warning(`The ${what} could not be written: ${error.message}`));
  await attempt('result file', async () => {
    const path = join(
      job.resultDirectory,
      `novita-template-${plan.name.replace(/[^\w-]/g, '-')}-planned.json`,
    );
    await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
    job.setOutput('result', path);
  });
  if (summary) await attempt('job summary', () => job.appendSummary(renderSummary(result, { why })));
  job.saveState({ ended: true, summary });
  return result;
}

function missingKey({ event }: Pick<Job, 'event'>): string {
  if (!secretsWithheld(event)) return 'There is no API key (on-missing-credentials: skip).';
  const whose = event.dependabot ? 'that Dependabot starts' : 'of pull requests from forks';
  return `There is no API key: GitHub hands no secrets to runs ${whose}.`;
}

/** Tells the pull request how its build stands. Never rejects: a build does not depend on it. */
export interface PullRequestReport {
  /** Does not keep the build waiting. */
  readonly registered: (event: RegisteredEvent) => void;
  readonly finished: (result: ResultDocument) => Promise<void>;
}

/** What is said on the pull request about the build of a plan without secrets. */
export function pullRequestReport(
  plan: Plan,
  knowledge: BuildHistory,
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
    registered(event) {
      void tell(startedResult({ plan, ...knowledge, ...(workspace && { workspace }) }, event));
    },
    finished: tell,
  };
}
