import type { Measured } from './measure.ts';
import type { Scenario } from './scenarios.ts';

const rows: readonly [string, keyof Measured, number][] = [
  ['wall time, s', 'seconds', 2],
  ['CPU time, s', 'cpuSeconds', 2],
  ['peak memory, MB', 'peakMegabytes', 0],
  ['requests', 'requests', 0],
  ['requests that change anything', 'changingRequests', 0],
  ['requests a minute', 'requestsPerMinute', 0],
  ['ready to end of process, s', 'readyToEndSeconds', 2],
  ['lines shown', 'linesShown', 0],
];

/** Prints medians and their ratio, action / script. */
export function print(scenario: Scenario, action: readonly Measured[], script: readonly Measured[]): void {
  line(`\n${scenario.title}`, 'this action', scenario.planOnly ? 'bare Node.js' : 'SDK script', 'ratio');
  for (const [label, key, digits] of rows) {
    const [ours, theirs] = [median(action, key), median(script, key)];
    const name = key === 'linesShown' ? `${label} of ${scenario.lines}` : label;
    const cells = [ours, theirs].map((value) => (Number.isNaN(value) ? '-' : value.toFixed(digits)));
    line(name, ...cells, ours >= 0 && theirs > 0 ? (ours / theirs).toFixed(2) : '-');
  }
  if (!scenario.builtBefore) return;
  const [seconds, plan, lookUps] = (['seconds', 'planSeconds', 'lookUpSeconds'] as const).map((key) =>
    median(action, key),
  ) as [number, number, number];
  line('bare start and plan, s', plan.toFixed(2));
  line('look-ups, s', lookUps.toFixed(2));
  line('wall / (start + look-ups)', (seconds / (plan + lookUps)).toFixed(2));
}

function line(first: string, ...cells: readonly string[]): void {
  process.stdout.write(`${first.padEnd(32)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}

function median(measured: readonly Measured[], key: keyof Measured): number {
  const sorted = measured.map((each) => each[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
