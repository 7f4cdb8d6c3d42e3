import type { Diagnosis, FailureClass } from '../../driver/diagnosis/failure-classes.ts';
import type { BuildFailure, BuildOutcome, LogLine } from '../../driver/events.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { SourceLocation } from '../../problem.ts';
import { stepNumber, writtenCommand } from '../../recipe/instruction.ts';
import { cutWithMark, lineLimit, printableLines, singleLine } from './sanitize.ts';
import { planStep, stepName, stepSource } from './step-names.ts';

const failureLineLimit = 30;
const failureByteLimit = 16_000;

/** The failure of a failed build. The service may give no reason. */
export function failureOf(outcome: BuildOutcome): BuildFailure | undefined {
  if (outcome.failure) return outcome.failure;
  return outcome.status === 'error' ? { message: '', lastLines: [] } : undefined;
}

/** The line of the definition that a failure points at. */
export function failurePlace(
  plan: PartialPlan,
  { diagnosis }: Pick<BuildOutcome, 'diagnosis'>,
  failure: BuildFailure,
): SourceLocation | undefined {
  return stepSource(plan, failure.stepId ?? diagnosis?.stepId, failure.message);
}

/** What happened and what to do, in one or two sentences each; empty without a diagnosis. */
export function explanation({ diagnosis }: Pick<BuildOutcome, 'diagnosis'>): string[] {
  if (!diagnosis) return [];
  return [diagnosis.what, diagnosis.advice, ...(diagnosis.next ? [diagnosis.next] : [])];
}

/** What failed, in a few words: `Step 3 of 7 failed: RUN make`, `Ready command failed: curl localhost`. */
export function failureTitle(
  plan: PartialPlan,
  { stepId, message }: Pick<BuildFailure, 'stepId' | 'message'>,
  diagnosis?: Pick<Diagnosis, 'class' | 'title'>,
): string {
  if (stepId === undefined) {
    return diagnosis?.title ?? (diagnosis && titles[diagnosis.class]) ?? 'The build failed';
  }
  const number = stepNumber(stepId);
  const name = stepName(plan, number === undefined ? { id: stepId } : { id: stepId, number });
  if (number !== undefined) return `Step ${number} of ${plan.steps.length} failed: ${singleLine(name, 80)}`;
  if (stepId === 'base') return `Base image failed: ${singleLine(name, 80)}`;
  if (stepId === 'finalize') return finalizeTitle(plan, message);
  return `${singleLine(name, 80)} failed`;
}

/** Failures that belong to no step. */
const titles: Readonly<Partial<Record<FailureClass, string>>> = {
  'smoke-test': 'The test failed',
  sandbox: 'The template could not be tested',
  superseded: 'Superseded by a newer build',
  cancelled: 'The build was cancelled',
  'build-timeout': 'The build took too long',
  'waiting-timeout': 'The build was never started',
  'node-lost': 'The service lost the build',
  internal: 'The service failed',
  files: 'A file changed during the build',
  upload: 'An upload failed',
  'lost-sight': 'The build was lost sight of',
  timeout: 'This run stopped waiting for the build',
  interrupted: 'The job was cancelled',
};

/** The service's reason without the SDK's script. */
export function failureMessage(plan: PartialPlan, failure: Pick<BuildFailure, 'stepId' | 'message'>): string {
  const isEmpty = printableLines(failure.message).join('').trim() === '';
  const message = isEmpty ? 'The service gave no reason.' : failure.message.trim();
  return isHiddenStep(plan, failure.stepId) ? withoutScript(message) : message;
}

/** The last lines of the failing step: at most 30, and at most about 16 kB of them, the newest kept. */
export function failureLines(plan: PartialPlan, failure: BuildFailure): LogLine[] {
  const kept: LogLine[] = [];
  let bytes = 0;
  for (const line of failure.lastLines.slice(-failureLineLimit).reverse()) {
    const visible = visibleLine(plan, line);
    if (!visible || isMisleading(visible)) continue;
    // An entry may have many lines; it gets the space of one.
    const cut = { ...visible, text: cutWithMark(visible.text, lineLimit) };
    bytes += Buffer.byteLength(cut.text);
    if (kept.length > 0 && bytes > failureByteLimit) break;
    kept.unshift(cut);
  }
  return kept;
}

/** The service reports that the template is ready even when its start command has died. */
function isMisleading({ stepId, stream, text }: LogLine): boolean {
  return stepId === 'finalize' && stream === undefined && text === 'Template is ready';
}

/**
 * A line for people: unchanged or, in a step that the SDK added, without the base64 text of its script. `undefined`
 * when nothing else is in it.
 */
export function visibleLine(plan: PartialPlan, line: LogLine): LogLine | undefined {
  if (!isHiddenStep(plan, line.stepId)) return line;
  const text = withoutScript(line.text);
  if (text === line.text) return line;
  return line.level === 'warn' || line.level === 'error' ? { ...line, text } : undefined;
}

/** The phase runs two commands of the definition; the service's reason names the one that failed. */
function finalizeTitle({ wire }: PartialPlan, message: string): string {
  const [, which] = /\b(start|ready) command\b/i.exec(message) ?? [];
  if (which === undefined) return 'Finalize failed';
  const ready = which.toLowerCase() === 'ready';
  const command = singleLine(writtenCommand((ready ? wire.readyCmd : wire.startCmd) ?? ''), 80);
  return `${ready ? 'Ready' : 'Start'} command failed${command && `: ${command}`}`;
}

function isHiddenStep(plan: PartialPlan, stepId: string | undefined): boolean {
  return planStep(plan, stepNumber(stepId))?.addedBySdk !== undefined;
}

function withoutScript(text: string): string {
  return text.replace(/[A-Za-z0-9+/]{40,}={0,2}/g, '…');
}
