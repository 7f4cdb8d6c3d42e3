import type { Plan } from '../plan/plan.ts';
import type { Retry } from './diagnosis/diagnosis.ts';
import type { BuildOutcome } from './events.ts';

/** Why a build is made once more; each reason counts once. */
export type AgainReason = Exclude<Retry, 'never'>;

/**
 * Whether a build that ended like this is to be made once more, with nothing changed but the cache. The service's
 * own breakdowns always earn a second build; a failed step on cached layers only where that was asked for.
 *
 * @param had - the reasons for which it was made again already
 */
export function againFor(
  { status, stopped, diagnosis }: BuildOutcome,
  had: readonly AgainReason[],
  { retryWithoutCache = false }: { readonly retryWithoutCache?: boolean },
): AgainReason | undefined {
  if (status !== 'error' || stopped || !diagnosis || diagnosis.retry === 'never') return undefined;
  if (had.includes(diagnosis.retry)) return undefined;
  if (diagnosis.retry === 'without-cache' && !retryWithoutCache) return undefined;
  return diagnosis.retry;
}

/** The plan of the next build. */
export function planAgain(plan: Plan, reason: AgainReason): Plan {
  return reason === 'without-cache' ? { ...plan, wire: { ...plan.wire, force: true } } : plan;
}

/** What is said before the next build. */
export function againSentence({ buildId, failure }: BuildOutcome, reason: AgainReason): string {
  if (reason === 'new-build') {
    return `The service lost build ${buildId} through no fault of the template. Building once more; the new build takes its tags.`;
  }
  const step = failure?.stepId === undefined ? 'A step' : `Step ${failure.stepId}`;
  return `${step} of build ${buildId} failed on layers from the cache. Building once more without the cache (retry-without-cache); the new build takes its tags.`;
}
