import type { PartChange, PlanDiff, StepChange } from '../../history/diff.ts';
import { formatCount } from './format.ts';
import { singleLine } from './sanitize.ts';

/** What changed as one sentence without its full stop; names at most {@link namedLimit} things. */
export function changesInWords(changes: PlanDiff): string {
  const { against, parts, steps } = changes;
  const than = `the last build${against === '' ? '' : ` of ${singleLine(against)}`}`;
  const words = [...parts.map(partWords), ...steps.map(stepWords)];
  if (words.length === 0) return `Nothing changed in the recipe since ${than}`;
  const surplus = words.length - namedLimit;
  const more = surplus > 0 ? ` and ${formatCount(surplus, 'more change')}` : '';
  return `Changed since ${than}: ${words.slice(0, namedLimit).join(', ')}${more}`;
}

const namedLimit = 6;

function partWords({ part, before, after }: PartChange): string {
  const [from, to] = [before, after].map((text) => text && singleLine(text, 60));
  if (part === 'base version') {
    const what = from?.startsWith('sha256:') ? 'the base image moved' : 'the parent template was built again';
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
