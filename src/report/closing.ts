import type { BuildFailure, BuildOutcome } from '../build/events.ts';
import type { Plan } from '../plan/plan.ts';
import type { LogLevel } from '../service/types.ts';
import { failureLines, failureMessage, failureOf, failureTitle } from './failure.ts';
import { formatCount, formatDuration } from './format.ts';
import type { Output } from './output.ts';
import { singleLine } from './sanitise.ts';
import { stepSource } from './titles.ts';

/** What was left out of the log for its level. */
export interface LeftOut {
  readonly leftOut: number;
  readonly level: LogLevel;
}

/** The end of a build's log: on failure what failed and its last lines, then totals and identifiers. */
export function logOutcome(
  output: Output,
  plan: Plan,
  outcome: BuildOutcome,
  { leftOut, level }: LeftOut,
): void {
  const failure = failureOf(outcome);
  if (failure) logFailure(output, plan, outcome, failure);
  output.line('');
  output.line(totals(outcome));
  for (const [label, value] of identifiers(outcome)) output.line(`${`${label}:`.padEnd(12)}${value}`);
  if (leftOut > 0) {
    output.line(
      `${formatCount(leftOut, 'line')} below level ${level} not shown; log-level: debug shows all.`,
    );
  }
}

/** `7 steps, 5 cached, 1m 12s`; counts the steps of the recipe, not the phases around them. */
export function totals(outcome: BuildOutcome): string {
  const steps = outcome.steps.filter((step) => step.number !== undefined);
  const cached = steps.filter((step) => step.cached).length;
  const counts = `${formatCount(steps.length, 'step')}, ${cached} cached, ${formatDuration(outcome.durationMs)}`;
  if (outcome.status === 'building') return 'The build was started and not waited for';
  return outcome.status === 'error' ? `Failed: ${counts}` : counts;
}

/** The exact name of this one build: `name:buildId`. */
export function buildReference(outcome: Pick<BuildOutcome, 'name' | 'buildId'>): string {
  return `${outcome.name}:${outcome.buildId}`;
}

function identifiers(outcome: BuildOutcome): [string, string][] {
  return [
    ['name', singleLine(outcome.name)],
    ['tags', singleLine(outcome.tags.join(', ')) || '(none)'],
    ['templateId', singleLine(outcome.templateId)],
    ['buildId', singleLine(outcome.buildId)],
    ['reference', singleLine(buildReference(outcome), 400)],
  ];
}

function logFailure(output: Output, plan: Plan, outcome: BuildOutcome, failure: BuildFailure): void {
  const title = failureTitle(plan, failure);
  const lines = failureLines(plan, failure);
  if (lines.length > 0) {
    output.line('');
    output.line(`${title}. ${lines.length === 1 ? 'Its last line' : `Its last ${lines.length} lines`}:`);
    for (const line of lines) output.untrusted(line.text, line.stream);
  }
  const message = `${failureMessage(plan, failure)}\nBuild ${buildReference(outcome)}`;
  output.error(message, { title, at: stepSource(plan, failure.stepId, failure.message) });
}
