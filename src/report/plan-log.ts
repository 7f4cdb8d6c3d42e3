import type { Plan } from '../plan/plan.ts';
import { formatBytes, formatCount } from './format.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';
import { stepName } from './titles.ts';

/** The `Plan` group: everything that is decided before the first request. */
export function logPlan(output: Output, plan: Plan): void {
  output.startGroup('Plan');
  output.line(`name:   ${singleLine(plan.name)}`);
  output.line(`tags:   ${singleLine(plan.tags.join(', '), 1000) || '(none)'}`);
  output.line(`size:   ${plan.cpuCount} CPU, ${plan.memoryMb} MiB memory`);
  output.line(`base:   ${singleLine(plan.base.title)}`);
  const width = String(plan.steps.length).length;
  for (const step of plan.steps) {
    const files = step.files
      ? ` (${formatCount(step.files.fileCount, 'file')}, ${formatBytes(step.files.bytes)})`
      : '';
    const number = String(step.number).padStart(width);
    output.line(
      `[${number}/${plan.steps.length}]${' '.repeat(Math.max(1, 5 - 2 * width))}${name(plan, step)}${files}`,
    );
  }
  for (const [label, command] of [
    ['start:', plan.wire.startCmd],
    ['ready:', plan.wire.readyCmd],
  ]) {
    if (command) output.line(`${label}  ${singleLine(command)}`);
  }
  output.endGroup();
}

function name(plan: Plan, step: Plan['steps'][number]): string {
  return singleLine(stepName(plan, { id: String(step.number), number: step.number }), 160);
}
