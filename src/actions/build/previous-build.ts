import { comparePlans } from '../../history/diff.ts';
import { typicalDurations } from '../../history/eta.ts';
import { snapshotPlan } from '../../history/snapshot.ts';
import type { PreviousBuilds } from '../../history/store.ts';
import type { BuildHistory } from '../../job/build-reporter.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Output } from '../../report/log/output.ts';
import { changesInWords } from '../../report/text/changes.ts';
import { formatDuration } from '../../report/text/format.ts';

/** What the builds that are remembered tell about this one. */
export function compareWithHistory(plan: Plan, { last, reference }: PreviousBuilds): BuildHistory {
  const changes = reference && {
    ...comparePlans(reference.plan, snapshotPlan(plan)),
    against: reference.branch,
  };
  return { ...(last && { typicalMs: typicalDurations(plan, last) }), ...(changes && { changes }) };
}

/** Tells in one or two lines how long the last build took and how much is different. */
export function logHistory(output: Output, { changes }: BuildHistory, { last }: PreviousBuilds): void {
  if (last) output.line(`The last build of this template took ${formatDuration(last.durationMs)}`);
  if (!changes) return;
  output.line(changesInWords(changes));
}
