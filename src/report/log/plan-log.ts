import type { Plan, PlanStep } from '../../plan/plan.ts';
import { planWarnings } from '../../plan/warnings.ts';
import { writtenCommand } from '../../recipe/instruction.ts';
import { floatingTag } from '../../registry/floating-tag.ts';
import { formatBytes, formatCount } from '../text/format.ts';
import { singleLine } from '../text/sanitize.ts';
import { baseName, stepName } from '../text/step-names.ts';
import type { Output } from './output.ts';

/**
 * The `Plan` group: everything that is decided before the build. Secrets in it are warned of at their lines, and so is
 * a base that moves by habit; why no build can be reused stands below the group.
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
  output.endGroup();
  if ('unknown' in fingerprint) {
    output.line(`Builds of this plan are not reused: ${singleLine(fingerprint.unknown, 300)}.`);
  }
  floatingBaseNotice(output, plan);
  for (const { title, message, at } of planWarnings(plan)) output.warning(message, { title, at });
}

function floatingBaseNotice(output: Output, { base, wire, definition }: Plan): void {
  const image = definition.recipe.fromImage ?? wire.fromImage;
  const tag = image === undefined ? undefined : floatingTag(image);
  // Nobody wrote the base that the SDK takes where none is given.
  if (tag === undefined || !base.source) return;
  output.notice(
    `${image} means another image every few days (tag ${tag}), and each time the template is built anew, whatever else stays the same. Name a version, such as python:3.12, or a digest.`,
    { title: 'A base image that moves', at: base.source },
  );
}

function name(plan: Plan, step: PlanStep): string {
  return singleLine(stepName(plan, { id: String(step.number), number: step.number }), 160);
}

function fileNote({ files }: PlanStep): string {
  return files ? ` (${formatCount(files.fileCount, 'file')}, ${formatBytes(files.bytes)})` : '';
}
