import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { nameProblems } from '../api/names.ts';
import type { AwaitedBuild } from '../api/types.ts';
import { awaitBuild } from '../driver/await-build.ts';
import { createObservedPlan } from '../driver/observed-plan.ts';
import { readWaitInputs, type WaitInputs } from '../inputs/wait.ts';
import { type ExitResult, exitForOutcome, failEarly } from '../job/exit.ts';
import type { Job } from '../job/job.ts';
import { setSubject } from '../job/provenance.ts';
import { createReporter, reportedPlan } from '../job/reporter.ts';
import { withTimeLimit } from '../job/time-limit.ts';
import { problem, quote, throwIfAny } from '../problem.ts';
import { subjectOf } from '../provenance/subject.ts';
import { showWarnings } from '../report/log/output.ts';
import { type PlanOfResult, planOfResult } from '../report/result/plan-from-result.ts';
import { fingerprintOfBuild } from '../reuse/published-fingerprint.ts';
import { findBuild, waitsForTest } from '../templates/find-build.ts';
import { readAssignments, taggedTemplate } from '../templates/find-template.ts';

/**
 * The wait action: find a build that another job started, show its log from the first line on, and report how it
 * ended as the build action does. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runWait({ context, runner, clients }: Job): Promise<ExitResult> {
  const { inputs, problems, warnings } = readWaitInputs(context.env);
  showWarnings(runner.output, warnings);
  const { name, buildId, connection, timeoutMinutes } = inputs;
  problems.push(...nameProblems(name));
  throwIfAny(problems);
  const planned = await readResult(inputs.result, buildId, context.workspace);
  runner.mask([connection.apiKey, connection.accessToken], [name, buildId]);

  return withTimeLimit(timeoutMinutes, context.interrupted, async (signal) => {
    const client = clients.connect(connection, signal);
    const found = await findBuild(client, inputs);
    if (!found.ok) {
      return failEarly({ failure: 'build-not-found', undone: 'Nothing was waited for', why: found.reason });
    }
    const { build, plan: header } = found.value;
    const observed = createObservedPlan({ ...header, ...planned });
    const { summary, logLevel: level } = inputs;
    const about = reportedPlan(observed.plan, context, runner);
    const reporter = createReporter(about, { summary, level }, context, runner);
    reporter.registered({ type: 'registered', ...build, tags: header.tags });
    runner.output.line(`Waiting for build ${buildId} of ${name}, template ${build.templateId}`);
    const outcome = await awaitBuild(build, observed, { client, emit: reporter.show, signal }).finally(
      reporter.close,
    );
    await reporter.finished(outcome);
    if (outcome.status === 'ready') await tellSubject(build, inputs, { runner, clients });
    return exitForOutcome(outcome, inputs);
  });
}

/** Says what a ready build was made of, where its content tag proves that, and that it waits for a test. */
async function tellSubject(
  { templateId }: AwaitedBuild,
  { name, buildId, connection }: WaitInputs,
  { runner, clients }: Pick<Job, 'runner' | 'clients'>,
): Promise<void> {
  const client = clients.connect(connection);
  const tagged = taggedTemplate(name, Promise.resolve(templateId), readAssignments(client, templateId));
  const fingerprint = await fingerprintOfBuild(client, tagged, buildId);
  const found = await tagged.catch(() => undefined);
  if (found && waitsForTest(found.template, buildId)) {
    runner.output.notice(
      'The run that made this build tests it before its tags move, and has not seen it pass yet. Wait for that run before you use the build.',
      { title: 'This build has not passed its test' },
    );
  }
  if (fingerprint === undefined) return;
  const subject = subjectOf(connection.apiUrl, name, fingerprint);
  setSubject(subject, runner);
  await runner.declareSubject(subject);
}

/** Reads a build's result file, if one is given. Rejects with a `ProblemsError`. */
export async function readResult(
  path: string,
  buildId: string,
  workspace = process.cwd(),
): Promise<PlanOfResult> {
  if (path === '') return {};
  const text = await readFile(resolve(workspace, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem('Input result', `${quote(path)} could not be read (${error.code ?? error.message}).`);
  });
  return planOfResult(text, buildId, workspace);
}
