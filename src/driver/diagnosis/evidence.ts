import type { PartialPlan } from '../../plan/plan.ts';
import { stepNumber } from '../../recipe/instruction.ts';
import type { BuildFailure, StepOutcome } from '../events.ts';

/** Where a build failed. `elsewhere`: the service named no step, or an unknown one. */
export type Place = 'base' | 'step' | 'finalize' | 'elsewhere';

/** A failure with its context, short and plain enough for pattern matching. */
export interface FailureContext {
  readonly plan: PartialPlan;
  readonly place: Place;
  /** The service's reason without the failed command, whose text must not match a rule. */
  readonly reason: string;
  /** Number of the failing step, from 1. */
  readonly step?: number;
  /** Its command, for a RUN. */
  readonly command: string;
  /** Exit status of the command, if the reason has it. */
  readonly exitStatus?: number;
  readonly killed: boolean;
  /** Cached layers below it; all of them if no step is named, none if the build used no cache. */
  readonly cached: number;
  /** The last lines of the step, oldest first. */
  readonly lines: readonly string[];
  /** The text that a rule's pattern found. */
  readonly found: string;
}

/** A reason may quote a command of any length; the reason itself is around it, so both ends are kept. */
const reasonEnds = 4000;
const lineLimit = 500;
const readLines = 60;

/** A reason without the command that it quotes, which is in the title of its step. */
export function withoutCommand(reason: string): string {
  return reason.replace(/(failed to run command )'[\s\S]*'(?=:)/, "$1'…'");
}

/** Collects the context of a failure that the service reports. */
export function failureContext(
  plan: PartialPlan,
  failure: BuildFailure,
  steps: readonly StepOutcome[],
): FailureContext {
  const { message, stepId } = failure;
  const step = stepNumber(stepId);
  const whole = message.length <= 2 * reasonEnds;
  const shortened = whole ? message : `${message.slice(0, reasonEnds)}…${message.slice(-reasonEnds)}`;
  const reason = withoutCommand(shortened);
  const wire = step === undefined ? undefined : plan.wire.steps[step - 1];
  const exit = /\bexit status:? (\d{1,3})\b(?![\s\S]*\bexit status)/.exec(reason)?.[1];
  return {
    plan,
    place: placeOf(stepId, step),
    reason,
    ...(step !== undefined && { step }),
    command: wire?.type.toUpperCase() === 'RUN' ? (wire.args?.[0] ?? '') : '',
    ...(exit !== undefined && { exitStatus: Number(exit) }),
    killed: /\bsignal: killed\b/.test(reason),
    cached: cachedBelow(plan, step, steps),
    lines: failure.lastLines.slice(-readLines).flatMap(({ text }) => plainLines(text)),
    found: '',
  };
}

function cachedBelow(plan: PartialPlan, step: number | undefined, steps: readonly StepOutcome[]): number {
  if (plan.wire.force) return 0;
  return steps.filter(
    ({ id, number, cached }) =>
      cached && (step === undefined || id === 'base' || (number !== undefined && number < step)),
  ).length;
}

function placeOf(stepId: string | undefined, step: number | undefined): Place {
  if (step !== undefined) return 'step';
  return stepId === 'base' || stepId === 'finalize' ? stepId : 'elsewhere';
}

/** Without colors; of a line that was redrawn only its last state. */
function plainLines(text: string): string[] {
  return text
    .slice(-reasonEnds)
    .split('\n')
    .map((line) => {
      const last = line.trimEnd().split('\r').at(-1) ?? '';
      return last
        .replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '')
        .trim()
        .slice(0, lineLimit);
    });
}
