import type { StepHeader } from '../../driver/events.ts';
import { baseVersion } from '../../plan/base.ts';
import type { PartialPlan, PlanStep } from '../../plan/plan.ts';
import type { SourceLocation } from '../../problem.ts';
import { envNames, stepNumber } from '../../recipe/instruction.ts';
import { formatCount } from './format.ts';
import { singleLine } from './sanitize.ts';

/** Columns of a group's title, so that it fits the log view without wrapping. */
const titleLimit = 100;

/** What identifies a step in the events of a build. */
export type StepReference = Pick<StepHeader, 'id' | 'number' | 'total'> & {
  readonly text?: string;
  readonly title?: string;
};

/** The step of the plan with this number, if there is one. */
export function planStep(plan: PartialPlan, number: number | undefined): PlanStep | undefined {
  return number === undefined ? undefined : plan.steps.find((step) => step.number === number);
}

/**
 * What a step is, on one line and without its number: `RUN pip install requests`, `FROM python:3.12`,
 * `Finalize: start and ready commands`. Steps that the SDK adds are named by their purpose.
 */
export function stepName(plan: PartialPlan, step: StepReference): string {
  const planned = planStep(plan, step.number);
  if (planned?.addedBySdk) return hiddenName(plan, planned.addedBySdk);
  if (planned) return singleLine(planned.title, 500);
  const text = step.text ?? step.title ?? '';
  if (step.id === 'finalize') return finalizeName(plan);
  if (step.id === 'optimize') return 'Optimize';
  // The phase `base` announces the image that was sent and, later, its default user.
  if (step.id === 'base' && (!text || firstLine(text) === sentBase(plan))) return baseName(plan);
  return singleLine(firstLine(text), 500) || singleLine(step.id, 100) || 'Step';
}

/**
 * The base as the definition has it, with the version that it resolves to: `FROM python:3.12 (sha256:5c8edff2a3b1)`.
 */
export function baseName({ base }: Pick<PartialPlan, 'base'>): string {
  const version = base.title.includes('@') ? undefined : baseVersion(base.resolved);
  return singleLine(base.title, 500) + (version ? ` (${version})` : '');
}

/** How the service announces the base that it was sent. */
function sentBase({ wire }: PartialPlan): string {
  return wire.fromTemplate ? `FROM TEMPLATE ${wire.fromTemplate}` : `FROM ${wire.fromImage}`;
}

/** `[3/7] ` for a step of the recipe, nothing for a phase. */
function numberPrefix(plan: PartialPlan, step: StepReference): string {
  if (step.number === undefined) return '';
  return `[${step.number}/${step.total ?? plan.steps.length}] `;
}

/** The title of a step's group, cut at about 100 columns; `(CACHED)` always stays visible. */
export function groupTitle(plan: PartialPlan, step: StepReference & { readonly cached: boolean }): string {
  const number = numberPrefix(plan, step);
  const cached = step.cached ? ' (CACHED)' : '';
  return number + singleLine(stepName(plan, step), titleLimit - number.length - cached.length) + cached;
}

/** A short name of a step within a sentence or before a line: `[3/7]`, `base`, `finalize`. */
export function stepLabel(plan: PartialPlan, stepId: string): string {
  const number = stepNumber(stepId);
  return number === undefined ? singleLine(stepId, 40) : numberPrefix(plan, { id: stepId, number }).trim();
}

/**
 * The line of the definition for a step or phase; `detail` separates the commands of the last phase. A step that the
 * SDK added gets the line of its cause: the last ENV, or the base image.
 */
export function stepSource(
  plan: PartialPlan,
  stepId: string | undefined,
  detail = '',
): SourceLocation | undefined {
  const sources = plan.definition?.sources ?? {};
  const base = plan.base.source ?? sources.base;
  if (stepId === undefined) return undefined;
  if (stepId === 'base') return base;
  if (stepId === 'finalize') {
    if (/\bready command\b/i.test(detail)) return sources.ready ?? sources.start;
    // The service's script runs with the recipe's environment, and a broken PATH is what breaks it.
    const path = /\bconfiguration script\b/i.test(detail) ? environmentSource(plan, 'PATH') : undefined;
    return path ?? sources.start ?? sources.ready;
  }
  const step = planStep(plan, stepNumber(stepId));
  if (step?.source || !step?.addedBySdk) return step?.source;
  return (step.addedBySdk === 'environment' && environmentSource(plan)) || base;
}

/** The line of the last ENV step, or of the last that sets a variable. */
function environmentSource(plan: PartialPlan, variable?: string): SourceLocation | undefined {
  return plan.steps.findLast(({ number, source }) => {
    const names = envNames(plan.wire.steps[number - 1] ?? { type: '' });
    return source && (variable === undefined ? names.length > 0 : names.includes(variable));
  })?.source;
}

/** Lines of a header after its first: the rest of a command of several lines. */
export function headerRest(plan: PartialPlan, header: StepHeader): string[] {
  // The rest of an ENV is values, which may be secrets. In a step of the SDK, it is its script.
  if (planStep(plan, header.number)?.addedBySdk || /^(?:ENV|ARG) /i.test(header.text)) return [];
  return header.text.split(/\r\n|\n/).slice(1);
}

function hiddenName(plan: PartialPlan, hidden: 'environment' | 'workdir'): string {
  if (hidden === 'workdir') return 'Restore the working directory of the image';
  const count = environmentNames(plan).size;
  return `Write the environment for sandboxes${count > 0 ? ` (${formatCount(count, 'variable')})` : ''}`;
}

/** The SDK writes only names that a shell can set. */
function environmentNames(plan: PartialPlan): Set<string> {
  const names = plan.wire.steps.flatMap(envNames);
  return new Set(names.filter((name) => /^[A-Za-z_]\w*$/.test(name)));
}

function finalizeName(plan: PartialPlan): string {
  const commands = [plan.wire.startCmd && 'start', plan.wire.readyCmd && 'ready'].filter(Boolean);
  if (commands.length === 0) return 'Finalize';
  return `Finalize: ${commands.join(' and ')} command${commands.length > 1 ? 's' : ''}`;
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? '';
}
