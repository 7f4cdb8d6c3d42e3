import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { nameProblems } from '../api/names.ts';
import { awaitBuild } from '../driver/await-build.ts';
import { createObservedPlan } from '../driver/observed-plan.ts';
import { readWaitInputs } from '../inputs/wait.ts';
import { githubPublisher } from '../job/build-reporter.ts';
import { type ExitResult, exitForOutcome, failEarly } from '../job/exit.ts';
import { connectRedacted, type Job } from '../job/job.ts';
import { sourceView } from '../job/source-view.ts';
import { problem, quote, throwIfAny } from '../problem.ts';
import { redactor } from '../redact/redact.ts';
import { createBuildLog } from '../report/log/build-log.ts';
import { showWarnings } from '../report/log/output.ts';
import { type PlanOfResult, planOfResult } from '../report/result/plan-from-result.ts';
import { findBuild } from '../templates/find-build.ts';

/**
 * The wait action: find a build that another job started, show its log from the first line on, and tell how it went
 * as the build action does. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runWait(job: Job): Promise<ExitResult> {
  const { inputs, problems, warnings } = readWaitInputs(job.env);
  showWarnings(job.output, warnings);
  problems.push(...nameProblems(inputs.name));
  throwIfAny(problems);
  const planned = await readResult(inputs.result, inputs.buildId, job.workspace);

  const late = new AbortController();
  const timer = setTimeout(() => late.abort('timeout'), inputs.timeoutMinutes * 60_000);
  const signal = AbortSignal.any([late.signal, job.interrupted]);
  try {
    const client = connectRedacted(job, inputs.connection, [inputs.name, inputs.buildId], signal);
    const found = await findBuild(client, inputs);
    if ('refused' in found) {
      return failEarly({
        failure: 'build-not-found',
        undone: 'Nothing was waited for',
        why: found.refused,
      });
    }

    const { build, known } = found;
    const seen = createObservedPlan({ ...known, ...planned });
    const publisher = githubPublisher(job);
    publisher.registered(seen.plan, { type: 'registered', ...build, tags: known.tags });
    job.output.line(`Waiting for build ${build.buildId} of ${known.name}, template ${build.templateId}`);
    const { apiKey, accessToken } = inputs.connection;
    const sources = sourceView(
      seen.plan,
      job,
      redactor([apiKey, accessToken], [inputs.name, inputs.buildId]),
    );
    const log = createBuildLog(job.output, seen.plan, {
      level: inputs.logLevel,
      sources,
      ...(job.workspace && { workspace: job.workspace }),
    });
    const outcome = await awaitBuild(build, seen, { client, emit: log.show, signal }).finally(log.close);
    await publisher.finished(seen.plan, outcome, inputs, { sources });
    return exitForOutcome(outcome, inputs);
  } finally {
    clearTimeout(timer);
  }
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
