import type { Plan } from '../plan/plan.ts';
import { ServiceError } from '../service/errors.ts';
import { type AgainReason, againFor, againSentence, planAgain } from './again.ts';
import type { BuildDeps } from './deps.ts';
import type { BuildOutcome, EarlierBuild } from './events.ts';
import { buildOnce } from './round.ts';
import { defaultTiming } from './timing.ts';

export type { BuildDeps, Interruption } from './deps.ts';

export interface BuildOptions {
  /** Follow the build to its end; else only to its start. */
  readonly wait: boolean;
  /** On a failed step above cached layers, build once more without the cache. */
  readonly retryWithoutCache?: boolean;
}

/**
 * Registers a build, uploads what its COPY steps need, starts it and follows it; makes it once more where that
 * may help. Emits what happens and resolves with how it ended, also when the build fails, is given up or the
 * service stops answering. Rejects only before there is a build: with a `ServiceError`, or with the signal's
 * reason.
 */
export async function build(plan: Plan, options: BuildOptions, deps: BuildDeps): Promise<BuildOutcome> {
  const timing = { ...defaultTiming, ...deps.timing };
  const startedAt = Date.now();
  const round = (current: Plan, attempt: number) =>
    buildOnce(current, { attempt, startedAt, wait: options.wait }, deps, timing);

  const earlier: EarlierBuild[] = [];
  const reasons: AgainReason[] = [];
  let current = plan;
  let end = await round(current, 1);
  for (;;) {
    const reason = againFor(end, reasons, options);
    if (!reason) break;
    deps.emit({ type: 'notice', message: againSentence(end, reason) });
    reasons.push(reason);
    current = planAgain(current, reason);
    const next = await round(current, reasons.length + 1).catch((error) => notRegistered(error, deps));
    if (!next) break;
    const { templateId, buildId, failure, diagnosis } = end;
    earlier.push({
      templateId,
      buildId,
      again: reason,
      ...(failure && { failure }),
      ...(diagnosis && { diagnosis }),
    });
    end = next;
  }
  if (earlier.length > 0) end = { ...end, earlier };
  deps.emit({ type: 'finished', outcome: end });
  return end;
}

/** The outcome of the build before stands; it is only told why there was no other. */
function notRegistered(error: unknown, { emit, signal }: BuildDeps): undefined {
  if (signal.aborted) return;
  if (!(error instanceof ServiceError)) throw error;
  emit({ type: 'notice', message: `It could not be registered once more: ${error.message}` });
}
