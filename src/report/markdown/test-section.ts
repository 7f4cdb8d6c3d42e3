import type { ResultDocument } from '../result/result.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';

/** The test of the finished template as Markdown; empty without one. */
export function testSection({ test, failure, local }: ResultDocument, level: number): string {
  if (!test) return '';
  const { url, commands, startMs, metrics } = test;
  const rows = commands.map(({ title, exitCode, durationMs }) => [
    exitCode === 0
      ? 'passed'
      : `**failed** (${exitCode === undefined ? 'time limit' : `exit code ${exitCode}`})`,
    formatDuration(durationMs),
    inlineCode(title, 200),
  ]);
  if (url)
    rows.unshift([
      `${url.passed ? 'passed' : '**failed**'} (${escapeMarkdown(url.last)})`,
      formatDuration(url.durationMs),
      inlineCode(`GET ${url.url}`, 200),
    ]);
  const where = local ? 'The finished container' : 'A sandbox';
  const facts = [
    startMs !== undefined && `${where} started in ${formatDuration(startMs)}.`,
    metrics &&
      `Memory ${formatBytes(metrics.memUsed)} of ${formatBytes(metrics.memTotal)}, disk ${formatBytes(metrics.diskUsed)} of ${formatBytes(metrics.diskTotal)}.`,
  ];
  if (failure?.class === 'sandbox' && startMs === undefined) return '';
  return [
    // Why it did not pass stands above, under a heading of its own.
    `${'#'.repeat(level)} ${test.passed ? 'Test passed' : 'What was tested'}`,
    facts.filter(Boolean).join(' '),
    rows.length > 0 && table(['Result', 'Duration', 'Test'], rows),
  ]
    .filter(Boolean)
    .join('\n\n');
}
