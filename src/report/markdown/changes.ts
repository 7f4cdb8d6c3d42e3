import type { PartChange, PlanDiff, PlanPart, StepChange } from '../../history/diff.ts';
import type { FilesSnapshot } from '../../history/snapshot.ts';
import { formatBytes, formatCount } from '../text/format.ts';
import { escapeMarkdown, inlineCode } from './markdown.ts';

/** More rows are not read, so the rest is only counted. */
const rowLimit = 30;

/**
 * A section about what changed in a template, as Markdown. Says so when nothing did.
 *
 * @param level - of the heading
 */
export function changesSection(changes: PlanDiff, level = 3): string {
  const { against, parts, steps } = changes;
  const than = against === '' ? 'the last build' : `the last build of ${inlineCode(against)}`;
  const heading = `${'#'.repeat(level)} What changed against ${than}`;
  const rows = [...parts.map(partRow), ...steps.map(stepRow)];
  if (rows.length === 0) return `${heading}\n\nNothing: the same steps, files and size.`;
  const surplus = rows.length - rowLimit;
  const more = surplus > 0 ? [`- and ${formatCount(surplus, 'more change')}`] : [];
  return `${heading}\n\n${[...rows.slice(0, rowLimit), ...more].join('\n')}`;
}

function partRow({ part, before, after }: PartChange): string {
  const name = `**${escapeMarkdown(partNames[part])}**`;
  const [from, to] = [before, after].map((text) => inlineCode(text ?? ''));
  if (!from) return `- ${name} added: ${to}`;
  if (!to) return `- ${name} removed: ${from}`;
  if (from === to) return `- ${name} changed: ${to}`;
  return `- ${name}: ${from} → ${to}`;
}

const partNames: Readonly<Record<PlanPart, string>> = {
  base: 'Base',
  'base version': 'Base moved',
  cpu: 'CPU',
  memory: 'Memory',
  'start command': 'Start command',
  'ready command': 'Ready command',
  'patch command': 'Patch command',
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
      return `- **Other files** in ${step}: ${filesChange(files(change.before), files(change.after))}`;
  }
}

function filesChange(before: string, after: string): string {
  return before === after ? `still ${after}, with different bytes` : `${before} → ${after}`;
}

function files({ count, bytes }: FilesSnapshot): string {
  return `${formatCount(count, 'file')}, ${formatBytes(bytes)}`;
}
