import { secretsWithheld } from '../ci/trust.ts';
import type { FailureClass } from '../driver/diagnosis/failure-classes.ts';
import type { BuildEvent, BuildOutcome } from '../driver/events.ts';
import type { GithubClient } from '../github/client.ts';
import { comparePlans } from '../history/diff.ts';
import { timeLeft, typicalDurations } from '../history/eta.ts';
import { createBuildRecord } from '../history/last-build.ts';
import { snapshotPlan } from '../history/snapshot.ts';
import type { SettledInputs } from '../inputs/build.ts';
import { maxAgeInWords } from '../plan/max-age.ts';
import type { Plan } from '../plan/plan.ts';
import { type Redact, redactDeep } from '../redact/redact.ts';
import { renderSummary } from '../report/markdown/summary.ts';
import { notBuiltResult, startedResult } from '../report/result/make-result.ts';
import type { NotBuilt, ResultDocument } from '../report/result/result.ts';
import { changesInWords } from '../report/text/changes.ts';
import { formatDuration } from '../report/text/format.ts';
import type { ExitResult } from './exit.ts';
import type { Job, JobContext } from './job.ts';
import { previewDeployment } from './preview-deployment.ts';
import { tellProvenance } from './provenance.ts';
import { pullRequestComment } from './pull-request-comment.ts';
import { createReporter, finishedFile, reportedPlan, unbuiltFile } from './reporter.ts';

/**
 * Reports the events of this run's build to the log, outputs, job summary, result file, comment, deployment and post
 * step.
 */
export interface BuildReporter {
  /** Reports an event of the build. */
  happened(event: BuildEvent): void;
  /** Reports that the build has ended, or that this run stops watching it. */
  finished(outcome: BuildOutcome): Promise<void>;
  /** Reports that the plan is not built because there is no API key. */
  skipped(): Promise<ExitResult>;
  /** Reports that no build has this content and none may be made. `why` has no full stop. */
  unpublished(why: string): Promise<ExitResult>;
  /** Reports that only a plan was wanted, and what building it would come to, in sentences. */
  planned(foreseen: string): Promise<ExitResult>;
  /** Closes the open group of the log; call it in `finally`. */
  close(): void;
}

/** The plan without secrets and without the lists of files, which are not shown. */
export function redactPlan(plan: Plan, redact: Redact): Plan {
  const steps = plan.steps.map((step) =>
    step.files ? { ...step, files: { ...step.files, entries: [] } } : step,
  );
  return redactDeep({ ...plan, steps }, redact);
}

/**
 * Compares a plan with earlier builds, logs the difference, and opens everything that the build is reported to.
 *
 * @param sent - the plan as it is sent
 * @param local - the build runs in containers of the runner
 * @param mild - failures that do not fail the step
 */
