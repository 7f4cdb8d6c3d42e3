import type { PartChange, PlanChanges, StepChange } from '../plan/compare.ts';
import type { RecordedFiles } from '../plan/record.ts';
import { formatBytes, formatCount } from './format.ts';
import { escapeMarkdown, inlineCode } from './markdown.ts';

/** More rows than this are nobody's to read; what is left out is counted. */
const rowLimit = 30;

/** What a build is compared with, and how it differs. */
export interface ShownChanges extends PlanChanges {
  /** Branch of the build that it is compared with; empty where that is not known. */
  readonly against: string;
}

/**
 * A section about what changed in a template, as Markdown. Says so when nothing did.
 *
 * @param level - of the heading
 */
export function changesSection(changes: ShownChanges, level = 3): string {
  const { against, parts, steps } = changes;
  const than = against === '' ? 'the last build' : `the last build of ${inlineCode(against)}`;
  const heading = `${'#'.repeat(level)} What changed against ${than}`;
  const rows = [...parts.map(partRow), ...steps.map(stepRow)];
  if (rows.length === 0) return `${heading}\n\nNothing: the same steps, files and size.`;
  const left = rows.length - rowLimit;
  const more = left > 0 ? [`- and ${formatCount(left, 'more change')}`] : [];
  return `${heading}\n\n${[...rows.slice(0, rowLimit), ...more].join('\n')}`;
}

function partRow({ part, before, after }: PartChange): string {
  const name = `**${escapeMarkdown(partNames[part] ?? part)}**`;
  const [from, to] = [before, after].map((text) => inlineCode(text ?? ''));
  if (!from) return `- ${name} added: ${to}`;
  if (!to) return `- ${name} removed: ${from}`;
  if (from === to) return `- ${name} changed: ${to}`;
  return `- ${name}: ${from} → ${to}`;
}

const partNames: Readonly<Partial<Record<string, string>>> = {
  base: 'Base',
  cpu: 'CPU',
  memory: 'Memory',
  'start command': 'Start command',
  'ready command': 'Ready command',
};

function stepRow(change: StepChange): string {
  const title = inlineCode(change.title);
  const step = `step ${change.number}: ${title}`;
  switch (change.kind) {
    case 'added':
      return `- **Added** ${step}`;
    case 'removed':
      return `- **Removed** ${title}, was step ${change.number}`;
    case 'changed':
      return change.before === change.title
        ? `- **Changed** ${step}`
        : `- **Changed** ${step}, was ${inlineCode(change.before)}`;
    case 'content':
      return `- **Other files** in ${step}: ${files(change.before)} → ${files(change.after)}`;
  }
}

function files({ count, bytes }: RecordedFiles): string {
  return `${formatCount(count, 'file')}, ${formatBytes(bytes)}`;
}
