import { awaitBuild } from '../build/await-build.ts';
import { createSeenPlan } from '../build/seen-plan.ts';
import { readWaitInputs } from '../inputs/wait.ts';
import { throwIfAny } from '../problem.ts';
import { createBuildLog } from '../report/build-log.ts';
import { showWarnings } from '../report/problems.ts';
import { redactor } from '../service/redact.ts';
import { nameProblems } from '../tags/names.ts';
import { findBuild } from '../templates/awaited-build.ts';
import { type Ending, endingOf, failEarly } from './ending.ts';
import { connectGuarded } from './guarded-client.ts';
import type { Job } from './job.ts';
import { githubPublisher } from './publish.ts';
import { readResult } from './read-result.ts';
import { sourceView } from './source-view.ts';

/**
 * The wait action: find a build that another job started, show its log from the first line on, and tell how it went
 * as the build action does. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runWait(job: Job): Promise<Ending> {
  const { inputs, problems, warnings } = readWaitInputs(job.env);
  showWarnings(job.output, warnings);
  problems.push(...nameProblems(inputs.name));
  throwIfAny(problems);
  const planned = await readResult(inputs.result, inputs.buildId, job.workspace);

  const late = new AbortController();
  const timer = setTimeout(() => late.abort('timeout'), inputs.timeoutMinutes * 60_000);
  const signal = AbortSignal.any([late.signal, job.interrupted]);
  try {
    const client = connectGuarded(job, inputs.connection, [inputs.name, inputs.buildId], signal);
    const found = await findBuild(client, inputs);
    if ('refused' in found) {
      return failEarly({
        failure: 'build-not-found',
        undone: 'Nothing was waited for',
        why: found.refused,
      });
    }

    const { build, known } = found;
    const seen = createSeenPlan({ ...known, ...planned });
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
    return endingOf(outcome, inputs);
  } finally {
    clearTimeout(timer);
  }
}
