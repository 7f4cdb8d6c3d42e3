import type { PartChange, PlanChanges, PlanPart, StepChange } from '../plan/compare.ts';
import type { RecordedFiles } from '../plan/record.ts';
import { formatBytes, formatCount } from './format.ts';
import { escapeMarkdown, inlineCode } from './markdown.ts';
import { singleLine } from './sanitise.ts';

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

/** What changed as one sentence without its full stop; names at most {@link namedLimit} things. */
export function changesInWords(changes: ShownChanges): string {
  const { against, parts, steps } = changes;
  const than = `the last build${against === '' ? '' : ` of ${singleLine(against)}`}`;
  const words = [...parts.map(partWords), ...steps.map(stepWords)];
  if (words.length === 0) return `Nothing changed in the recipe since ${than}`;
  const left = words.length - namedLimit;
  const more = left > 0 ? ` and ${formatCount(left, 'more change')}` : '';
  return `Changed since ${than}: ${words.slice(0, namedLimit).join(', ')}${more}`;
}

const namedLimit = 6;

function partWords({ part, before, after }: PartChange): string {
  const [from, to] = [before, after].map((text) => text && singleLine(text, 60));
  if (part === 'base version') {
    const what = from?.startsWith('sha256:') ? 'the base image moved' : 'the parent template was built anew';
    return `${what} (${from} → ${to})`;
  }
  const name = part === 'cpu' ? 'CPU' : part;
  if (part.endsWith('command') || from === to) {
    return `${name} ${from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'}`;
  }
  if (part === 'cpu' || part === 'memory') return `${name} ${withoutUnit(from)} → ${withoutUnit(to)}`;
  return `${name} ${from} → ${to}`;
}

/** `2048` of `2048 MiB`. */
function withoutUnit(text = ''): string {
  return text.replace(/ [a-z]+$/i, '');
}

function stepWords(change: StepChange): string {
  const title = singleLine(change.title, 60);
  switch (change.kind) {
    case 'added':
    case 'removed':
      return `${title} ${change.kind}`;
    case 'content':
      return `${title} changed`;
    case 'changed':
      return change.before === change.title
        ? `${title} changed`
        : `${singleLine(change.before, 60)} → ${title}`;
  }
}

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
  return before === after ? `still ${after}, and not the same bytes` : `${before} → ${after}`;
}

function files({ count, bytes }: RecordedFiles): string {
  return `${formatCount(count, 'file')}, ${formatBytes(bytes)}`;
}
