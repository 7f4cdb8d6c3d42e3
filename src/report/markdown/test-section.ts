import type { ResultDocument } from '../result/result.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { inlineCode, table } from './markdown.ts';

/** The test of the finished template as Markdown; empty without one. */
export function testSection({ test }: ResultDocument, level: number): string {
  if (!test) return '';
  const rows = test.commands.map(({ title, exitCode, durationMs }) => [
    exitCode === 0 ? 'passed' : `**failed**${exitCode === undefined ? '' : ` (${exitCode})`}`,
    formatDuration(durationMs),
    inlineCode(title, 200),
  ]);
  const { startMs, metrics } = test;
  const facts = [
    startMs !== undefined && `Started in ${formatDuration(startMs)}.`,
    metrics &&
      `Memory ${formatBytes(metrics.memUsed)} of ${formatBytes(metrics.memTotal)}, disk ${formatBytes(metrics.diskUsed)} of ${formatBytes(metrics.diskTotal)}.`,
  ];
  return [
    `${'#'.repeat(level)} Test ${test.passed ? 'passed' : 'failed'}`,
    facts.filter(Boolean).join(' '),
    rows.length > 0 && table(['Result', 'Duration', 'Command'], rows),
  ]
    .filter(Boolean)
    .join('\n\n');
}
