import * as v from 'valibot';
import type { BuildOutcome } from '../driver/events.ts';
import type { Plan } from '../plan/plan.ts';
import { stepNumber } from '../recipe/instruction.ts';
import { count, type PlanSnapshot, planSnapshot, snapshotPlan } from './snapshot.ts';

/** What is remembered of a template's last good build. Times are RFC 3339, durations milliseconds. */
const buildRecord = v.object({
  schemaVersion: v.literal(2),
  name: v.string(),
  buildId: v.string(),
  /** Branch, or tag, that was built; empty where that was not known. */
  branch: v.string(),
  finishedAt: v.string(),
  durationMs: count,
  plan: planSnapshot,
  /** How long each step or phase usually takes when it is not cached, by {@link timeKey}. */
  times: v.record(v.string(), count),
});

export type BuildRecord = v.InferOutput<typeof buildRecord>;

/** What a remembered build knows beside its outcome. */
export interface RecordContext {
  readonly plan: Plan;
  readonly branch: string;
  readonly finishedAt: Date;
  /** Tells the times of steps that were taken from the cache now. */
  readonly last?: BuildRecord | undefined;
}

/** What to remember of a build that is ready; `undefined` for any other. */
export function createBuildRecord(
  outcome: BuildOutcome,
  { plan, branch, finishedAt, last }: RecordContext,
): BuildRecord | undefined {
  if (outcome.status !== 'ready') return undefined;
  const record = snapshotPlan(plan);
  const times = new Map<string, number>();
  const ids = [...outcome.steps.map(({ id }) => id), ...plan.steps.map(({ number }) => String(number))];
  for (const id of ids) {
    const before = last?.times[timeKey(record, id)];
    if (before !== undefined) times.set(timeKey(record, id), before);
  }
  for (const { id, cached, durationMs } of outcome.steps) {
    if (cached || !v.is(count, durationMs)) continue;
    const before = last?.times[timeKey(record, id)];
    const usual = before === undefined ? durationMs : (before + durationMs) / 2;
    times.set(timeKey(record, id), Math.round(usual));
  }
  return {
    schemaVersion: 2,
    name: outcome.name,
    buildId: outcome.buildId,
    branch,
    finishedAt: finishedAt.toISOString(),
    durationMs: buildDurationMs(outcome),
    plan: record,
    times: Object.fromEntries(times),
  };
}

/** How long the build took; for one that was found, by the service's account. */
function buildDurationMs({ durationMs, reused }: BuildOutcome): number {
  if (!reused) return durationMs;
  const { createdAt, finishedAt = Number.NaN } = reused;
  return finishedAt > createdAt ? finishedAt - createdAt : durationMs;
}

/** Under which a step's time is kept: the digest of a step of the recipe, which may move; the name of a phase. */
export function timeKey(plan: PlanSnapshot, stepId: string): string {
  const step = plan.steps[(stepNumber(stepId) ?? 0) - 1];
  return step ? `step ${step.digest}` : stepId;
}

/** Reads what {@link createBuildRecord} wrote; `undefined` for anything else, such as another version's. */
export function parseBuildRecord(text: string): BuildRecord | undefined {
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), buildRecord), text);
  return success ? output : undefined;
}
