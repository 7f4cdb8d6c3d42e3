import type { FilesSnapshot, PlanSnapshot, StepSnapshot } from './snapshot.ts';

/** How a step differs from what it was; numbers are those of the plan that has the step. */
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

/** `base version` is what the base means: it moves while the recipe says the same. */
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

/** A part of the recipe beside its steps; `before` and `after` are missing where there was or is none. */
export interface PartChange {
  readonly part: PlanPart;
  readonly before?: string;
  readonly after?: string;
}

/** What is different between two plans; both lists are empty when nothing is. */
export interface PlanChanges {
  readonly parts: readonly PartChange[];
  /** In the order of the later plan, removed steps where they stood. */
  readonly steps: readonly StepChange[];
}

/**
 * What changed from one plan to the next. A step is the same when its instruction and all its arguments are, so a
 * step that moved is one removed and one added. Steps that the SDK adds have no part in it: they follow from the
 * others.
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

/** The digest where there is one: how a text is shown may differ from one version of the action to the next. */
function identity(part: { readonly text: string; readonly digest?: string } | undefined): string | undefined {
  return part?.digest ?? part?.text;
}

function textOf({ text, digest }: PlanSnapshot['base']) {
  return { text, digest };
}

/** Nothing where one of them is not known, or the base is another one altogether. */
function versions(last: PlanSnapshot, plan: PlanSnapshot): [{ text: string }?, { text: string }?] {
  const [before, after] = [last.base.version, plan.base.version];
  if (before === undefined || after === undefined || last.base.digest !== plan.base.digest) return [];
  return [{ text: before }, { text: after }];
}

type Numbered = StepSnapshot & { readonly number: number };

function comparedSteps(last: readonly StepSnapshot[], next: readonly StepSnapshot[]): StepChange[] {
  const before = numbered(last);
  const after = numbered(next);
  const changes: StepChange[] = [];
  let [left, right] = [0, 0];
  const end: [number, number] = [before.length, after.length];
  for (const [i, j] of [...commonSteps(before, after), end]) {
    changes.push(...changesBetween(before.slice(left, i), after.slice(right, j)));
    const [one, other] = [before[i], after[j]];
    if (one && other) changes.push(...contentChange(one, other));
    [left, right] = [i + 1, j + 1];
  }
  return changes;
}

function numbered(steps: readonly StepSnapshot[]): Numbered[] {
  return steps.map((step, index) => ({ ...step, number: index + 1 })).filter((step) => !step.hidden);
}

/** Between two steps that stayed: a removed and an added one of the same instruction are one that changed. */
function changesBetween(removed: readonly Numbered[], added: readonly Numbered[]): StepChange[] {
  const left = [...removed];
  const changes: StepChange[] = [];
  for (const step of added) {
    const match = left.findIndex((candidate) => instruction(candidate) === instruction(step));
    if (match < 0) {
      changes.push({ kind: 'added', number: step.number, title: step.title });
      continue;
    }
    const gone = left.splice(0, match + 1);
    const before = gone.pop();
    changes.push(...gone.map(removal));
    changes.push({
      kind: 'changed',
      number: step.number,
      title: step.title,
      before: before?.title ?? step.title,
    });
  }
  return [...changes, ...left.map(removal)];
}

function removal({ number, title }: Numbered): StepChange {
  return { kind: 'removed', number, title };
}

function contentChange(before: Numbered, after: Numbered): StepChange[] {
  if (!before.files || !after.files || before.files.hash === after.files.hash) return [];
  const { number, title } = after;
  return [{ kind: 'content', number, title, before: before.files, after: after.files }];
}

function instruction({ title }: StepSnapshot): string {
  return title.split(' ', 1)[0] ?? '';
}

/** More pairs than this are not worth the time; such recipes are compared by what they begin and end with. */
const pairLimit = 4_000_000;

/** Indexes of the steps that both have, in order: a longest common subsequence. */
function commonSteps(before: readonly Numbered[], after: readonly Numbered[]): [number, number][] {
  const same = (i: number, j: number) =>
    before[i]?.digest === after[j]?.digest && before[i]?.title === after[j]?.title;
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && same(head, head)) head += 1;
  let tail = 0;
  while (tail < shortest - head && same(before.length - 1 - tail, after.length - 1 - tail)) tail += 1;
  const [rows, columns] = [before.length - head - tail, after.length - head - tail];
  const pairs: [number, number][] = Array.from({ length: head }, (_, index) => [index, index]);
  if (rows * columns > 0 && rows * columns <= pairLimit) {
    // lengths[i][j]: how many steps the rests from i and from j on have in common.
    const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
    const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
    for (let i = rows - 1; i >= 0; i -= 1) {
      const row = lengths[i];
      if (!row) continue;
      for (let j = columns - 1; j >= 0; j -= 1) {
        row[j] = same(head + i, head + j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      }
    }
    let [i, j] = [0, 0];
    while (i < rows && j < columns) {
      if (same(head + i, head + j)) pairs.push([head + i++, head + j++]);
      else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
      else j += 1;
    }
  }
  for (let index = tail; index > 0; index -= 1) pairs.push([before.length - index, after.length - index]);
  return pairs;
}

/** What a build is compared with, and how it differs. */
export interface PlanDiff extends PlanChanges {
  /** Branch of the build that it is compared with; empty where that is not known. */
  readonly against: string;
}
