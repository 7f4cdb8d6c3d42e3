import * as v from 'valibot';
import type { BuildOutcome } from '../driver/events.ts';
import type { Plan } from '../plan/plan.ts';
import { stepNumber } from '../recipe/instruction.ts';
import { count, type PlanSnapshot, planSnapshot, snapshotPlan } from './snapshot.ts';

/** The snapshot of a template's last good build. Times are RFC 3339, durations milliseconds. */
const buildRecord = v.object({
  schemaVersion: v.literal(2),
  name: v.string(),
  buildId: v.string(),
  /** The branch or tag that was built; empty if unknown. */
  branch: v.string(),
  finishedAt: v.string(),
  durationMs: count,
  plan: planSnapshot,
  /** The usual duration of each step or phase that is not cached, by {@link timeKey}. */
  times: v.record(v.string(), count),
});

export type BuildRecord = v.InferOutput<typeof buildRecord>;

/** What a snapshot has beside the outcome of its build. */
export interface RecordContext {
  readonly plan: Plan;
  readonly branch: string;
  readonly finishedAt: Date;
  /** Has the durations of steps that are cached now. */
  readonly last?: BuildRecord | undefined;
}

/** The snapshot of a ready build; `undefined` for any other. */
export function createBuildRecord(
  outcome: BuildOutcome,
  { plan, branch, finishedAt, last }: RecordContext,
): BuildRecord | undefined {
  if (outcome.status !== 'ready') return undefined;
  const snapshot = snapshotPlan(plan);
  const times = new Map<string, number>();
  const ids = [...outcome.steps.map(({ id }) => id), ...plan.steps.map(({ number }) => String(number))];
  for (const id of ids) {
    const before = last?.times[timeKey(snapshot, id)];
    if (before !== undefined) times.set(timeKey(snapshot, id), before);
  }
  for (const { id, cached, durationMs } of outcome.steps) {
    if (cached || !v.is(count, durationMs)) continue;
    const before = last?.times[timeKey(snapshot, id)];
    const usual = before === undefined ? durationMs : (before + durationMs) / 2;
    times.set(timeKey(snapshot, id), Math.round(usual));
  }
  return {
    schemaVersion: 2,
    name: outcome.name,
    buildId: outcome.buildId,
    branch,
    finishedAt: finishedAt.toISOString(),
    durationMs: buildDurationMs(outcome),
    plan: snapshot,
    times: Object.fromEntries(times),
  };
}

/** How long the build took; for an existing build, by the service's times. */
function buildDurationMs({ durationMs, reused }: BuildOutcome): number {
  if (!reused) return durationMs;
  const { createdAt, finishedAt = Number.NaN } = reused;
  return finishedAt > createdAt ? finishedAt - createdAt : durationMs;
}

/** The key of a duration: the digest of a step, which may move in the recipe, or the name of a phase. */
export function timeKey(plan: PlanSnapshot, stepId: string): string {
  const step = plan.steps[(stepNumber(stepId) ?? 0) - 1];
  return step ? `step ${step.digest}` : stepId;
}

/** Parses a snapshot; `undefined` for anything else, such as the snapshot of another version. */
export function parseBuildRecord(text: string): BuildRecord | undefined {
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), buildRecord), text);
  return success ? output : undefined;
}
