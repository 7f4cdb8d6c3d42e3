import { diffArrays } from 'diff';
import type { FilesSnapshot, PlanSnapshot, StepSnapshot } from './snapshot.ts';

/** A change of a step; the number is that of the plan that has the step. */
export type StepChange =
  | { readonly kind: 'added' | 'removed'; readonly number: number; readonly title: string }
  | { readonly kind: 'changed'; readonly number: number; readonly title: string; readonly before: string }
  | {
      readonly kind: 'content';
      readonly number: number;
      readonly title: string;
      readonly before: FilesSnapshot;
      readonly after: FilesSnapshot;
    };

/** `base version` is what the base resolves to: it can change while the recipe stays the same. */
export const planParts = [
  'base',
  'base version',
  'cpu',
  'memory',
  'start command',
  'ready command',
  'patch command',
] as const;
export type PlanPart = (typeof planParts)[number];

/** A change beside the steps; `before` and `after` are absent if there was or is no such part. */
export interface PartChange {
  readonly part: PlanPart;
  readonly before?: string;
  readonly after?: string;
}

/** The differences of two plans; both lists are empty if there are none. */
export interface PlanChanges {
  readonly parts: readonly PartChange[];
  /** In the order of the later plan, removed steps where they stood. */
  readonly steps: readonly StepChange[];
}

/**
 * What changed from one plan to the next. A step is the same when its instruction and all its arguments are, so a
 * step that moved is one removed and one added. Steps that the SDK adds are left out: they follow from the others.
 */
export function comparePlans(last: PlanSnapshot, plan: PlanSnapshot): PlanChanges {
  return { parts: comparedParts(last, plan), steps: comparedSteps(last.steps, plan.steps) };
}

function comparedParts(last: PlanSnapshot, plan: PlanSnapshot): PartChange[] {
  const pairs = [
    ['base', textOf(last.base), textOf(plan.base)],
    ['base version', ...versions(last, plan)],
    ['cpu', { text: `${last.cpuCount} CPU` }, { text: `${plan.cpuCount} CPU` }],
    ['memory', { text: `${last.memoryMb} MiB` }, { text: `${plan.memoryMb} MiB` }],
    ['start command', last.start, plan.start],
    ['ready command', last.ready, plan.ready],
    ['patch command', last.patch, plan.patch],
  ] as const;
  return pairs.flatMap(([part, before, after]) => {
    if (identity(before) === identity(after)) return [];
    return [{ part, ...(before && { before: before.text }), ...(after && { after: after.text }) }];
  });
}

/** The digest, if there is one: two versions of the action may show the same text differently. */
function identity(part: { readonly text: string; readonly digest?: string } | undefined): string | undefined {
  return part?.digest ?? part?.text;
}

function textOf({ text, digest }: PlanSnapshot['base']) {
  return { text, digest };
}

/** Nothing if one of them is unknown, or if the base itself changed. */
function versions(last: PlanSnapshot, plan: PlanSnapshot): [{ text: string }?, { text: string }?] {
  const [before, after] = [last.base.version, plan.base.version];
  if (before === undefined || after === undefined || last.base.digest !== plan.base.digest) return [];
  return [{ text: before }, { text: after }];
}

type Numbered = StepSnapshot & { readonly number: number };

/** More changes than this are not worth the time; such recipes have no step in common. */
const mostChanges = 1000;

function comparedSteps(last: readonly StepSnapshot[], next: readonly StepSnapshot[]): StepChange[] {
  const before = numbered(last);
  const after = numbered(next);
  const parts = diffArrays(before, after, { comparator: isSameStep, maxEditLength: mostChanges }) ?? [
    { removed: true, added: false, value: before },
    { removed: false, added: true, value: after },
  ];
  const changes: StepChange[] = [];
  let removed: Numbered[] = [];
  let added: Numbered[] = [];
  let position = 0;
  for (const part of parts) {
    if (part.removed) {
      removed = part.value;
      position += removed.length;
    } else if (part.added) {
      added = part.value;
    } else {
      changes.push(...changesBetween(removed, added));
      [removed, added] = [[], []];
      for (const step of part.value) changes.push(...contentChange(before[position++], step));
    }
  }
  return [...changes, ...changesBetween(removed, added)];
}

/** A digest is short, so two steps may share one. */
function isSameStep(one: Numbered, other: Numbered): boolean {
  return one.digest === other.digest && one.title === other.title;
}

function numbered(steps: readonly StepSnapshot[]): Numbered[] {
  return steps.map((step, index) => ({ ...step, number: index + 1 })).filter((step) => !step.hidden);
}

/** Changes between two steps that stayed: a removed and an added step of the same instruction are one changed step. */
function changesBetween(removed: readonly Numbered[], added: readonly Numbered[]): StepChange[] {
  const remaining = [...removed];
  const changes: StepChange[] = [];
  for (const step of added) {
    const { number, title } = step;
    const match = remaining.findIndex((candidate) => instruction(candidate) === instruction(step));
    const skipped = remaining.splice(0, match + 1);
    const before = skipped.pop();
    changes.push(...skipped.map(removal));
    changes.push(
      before ? { kind: 'changed', number, title, before: before.title } : { kind: 'added', number, title },
    );
  }
  return [...changes, ...remaining.map(removal)];
}

function removal({ number, title }: Numbered): StepChange {
  return { kind: 'removed', number, title };
}

function contentChange(before: Numbered | undefined, after: Numbered): StepChange[] {
  if (!before?.files || !after.files || before.files.hash === after.files.hash) return [];
  const { number, title } = after;
  return [{ kind: 'content', number, title, before: before.files, after: after.files }];
}

function instruction({ title }: StepSnapshot): string {
  return title.split(' ', 1)[0] ?? '';
}

/** The differences to an earlier build. */
export interface PlanDiff extends PlanChanges {
  /** Branch of the earlier build; empty if unknown. */
  readonly against: string;
}
