import { diagnoseRequest } from '../build/diagnosis/request-failures.ts';
import type { BuildOutcome } from '../build/events.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import { ProblemsError } from '../problem.ts';
import { buildReference } from '../report/closing.ts';
import { reportProblems } from '../report/problems.ts';
import { ServiceError } from '../service/errors.ts';
import type { Job } from './job.ts';

/** How a step ends: an exit code and, unless it is 0, the sentence with which it fails. */
export type Ending = { readonly exitCode: 0 } | { readonly exitCode: 1 | 130; readonly message: string };

type EndingJob = Pick<Job, 'output' | 'debug' | 'setOutput' | 'interrupted'>;

/** The step is green when the build is ready, or was started and was not to be waited for. */
export function endingOf(
  outcome: BuildOutcome,
  { timeoutMinutes, onSuperseded }: Pick<BuildInputs, 'timeoutMinutes' | 'onSuperseded'>,
): Ending {
  const build = `Build ${buildReference(outcome)}`;
  const goesOn =
    outcome.status === 'building'
      ? 'It goes on at the service, which has no way to cancel one.'
      : 'It was registered at the service and not started.';
  if (outcome.stopped === 'timeout') {
    const limit = `${timeoutMinutes} ${timeoutMinutes === 1 ? 'minute' : 'minutes'} (timeout-minutes)`;
    return { exitCode: 1, message: `${build} did not end within ${limit}. ${goesOn}` };
  }
  if (outcome.stopped === 'interrupted') {
    return { exitCode: 130, message: `The job was cancelled during b${build.slice(1)}. ${goesOn}` };
  }
  if (!outcome.failure) return { exitCode: 0 };
  if (outcome.status === 'superseded') {
    if (onSuperseded === 'success') return { exitCode: 0 };
    return { exitCode: 1, message: `${build} was superseded by a newer one (on-superseded: failure).` };
  }
  const { what, advice } = outcome.diagnosis ?? {};
  const explained = what === undefined ? '' : `\n${what} ${advice}`;
  const { message } = outcome.failure;
  if (outcome.status === 'error') return { exitCode: 1, message: `${build} failed: ${message}${explained}` };
  return { exitCode: 1, message: `${build} was lost sight of: ${message}\n${goesOn}` };
}

/**
 * How a step ends that threw before it had anything to show. Reports the problems that it names.
 *
 * @param undone - what did not happen, as the beginning of a sentence: `Nothing was built`
 */
export function endingOfError(error: unknown, undone: string, job: EndingJob): Ending {
  if (job.interrupted.aborted) return { exitCode: 130, message: `${undone}: the job was cancelled.` };
  if (error instanceof ServiceError) return endingOfRefusal(error, undone, job);
  if (error === 'timeout') return { exitCode: 1, message: `${undone} within timeout-minutes.` };
  if (error instanceof ProblemsError) {
    reportProblems(job.output, error.problems);
    const { length } = error.problems;
    const found = length === 1 ? 'a mistake was' : `${length} mistakes were`;
    return { exitCode: 1, message: `${undone}: ${found} found before the first request.` };
  }
  const what = error instanceof Error ? error.message : String(error);
  job.debug(error instanceof Error ? (error.stack ?? what) : what);
  return {
    exitCode: 1,
    message: `Unexpected: ${what}. This is a mistake in the action; please report it with a debug log.`,
  };
}

/** The service refused, or did not answer, before there was a build; with `plan`, limits are explained by it. */
export function endingOfRefusal(error: ServiceError, undone: string, job: EndingJob, plan?: Plan): Ending {
  const { class: failure, what, advice } = diagnoseRequest(error, plan);
  job.setOutput('status', 'error');
  job.setOutput('failure', failure);
  return { exitCode: 1, message: `${undone}: ${error.message}\n${what} ${advice}` };
}

/** The ending of work that has no outputs for a refusal of the service: it is told, and that is all. */
export async function orRefusal(undone: string, work: () => Promise<Ending>): Promise<Ending> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { exitCode: 1, message: `${undone}: ${refusalSentence(error)}` };
  }
}

/** What the service answered, what that means and what to do. */
export function refusalSentence(error: ServiceError): string {
  const { what, advice } = diagnoseRequest(error);
  return `${error.message}\n${what} ${advice}`;
}
