import type { TagDecision } from '../tags/decide.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';

/** Columns that line up; a longer cell pushes the rest of its row to the right. */
const widest = { rule: 60, tag: 40 };

/** The `Tags` group: one row per rule with its tag, or none, and why. */
export function logTags(output: Output, decisions: readonly TagDecision[]): void {
  const rows = [
    ['rule', 'tag', 'why'] as const,
    ...decisions.map(
      ({ rule, tag, reason }) => [singleLine(rule, 120), tag ?? '-', singleLine(reason, 400)] as const,
    ),
  ];
  const width = (column: 0 | 1, most: number) =>
    Math.min(most, Math.max(...rows.map((row) => row[column].length)));
  const [ofRule, ofTag] = [width(0, widest.rule), width(1, widest.tag)];
  output.startGroup('Tags');
  for (const [rule, tag, why] of rows) {
    output.line(`${rule.padEnd(ofRule)}  ${tag.padEnd(ofTag)}  ${why}`);
  }
  output.endGroup();
}
