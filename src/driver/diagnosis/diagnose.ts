import type { PartialPlan } from '../../plan/plan.ts';
import type { RunnerTrouble } from '../../runner-errors.ts';
import type { AbortReason, BuildFailure, BuildOutcome, StepOutcome } from '../events.ts';
import { type FailureContext, failureContext } from './evidence.ts';
import type { Diagnosis, FailureClass, RetryAdvice } from './failure-classes.ts';
import { diagnoseRequest } from './request-rules.ts';
import { runRules } from './run-rules.ts';
import { serviceRules } from './service-rules.ts';

/** Explains how a build ended; `undefined` if there is nothing to explain. */
export function diagnose(plan: PartialPlan, outcome: BuildOutcome): Diagnosis | undefined {
  const { status, failure, abortedBy, endedDuring } = outcome;
  if (abortedBy && endedDuring) return abortedTest(abortedBy, endedDuring);
  if (abortedBy) return abortDiagnosis(abortedBy, status);
  if (failure?.request) {
    const diagnosis = diagnoseRequest(failure.request, plan);
    return status === 'building' ? unreadableStatus(diagnosis) : diagnosis;
  }
  if (failure?.runner) return { class: 'runner', ...inRunner(failure.runner, status), retry: 'never' };
  if (failure) return diagnoseFailure(plan, failure, outcome.steps);
  return status === 'error'
    ? diagnoseFailure(plan, { message: '', lastLines: [] }, outcome.steps)
    : undefined;
}

/** The outcome with its diagnosis; a superseded build gets the status `superseded`. */
export function withDiagnosis(plan: PartialPlan, outcome: BuildOutcome): BuildOutcome {
  const diagnosis = diagnose(plan, outcome);
  if (!diagnosis) return outcome;
  const superseded = diagnosis.class === 'superseded' && outcome.status === 'error';
  return { ...outcome, ...(superseded && { status: 'superseded' as const }), diagnosis };
}

interface RuleMatch {
  readonly class: FailureClass;
  readonly what: string;
  readonly advice: string;
  readonly retry?: 'new-build';
  readonly cacheIsInnocent?: true;
}

function diagnoseFailure(plan: PartialPlan, failure: BuildFailure, steps: readonly StepOutcome[]): Diagnosis {
  const context = failureContext(plan, failure, steps);
  const match = matchServiceRule(context) ?? matchRunRule(context) ?? unknown(context);
  // A phase is not a layer, so a cached one cannot be at fault.
  const cached = context.step === undefined ? 0 : context.cached;
  const retry = match.retry ?? (cached > 0 && !match.cacheIsInnocent ? 'without-cache' : 'never');
  const next = nextStep(match, retry, cached);
  const running =
    match.class === 'build-timeout' && failure.stepId === undefined ? steps.at(-1)?.id : undefined;
  return {
    class: match.class,
    what: match.what,
    advice: match.advice,
    ...(next && { next }),
    retry,
    ...(running !== undefined && { stepId: running }),
  };
}

function matchServiceRule(context: FailureContext): RuleMatch | undefined {
  const rule = serviceRules.find(
    ({ at, reason }) =>
      (at === undefined || at === context.place || context.place === 'elsewhere') &&
      reason.test(context.reason),
  );
  return rule && applyRule(rule, context);
}

function matchRunRule(context: FailureContext): RuleMatch | undefined {
  if (!/failed to run command/i.test(context.reason)) return undefined;
  for (const rule of runRules) {
    if (rule.exitStatus !== undefined && rule.exitStatus !== context.exitStatus) continue;
    if (rule.when && !rule.when(context)) continue;
    if (!rule.line) return applyRule(rule, context);
    const { line } = rule;
    // The newest line that matches names the cause.
    const match = context.lines.findLast((text) => line.test(text))?.match(line);
    if (match) return applyRule(rule, { ...context, found: match.slice(1).find(Boolean) ?? '' });
  }
  return undefined;
}

