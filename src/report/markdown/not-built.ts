import type { Plan } from '../../plan/plan.ts';
import { type ResultDocument, resultDocument, type SummaryInput } from '../result/result.ts';
import { changesSection } from './changes.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';
import { summaryLimit } from './step-summary.ts';
import { stepTable } from './step-table.ts';

/** A plan that is not built, as everything about it that a later step may want. */
export function notBuiltResult(
  report: Pick<SummaryInput, 'changes' | 'usual' | 'workspace'> & { readonly plan: Plan },
  status: 'skipped' | 'unpublished',
): ResultDocument {
  const { name, tags } = report.plan;
  const outcome = {
    status: 'building' as const,
    name,
    tags,
    templateId: '',
    buildId: '',
    steps: [],
    durationMs: 0,
  };
  const { templateId: _, buildId: __, reference: ___, ...rest } = resultDocument({ ...report, outcome });
  return {
    ...rest,
    status,
    steps: rest.steps.map((step) => ({ ...step, state: 'not built' })),
  };
}

/**
 * The summary of a plan that is not built, as Markdown of at most {@link summaryLimit} bytes.
 *
 * @param why - one or two sentences
 */
export function renderNotBuiltSummary(result: ResultDocument, why: string): string {
  const { name, tags, base, cpuCount, memoryMb, definition, changes, steps } = result;
  const shownTags = tags.slice(0, 50).map((tag) => inlineCode(tag));
  const rows = [
    ['Tags it would get', shownTags.join(' ') || '(none)'],
    ['Size', `${cpuCount} CPU, ${memoryMb} MiB memory`],
    ['Base', inlineCode(base ?? '')],
    ['Definition', `${inlineCode(definition?.file ?? '')}, export ${inlineCode(definition?.export ?? '')}`],
  ];
  const before = [
    `## Template ${inlineCode(name)} ${heading(result)}`,
    escapeMarkdown(why),
    table(['Name', inlineCode(name)], rows),
    changes && changesSection(changes),
    '### Steps',
  ];
  const text = (table: string) => `${[...before, table].filter(Boolean).join('\n\n')}\n`;
  return text(stepTable(steps, summaryLimit - Buffer.byteLength(text('steps'))));
}

function heading({ status, fingerprint }: ResultDocument): string {
  if (status === 'skipped') return 'was planned and not built';
  return fingerprint === undefined ? 'is not known to be published' : 'is not published';
}
