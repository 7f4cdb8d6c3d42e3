import { buildReference } from '../api/names.ts';
import type { CiEvent } from '../ci/event.ts';
import { describeRemoval } from '../ci/removal.ts';
import type { FailureClass } from '../driver/diagnosis/failure-classes.ts';
import { diagnoseRequest } from '../driver/diagnosis/request-rules.ts';
import type { BuildOutcome } from '../driver/events.ts';
import { ServiceError } from '../http/errors.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import { type Problem, ProblemsError } from '../problem.ts';
import { runnerTrouble } from '../runner-errors.ts';
import type { Runner } from './runner.ts';

/** How a step ends. `reportExit` reports it, once. */
export interface ExitResult {
  readonly exitCode: 0 | 1 | 130;
  /** Why the step fails, in sentences. Absent when it succeeds. */
  readonly message?: string;
  /** An error annotation has the message already, so it is logged as a plain line. */
  readonly annotated?: boolean;
  /** Set for an exit that no output and no summary shows yet. */
  readonly early?: EarlyExit;
}

/** The exit of a step without a build or a plan to show. */
export interface EarlyExit {
  /**
   * `skipped`: there is nothing to do. `building`: the end of the build is unknown. `superseded`: a newer commit is
   * built instead.
   */
  readonly status: 'error' | 'building' | 'skipped' | 'superseded';
  /** Why, in one word; absent when nothing failed. */
  readonly failure?: FailureClass;
  /** What did not happen: `Nothing was built`. */
  readonly undone: string;
  /** What happened instead and what to do, in sentences. It may have untrusted text. */
  readonly why: string;
  /** The user's mistakes; each gets an annotation. */
  readonly problems?: readonly Problem[];
}

/** Fails a step that has nothing to show yet. */
export function failEarly(end: Omit<EarlyExit, 'status'> & { readonly failure: FailureClass }): ExitResult {
  return { exitCode: 1, early: { status: 'error', ...end } };
}

/** Ends a step that correctly does nothing: a notice, the output `status: skipped` and a summary say why. */
export function skipEarly(undone: string, why: string): ExitResult {
  return { exitCode: 0, early: { status: 'skipped', undone, why } };
}

/** The step succeeds when the build is ready, or was started with `wait: false`. */
export function exitForOutcome(
  outcome: BuildOutcome,
  { timeoutMinutes, onSuperseded }: Pick<BuildInputs, 'timeoutMinutes' | 'onSuperseded'>,
): ExitResult {
  const build = buildReference(outcome);
  const stays =
    outcome.status === 'building'
      ? 'It continues at the service, which has no way to cancel a build.'
      : 'It was registered at the service and not started.';
  // The build log annotates a failed build, but not one that the step gave up.
  const annotated = outcome.failure !== undefined && outcome.status !== 'superseded';
  if (outcome.abortedBy && outcome.endedDuring) {
    const { what = '', advice = '' } = outcome.diagnosis ?? {};
    const exitCode = outcome.abortedBy === 'interrupted' ? 130 : 1;
    return { exitCode, annotated, message: `Build ${build} is ready. ${what} ${advice}` };
  }
  if (outcome.abortedBy === 'timeout') {
    const limit = `${timeoutMinutes} ${timeoutMinutes === 1 ? 'minute' : 'minutes'} (timeout-minutes)`;
    return { exitCode: 1, annotated, message: `Build ${build} did not end within ${limit}. ${stays}` };
  }
  if (outcome.abortedBy === 'interrupted') {
    const message = `The job was cancelled during build ${build}. ${stays}`;
    return { exitCode: 130, annotated, message };
  }
  if (outcome.status === 'superseded') {
    if (onSuperseded === 'success') return { exitCode: 0 };
    return { exitCode: 1, message: `Build ${build} was superseded by a newer one (on-superseded: failure).` };
  }
  if (!outcome.failure && outcome.status !== 'error') return { exitCode: 0 };
  const { what, advice } = outcome.diagnosis ?? {};
  const explained = what === undefined ? '' : `\n${what} ${advice}`;
  const message = outcome.failure?.message ?? '';
  if (outcome.status === 'error') {
    return {
      exitCode: 1,
      annotated: true,
      message: `Build ${build} ${whatFailed(outcome)}: ${message}${explained}`,
    };
  }
  return { exitCode: 1, annotated, message: `Build ${build} was lost sight of: ${message}\n${stays}` };
}

/** What did not end well, as the rest of a sentence about a build: `did not pass its test`. */
export function whatFailed({
  endedDuring,
  diagnosis,
}: Pick<BuildOutcome, 'endedDuring' | 'diagnosis'>): string {
  if (endedDuring === undefined) return 'failed';
  if (diagnosis?.class === 'sandbox') return 'was not tested';
  if (diagnosis?.class === 'smoke-test') return 'did not pass its test';
  return endedDuring === 'tags' ? 'may lack its tags' : 'did not get its tags';
}

/**
 * The exit after an exception in a step that had nothing to show.
 *
 * @param undone - what did not happen, as the beginning of a sentence: `Nothing was built`
 */
export function exitForError(
  error: unknown,
  undone: string,
  { savedState, debug }: Runner,
  interrupted: AbortSignal,
): ExitResult {
  const { build, ended = false } = savedState() ?? {};
  const lost = build && !ended;
  const end = (failure: FailureClass, why: string, more: Partial<EarlyExit> = {}): EarlyExit => ({
    status: lost ? 'building' : 'error',
    failure,
    undone: lost ? `Build ${buildReference(build)} was lost sight of` : undone,
    why,
    ...more,
  });
  if (interrupted.reason === 'interrupted') {
    return { exitCode: 130, early: end('interrupted', 'The job was cancelled.') };
  }
  if (error instanceof ServiceError) return exitForServiceError(error, undone);
  if (error === 'timeout') {
    return { exitCode: 1, early: end('timeout', 'The time limit timeout-minutes is over.') };
  }
  if (error instanceof ProblemsError) {
    const { problems } = error;
    const found = problems.length === 1 ? 'A mistake was' : `${problems.length} mistakes were`;
    const why = `${found} found before anything was changed.`;
    return { exitCode: 1, early: end('invalid-input', why, { problems }) };
  }
  const what = error instanceof Error ? error.message : String(error);
  debug(error instanceof Error ? (error.stack ?? what) : what);
  const trouble = runnerTrouble(error);
  if (trouble) return { exitCode: 1, early: end('runner', `${trouble.what} ${trouble.advice} (${what})`) };
  const why = `Unexpected: ${what}. This is a mistake in the action; please report it with a debug log.`;
  return { exitCode: 1, early: end('unexpected', why) };
}

/**
 * The exit when the service refused, or did not answer, before there was a build. With `plan`, the message explains
 * limits.
 */
export function exitForServiceError(error: ServiceError, undone: string, plan?: Plan): ExitResult {
  const { class: failure } = diagnoseRequest(error, plan);
  return failEarly({ failure, undone, why: explainServiceError(error, plan) });
}

/** What the service answered, what it means and what to do. */
export function explainServiceError(error: ServiceError, plan?: Plan): string {
  const { what, advice } = diagnoseRequest(error, plan);
  return `${error.message}\n${what} ${advice}`;
}

/**
 * Ends a step whose event removes something, without reading the recipe or calling the service. A notice says why, and
 * which `types:` to set.
 *
 * @param undone - what did not happen: `Nothing was built`
 */
export function skipRemovalEvent(undone: string, event: CiEvent): ExitResult {
  const { what, remedy } = describeRemoval(event);
  return skipEarly(undone, `${what}, so nothing is built or published for it. ${remedy}`);
}