type Rule = (typeof serviceRules)[number] | (typeof runRules)[number];

function applyRule(rule: Rule, context: FailureContext): RuleMatch {
  const textOf = (text: Rule['what']) => (typeof text === 'function' ? text(context) : text);
  return {
    class: rule.class,
    what: textOf(rule.what),
    advice: textOf(rule.advice),
    ...('retry' in rule && rule.retry && { retry: rule.retry }),
    ...(rule.cacheIsInnocent && { cacheIsInnocent: true }),
  };
}

/** The general advice of the service's documentation, with a build without the cache if one was used. */
function unknown({ reason, cached }: FailureContext): RuleMatch {
  const anew = cached > 0 ? ', build once with skip-cache: true,' : '';
  return {
    class: 'unknown',
    what: reason.trim() === '' ? 'The service gave no reason.' : 'The service gave an unknown reason.',
    advice: `Read the log of the build first; then check the image or Dockerfile${anew} and reduce the recipe to the fewest steps that still fail.`,
  };
}

function nextStep(match: RuleMatch, retry: RetryAdvice, cached: number): string | undefined {
  if (retry !== 'without-cache' || match.class === 'unknown') return undefined;
  const layers = cached === 1 ? 'one layer below this step is' : `${cached} layers below this step are`;
  return `If that does not help, build once with skip-cache: true, since ${layers} from the cache.`;
}

function unreadableStatus(diagnosis: Diagnosis): Diagnosis {
  const passing: readonly FailureClass[] = [
    'service-unreachable',
    'service-error',
    'service-answer',
    'rate-limit',
  ];
  if (!passing.includes(diagnosis.class)) return diagnosis;
  return {
    class: 'lost-sight',
    what: `The state of the build could not be read. ${diagnosis.what}`,
    advice: 'The build continues at the service: check there how it ends before you start another.',
    retry: 'never',
  };
}

function inRunner({ what, advice }: RunnerTrouble, status: BuildOutcome['status']): RunnerTrouble {
  const state =
    status === 'building'
      ? 'The build continues at the service.'
      : 'The build was registered and will not be started: the next one replaces it, or the service ends it.';
  return { what, advice: `${advice} ${state}` };
}

/** The build is ready; only its tags are missing. */
function abortedTest(reason: AbortReason, during: 'test' | 'tags'): Diagnosis {
  const tags =
    during === 'test' ? 'No tag has moved.' : 'It is not known whether its tags have moved already.';
  const again = 'Run this job again: it finds the build, and tests it where it has not passed.';
  const what = during === 'test' ? 'the test of the build' : 'the build got its tags';
  if (reason === 'interrupted') {
    const when = during === 'test' ? `during ${what}` : `while ${what}`;
    return {
      class: 'interrupted',
      what: `The job was cancelled ${when}.`,
      advice: `${tags} ${again}`,
      retry: 'never',
    };
  }
  return {
    class: 'timeout',
    title: during === 'test' ? 'The test took too long' : 'The time was over before the tags had moved',
    what: `timeout-minutes was over ${during === 'test' ? `during ${what}` : `before ${what}`}.`,
    advice: `${tags} Raise timeout-minutes. ${again}`,
    retry: 'never',
  };
}

function abortDiagnosis(reason: AbortReason, status: BuildOutcome['status']): Diagnosis {
  const state = status === 'building' ? 'The build continues at the service.' : 'The build was not started.';
  if (reason === 'interrupted') {
    return {
      class: 'interrupted',
      what: 'The job was cancelled during the build.',
      advice: `${state} Run the job again if you need its result here.`,
      retry: 'never',
    };
  }
  return {
    class: 'timeout',
    what: 'The build did not end within timeout-minutes.',
    advice: `${state} Raise timeout-minutes, or make the longest steps shorter.`,
    retry: 'never',
  };
}
