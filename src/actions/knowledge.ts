import type { Remembered } from '../history/store.ts';
import { usualTimes } from '../history/time-left.ts';
import { comparePlans } from '../plan/compare.ts';
import type { Plan } from '../plan/plan.ts';
import { recordPlan } from '../plan/record.ts';
import { changesInWords } from '../report/changes.ts';
import { formatDuration } from '../report/format.ts';
import type { Output } from '../report/output.ts';
import type { Knowledge } from './publish.ts';

/** What the builds that are remembered tell about this one. */
export function knowledgeOf(plan: Plan, { last, reference }: Remembered): Knowledge {
  const changes = reference && {
    ...comparePlans(reference.plan, recordPlan(plan)),
    against: reference.branch,
  };
  return { ...(last && { usual: usualTimes(plan, last) }), ...(changes && { changes }) };
}

/** Tells in one or two lines how long the last build took and how much is different. */
export function logKnowledge(output: Output, { changes }: Knowledge, { last }: Remembered): void {
  if (last) output.line(`The last build of this template took ${formatDuration(last.durationMs)}`);
  if (!changes) return;
  output.line(changesInWords(changes));
}
