import { maxAgeInWords } from '../../plan/max-age.ts';
import type { Plan, PlanStep } from '../../plan/plan.ts';
import { writtenCommand } from '../../recipe/instruction.ts';
import { titleWithRule } from '../../recipe/rules.ts';
import { formatBytes, formatCount } from '../text/format.ts';
import { singleLine } from '../text/sanitize.ts';
import { baseName, stepName } from '../text/step-names.ts';
import type { Output } from './output.ts';

/**
 * The `Plan` group: everything decided before the build. After it: why no build can be reused, and the plan's notices
 * and warnings at their lines.
 */
export function logPlan(output: Output, plan: Plan): void {
  output.startGroup('Plan');
  output.line(`name:   ${singleLine(plan.name)}`);
  output.line(`tags:   ${singleLine(plan.tags.join(', '), 1000) || '(none)'}`);
  output.line(`size:   ${plan.cpuCount} CPU, ${plan.memoryMb} MiB memory`);
  output.line(`base:   ${baseName(plan)}`);
  for (const step of plan.steps) {
    const number = `[${step.number}/${plan.steps.length}] `.padEnd(8);
    output.line(number + name(plan, step) + fileNote(step));
  }
  for (const [label, command] of [
    ['start:', plan.wire.startCmd],
    ['ready:', plan.wire.readyCmd],
  ]) {
    if (command) output.line(`${label}  ${singleLine(writtenCommand(command))}`);
  }
  const { fingerprint } = plan;
  if ('hash' in fingerprint) output.line(`content: ${fingerprint.hash}`);
  if (plan.maxAgeMs !== undefined) output.line(`max-age: ${maxAgeInWords(plan.maxAgeMs)}`);
  output.endGroup();
  const { resolved } = plan.base;
  if ('hash' in fingerprint && resolved?.kind === 'unknown') {
    output.line(
      `The parent counts by its name only: ${singleLine(resolved.why, 300)}. Builds on it are reused within max-age.`,
    );
  }
  if ('unknown' in fingerprint) {
    output.line(`Builds of this plan are not reused: ${singleLine(fingerprint.unknown, 300)}.`);
  }
  for (const { title, message, at } of plan.notices ?? []) output.notice(message, { title, at });
  for (const warning of plan.warnings ?? []) {
    output.warning(warning.message, { title: titleWithRule(warning), at: warning.at });
  }
}

function name(plan: Plan, step: PlanStep): string {
  return singleLine(stepName(plan, { id: String(step.number), number: step.number }), 160);
}

function fileNote({ files }: PlanStep): string {
  return files ? ` (${formatCount(files.fileCount, 'file')}, ${formatBytes(files.bytes)})` : '';
}
