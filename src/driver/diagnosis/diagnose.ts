import type { PartialPlan } from '../../plan/plan.ts';
import type { RunnerTrouble } from '../../runner-errors.ts';
import type { AbortReason, BuildFailure, BuildOutcome, StepOutcome } from '../events.ts';
import { type FailureContext, failureContext } from './evidence.ts';
import { diagnoseRequest } from './request-rules.ts';
import { runRules } from './run-rules.ts';
import { serviceRules } from './service-rules.ts';
import type { Diagnosis, FailureClass, RetryAdvice } from './types.ts';

/** Explains how a build ended; `undefined` when nothing is to be explained. Pure. */
export function diagnose(plan: PartialPlan, outcome: BuildOutcome): Diagnosis | undefined {
  const { status, failure, abortedBy } = outcome;
  if (abortedBy) return abortDiagnosis(abortedBy, status);
  if (failure?.request) {
    const diagnosis = diagnoseRequest(failure.request, plan);
    return status === 'building' ? lostSight(diagnosis) : diagnosis;
  }
  if (failure?.runner) return { class: 'runner', ...inRunner(failure.runner, status), retry: 'never' };
  if (failure) return diagnoseFailure(plan, failure, outcome.steps);
  return status === 'error'
    ? diagnoseFailure(plan, { message: '', lastLines: [] }, outcome.steps)
    : undefined;
}

/** The outcome with its diagnosis; one that was superseded gets that as its status. */
export function withDiagnosis(plan: PartialPlan, outcome: BuildOutcome): BuildOutcome {
  const diagnosis = diagnose(plan, outcome);
  if (!diagnosis) return outcome;
  const superseded = diagnosis.class === 'superseded' && outcome.status === 'error';
  return { ...outcome, ...(superseded && { status: 'superseded' as const }), diagnosis };
}

interface Verdict {
  readonly class: FailureClass;
  readonly what: string;
  readonly advice: string;
  readonly retry?: 'new-build';
  readonly cacheIsInnocent?: true;
}

function diagnoseFailure(plan: PartialPlan, failure: BuildFailure, steps: readonly StepOutcome[]): Diagnosis {
  const evidence = failureContext(plan, failure, steps);
  const verdict = serviceVerdict(evidence) ?? runVerdict(evidence) ?? unknown(evidence);
  // A phase is no layer of its own, so no cached one can be at fault for it.
  const cached = evidence.step === undefined ? 0 : evidence.cached;
  const retry = verdict.retry ?? (cached > 0 && !verdict.cacheIsInnocent ? 'without-cache' : 'never');
  const next = nextStep(verdict, retry, cached);
  const running =
    verdict.class === 'build-timeout' && failure.stepId === undefined ? steps.at(-1)?.id : undefined;
  return {
    class: verdict.class,
    what: verdict.what,
    advice: verdict.advice,
    ...(next && { next }),
    retry,
    ...(running !== undefined && { stepId: running }),
  };
}

function serviceVerdict(evidence: FailureContext): Verdict | undefined {
  const row = serviceRules.find(
    ({ at, reason }) =>
      (at === undefined || at === evidence.place || evidence.place === 'elsewhere') &&
      reason.test(evidence.reason),
  );
  return row && spoken(row, evidence);
}

function runVerdict(evidence: FailureContext): Verdict | undefined {
  if (!/failed to run command/i.test(evidence.reason)) return undefined;
  for (const row of runRules) {
    if (row.exitStatus !== undefined && row.exitStatus !== evidence.exitStatus) continue;
    if (row.when && !row.when(evidence)) continue;
    if (!row.line) return spoken(row, evidence);
    const { line } = row;
    // The newest line that fits names the culprit.
    const match = evidence.lines.findLast((text) => line.test(text))?.match(line);
    if (match) return spoken(row, { ...evidence, found: match.slice(1).find(Boolean) ?? '' });
  }
  return undefined;
}

type Row = (typeof serviceRules)[number] | (typeof runRules)[number];

function spoken(row: Row, evidence: FailureContext): Verdict {
  const say = (text: Row['what']) => (typeof text === 'function' ? text(evidence) : text);
  return {
    class: row.class,
    what: say(row.what),
    advice: say(row.advice),
    ...('retry' in row && row.retry && { retry: row.retry }),
    ...(row.cacheIsInnocent && { cacheIsInnocent: true }),
  };
}

/** What the service's documentation gives for any failure; to build without the cache, where one was used. */
function unknown({ reason, cached }: FailureContext): Verdict {
  const anew = cached > 0 ? ', build once with skip-cache: true,' : '';
  return {
    class: 'unknown',
    what:
      reason.trim() === ''
        ? 'The service gave no reason.'
        : 'The service gave a reason that is not known here.',
    advice: `Read the log of the build first; then check the image or Dockerfile${anew} and reduce the recipe to the fewest steps that still fail.`,
  };
}

function nextStep(verdict: Verdict, retry: RetryAdvice, cached: number): string | undefined {
  if (retry !== 'without-cache' || verdict.class === 'unknown') return undefined;
  const layers = cached === 1 ? 'one layer below this step is' : `${cached} layers below this step are`;
  return `If that does not help, build once with skip-cache: true, since ${layers} from the cache.`;
}

function lostSight(diagnosis: Diagnosis): Diagnosis {
  const passing: readonly FailureClass[] = [
    'service-unreachable',
    'service-error',
    'service-answer',
    'rate-limit',
  ];
  if (!passing.includes(diagnosis.class)) return diagnosis;
  return {
    class: 'lost-sight',
    what: `The build was lost sight of. ${diagnosis.what}`,
    advice: 'The build goes on at the service: look there for its end before you start another.',
    retry: 'never',
  };
}

function inRunner({ what, advice }: RunnerTrouble, status: BuildOutcome['status']): RunnerTrouble {
  const left =
    status === 'building'
      ? 'The build goes on at the service.'
      : 'The build was registered and will not be started: the next one takes its place, or the service ends it by itself.';
  return { what, advice: `${advice} ${left}` };
}

function abortDiagnosis(reason: AbortReason, status: BuildOutcome['status']): Diagnosis {
  const goesOn = status === 'building' ? 'The build goes on at the service.' : 'The build was not started.';
  if (reason === 'interrupted') {
    return {
      class: 'interrupted',
      what: 'The job was cancelled during the build.',
      advice: `${goesOn} Run the job again if you need its result here.`,
      retry: 'never',
    };
  }
  return {
    class: 'timeout',
    what: 'The build did not end within timeout-minutes.',
    advice: `${goesOn} Raise timeout-minutes, or make the longest steps shorter.`,
    retry: 'never',
  };
}