export async function openBuildReporter(
  sent: Plan,
  inputs: SettledInputs,
  github: GithubClient | undefined,
  { context, runner, clients }: Job,
  { local = false, mild }: { readonly local?: boolean; readonly mild?: ReadonlySet<FailureClass> } = {},
): Promise<BuildReporter> {
  const { output, setOutput } = runner;
  const plan = redactPlan(sent, runner.redact);
  const { summary, logLevel: level } = inputs;
  const { last, reference } = await clients.history.read(plan.name);
  if (last) output.line(`The last build of this template took ${formatDuration(last.durationMs)}`);
  const changes = reference && {
    ...comparePlans(reference.plan, snapshotPlan(plan)),
    against: reference.branch,
  };
  if (changes) output.line(changesInWords(changes));
  const about = {
    ...reportedPlan(plan, context, runner),
    ...(local && { local: true as const }),
    ...(mild && { mild }),
    ...(changes && { changes }),
    ...(last && { typicalMs: typicalDurations(plan, last) }),
  };
  const reporter = createReporter(about, { summary, level, timeLeft: timeLeft(plan, last) }, context, runner);
  const notes = inputs.gitlabToken === '' ? undefined : clients.notes(inputs.gitlabToken);
  const comment = pullRequestComment(inputs, notes ?? github, context, output);
  const deployment = previewDeployment(inputs.environment, github, context, output);
  let written = Promise.resolve();
  /** One after another, so that the newest is written last. */
  const tellPullRequest = (result: ResultDocument): Promise<void> => {
    written = written.then(async () => {
      await comment?.write(result);
      await deployment?.write(result);
    });
    return written;
  };

  const notBuilt = async (status: NotBuilt, why: string): Promise<void> => {
    const result = redactDeep(notBuiltResult(about, status), runner.redact);
    setOutput('name', plan.name);
    setOutput('tags', plan.tags.join(','));
    setOutput('status', status);
    await runner.writeResult(unbuiltFile(plan.name, 'planned'), result);
    if (summary) await runner.addSummary(renderSummary(result, { why }));
    runner.saveState({ ended: true, summary });
    if (status !== 'planned') await tellPullRequest(result);
  };

  return {
    happened(event) {
      if (event.type === 'registered' || event.type === 'joined' || event.type === 'reused') {
        reporter.registered(event);
        // A reused build is reported once, at the end. The build does not wait for the other reports.
        if (event.type !== 'reused') void tellPullRequest(startedResult(about, event));
        const ofOther = event.type === 'joined' && { ofOther: true };
        const isTested = inputs.test !== '' || inputs.testUrl !== '';
        const build = { name: plan.name, buildId: event.buildId, ...ofOther, ...(isTested && { isTested }) };
        // Nothing of a local build outlives this step.
        if (!local) runner.saveState({ build, ended: false, summary });
      }
      reporter.show(event);
    },
    async finished(outcome) {
      const result = await reporter.finished(outcome);
      if (!local) {
        const file = finishedFile(about, outcome);
        await tellProvenance({ plan: sent, outcome, connection: inputs.connection, file }, context, runner);
      }
      const { branch } = clients.history;
      const lastBuild = createBuildRecord(outcome, { plan, branch, finishedAt: new Date(), last });
      // Later builds at the service are not compared with a local one.
      runner.saveState({ ended: true, summary, ...(lastBuild && !local && { lastBuild }) });
      await tellPullRequest(result);
    },
    async skipped() {
      const why = `${missingKey(context)} The recipe was read and planned; nothing was built, and no request was sent to the service.`;
      output.notice(why, { title: 'Not built' });
      await notBuilt('skipped', why);
      return { exitCode: 0 };
    },
    async unpublished(why) {
      const isKnown = 'hash' in plan.fingerprint;
      const maxAge = plan.maxAgeMs === undefined ? '' : `, max-age: ${maxAgeInWords(plan.maxAgeMs)}`;
      const difference = changes ? ` ${changesInWords(changes)}.` : '';
      const explained = `${why}.${difference} Nothing was built, because of reuse: require.`;
      output.error(explained, {
        title: isKnown ? 'This template is not published' : 'This template is not known to be published',
        at: { file: plan.definition.file, line: 1 },
      });
      setOutput('reused', 'false');
      setOutput('failure', 'unpublished');
      const remedy = isKnown
        ? 'A run with reuse: auto publishes it.'
        : 'Fix that, or publish it by a run with reuse: auto.';
      await notBuilt('unpublished', `${explained} ${remedy}`);
      const message = isKnown
        ? `Template ${plan.name} is not published as it stands in the repository (reuse: require${maxAge}).`
        : `The action cannot tell whether template ${plan.name} is published as it stands in the repository (reuse: require), for the reason above.`;
      return { exitCode: 1, annotated: true, message: `${message} ${remedy}` };
    },
    async planned(foreseen) {
      const why = `${foreseen} Nothing was changed (dry-run).`;
      output.notice(why, { title: 'Planned' });
      await notBuilt('planned', why);
      return { exitCode: 0 };
    },
    close: reporter.close,
  };
}

function missingKey({ event }: JobContext): string {
  if (!secretsWithheld(event)) return 'There is no API key (on-missing-credentials: skip).';
  const whose = event.dependabot ? 'that Dependabot starts' : 'of pull requests from forks';
  return `There is no API key: ${event.system ?? 'GitHub'} hands no secrets to runs ${whose}.`;
}
