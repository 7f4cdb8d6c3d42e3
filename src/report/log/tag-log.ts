import type { TagDecision } from '../../tags/decide.ts';
import { singleLine } from '../text/sanitize.ts';
import { columns } from './columns.ts';
import type { Output } from './output.ts';

/** The largest widths of rule and tag. */
const widest = [60, 40];

/** The `Tags` group: one row per rule with its tag, or none, and why. */
export function logTags(output: Output, decisions: readonly TagDecision[]): void {
  const rows = decisions.map(({ rule, tag, reason }) => [
    singleLine(rule, 120),
    tag ?? '-',
    singleLine(reason, 400),
  ]);
  output.startGroup('Tags');
  for (const row of columns([['rule', 'tag', 'why'], ...rows], widest)) output.line(row);
  output.endGroup();
}
