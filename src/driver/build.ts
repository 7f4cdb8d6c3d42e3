import { ServiceError } from '../http/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { buildOnce } from './attempt.ts';
import type { BuildContext } from './context.ts';
import type { RetryAdvice } from './diagnosis/failure-classes.ts';
import type { BuildOutcome, EarlierBuild } from './events.ts';
import { defaultTiming } from './timing.ts';

export type { BuildContext } from './context.ts';

export interface BuildOptions {
  /** Follow the build to its end; else only to its start. */
  readonly wait: boolean;
  /** On a failed step above cached layers, build once more without the cache. */
  readonly retryWithoutCache?: boolean;
}

/**
 * Registers a build, uploads what its COPY steps need, starts it and follows it; builds once more where that may
 * help. Emits events and resolves with the outcome, also if the build fails, is aborted or the service stops
 * responding. Rejects only before there is a build: with a `ServiceError`, or with the signal's reason.
 */
export async function build(plan: Plan, options: BuildOptions, deps: BuildContext): Promise<BuildOutcome> {
  const timing = { ...defaultTiming, ...deps.timing };
  const startedAt = Date.now();
  const makeAttempt = (current: Plan, attempt: number) =>
    buildOnce(current, { attempt, startedAt, wait: options.wait }, deps, timing);

  const earlier: EarlierBuild[] = [];
  const reasons: RebuildReason[] = [];
  let current = plan;
  let end = await makeAttempt(current, 1);
  for (;;) {
    const reason = rebuildReason(end, reasons, options);
    if (!reason) break;
    deps.emit({ type: 'notice', message: explainRebuild(end, reason) });
    reasons.push(reason);
    current = rebuildPlan(current, reason);
    const next = await makeAttempt(current, reasons.length + 1).catch((error) => notRegistered(error, deps));
    if (!next) break;
    const { templateId, buildId, failure, diagnosis } = end;
    earlier.push({
      templateId,
      buildId,
      rebuiltFor: reason,
      ...(failure && { failure }),
      ...(diagnosis && { diagnosis }),
    });
    end = next;
  }
  if (earlier.length > 0) end = { ...end, earlier };
  deps.emit({ type: 'finished', outcome: end });
  return end;
}

/** The outcome of the build before stands; a notice says why there is no other. */
function notRegistered(error: unknown, { emit, signal }: BuildContext): undefined {
  if (signal.aborted) return;
  if (!(error instanceof ServiceError)) throw error;
  emit({ type: 'notice', message: `It could not be registered once more: ${error.message}` });
}

/** Why a build is made once more. */
export type RebuildReason = Exclude<RetryAdvice, 'never'>;

/**
 * Whether to build once more after this outcome, with nothing changed but the cache. A breakdown of the service always
 * gets a second build; a failed step on cached layers only with `retryWithoutCache`. Each reason counts once.
 *
 * @param had - the reasons of earlier rebuilds
 */
export function rebuildReason(
  { status, abortedBy, diagnosis }: BuildOutcome,
  had: readonly RebuildReason[],
  { retryWithoutCache = false }: { readonly retryWithoutCache?: boolean },
): RebuildReason | undefined {
  if (status !== 'error' || abortedBy || !diagnosis || diagnosis.retry === 'never') return undefined;
  if (had.includes(diagnosis.retry)) return undefined;
  if (diagnosis.retry === 'without-cache' && !retryWithoutCache) return undefined;
  return diagnosis.retry;
}

/** The plan of the next build. */
export function rebuildPlan(plan: Plan, reason: RebuildReason): Plan {
  return reason === 'without-cache' ? { ...plan, wire: { ...plan.wire, force: true } } : plan;
}

/** The notice before the next build. */
export function explainRebuild({ buildId, failure }: BuildOutcome, reason: RebuildReason): string {
  if (reason === 'new-build') {
    return `The service lost build ${buildId} through no fault of the template. Building once more; the new build takes its tags.`;
  }
  const step = failure?.stepId === undefined ? 'A step' : `Step ${failure.stepId}`;
  return `${step} of build ${buildId} failed on layers from the cache. Building once more without the cache (retry-without-cache); the new build takes its tags.`;
}
