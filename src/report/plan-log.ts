import type { Plan, PlanStep } from '../plan/plan.ts';
import { secretWarnings } from '../plan/secret-names.ts';
import { formatBytes, formatCount } from './format.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';
import { stepName } from './titles.ts';

/** The `Plan` group: everything that is decided before the first request. Secrets in it are warned of at their lines. */
export function logPlan(output: Output, plan: Plan): void {
  output.startGroup('Plan');
  output.line(`name:   ${singleLine(plan.name)}`);
  output.line(`tags:   ${singleLine(plan.tags.join(', '), 1000) || '(none)'}`);
  output.line(`size:   ${plan.cpuCount} CPU, ${plan.memoryMb} MiB memory`);
  output.line(`base:   ${singleLine(plan.base.title)}`);
  for (const step of plan.steps) {
    const number = `[${step.number}/${plan.steps.length}] `.padEnd(8);
    output.line(number + name(plan, step) + fileNote(step));
  }
  for (const [label, command] of [
    ['start:', plan.wire.startCmd],
    ['ready:', plan.wire.readyCmd],
  ]) {
    if (command) output.line(`${label}  ${singleLine(command)}`);
  }
  output.endGroup();
  for (const { title, message, at } of secretWarnings(plan)) output.warning(message, { title, at });
}

function name(plan: Plan, step: PlanStep): string {
  return singleLine(stepName(plan, { id: String(step.number), number: step.number }), 160);
}

function fileNote({ files }: PlanStep): string {
  return files ? ` (${formatCount(files.fileCount, 'file')}, ${formatBytes(files.bytes)})` : '';
}
