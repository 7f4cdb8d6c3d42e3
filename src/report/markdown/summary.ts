import { buildReference } from '../../api/names.ts';
import { type BuildFailure, type BuildOutcome, mayStart } from '../../driver/events.ts';
import { isWhole, type PartialPlan } from '../../plan/plan.ts';
import type { SummaryInput } from '../result/result.ts';
import { stepRows } from '../result/steps.ts';
import {
  explanation,
  failureLines,
  failureMessage,
  failureOf,
  failurePlace,
  failureTitle,
} from '../text/failure.ts';
import { displayPath, formatCount, formatDuration } from '../text/format.ts';
import { reusedFields, reusedSentence } from '../text/reused.ts';
import { cutWithMark } from '../text/sanitize.ts';
import { numberedLines, placeLabel } from '../text/source-lines.ts';
import { baseName } from '../text/step-names.ts';
import { changesSection } from './changes.ts';
import { escapeMarkdown, fence, inlineCode, placeMarkdown, snippets, table } from './markdown.ts';
import { reproRecipe } from './minimal-recipe.ts';
import { recipeCode } from './recipe-code.ts';
import { summaryLimit } from './step-summary.ts';
import { stepTable } from './step-table.ts';
import { timeline } from './timeline.ts';

const tagLimit = 50;

/**
 * The summary of one build as Markdown, at most {@link summaryLimit} bytes; rows in the middle give way. A failure stands
 * before all facts.
 */
export function renderSummary(input: SummaryInput): string {
  const { plan, outcome, changes, usual } = input;
  const rows = stepRows(plan, outcome, usual);
  const failed = failureOf(outcome) !== undefined;
  const before = [
    heading(outcome),
    outcome.reused
      ? reusedSentence(reusedFields(outcome.reused), `build ${inlineCode(outcome.buildId)}`)
      : '',
    failureSection(input),
    earlierBuilds(outcome),
    !failed && facts(input),
    changes && changesSection(changes),
    '### Steps',
  ];
  const chart = timeline(rows);
  const after = [
    chart && `### Timeline\n\n${chart}`,
    failed && `### Build\n\n${facts(input)}`,
    snippetSection(outcome),
  ];
  const text = (steps: string) => `${[...before, steps, ...after].filter(Boolean).join('\n\n')}\n`;
  return text(stepTable(rows, summaryLimit - Buffer.byteLength(text('steps'))));
}

function heading(outcome: BuildOutcome): string {
  const name = inlineCode(outcome.name);
  if (outcome.status === 'ready') return `## Template ${name} is ready`;
  if (outcome.status === 'error') return `## Template ${name} failed to build`;
  if (outcome.status === 'superseded') return `## This build of template ${name} was superseded`;
  const why = explanation(outcome).map((sentence) => escapeMarkdown(sentence));
  const unseen = 'The build was started and not waited for, so its result is not known here.';
  return `## Template ${name} is building\n\n${why.length > 0 ? why.join('\n\n') : unseen}`;
}

/** Builds that failed before this one was made in their place. */
function earlierBuilds({ earlier = [] }: BuildOutcome): string {
  return earlier
    .map(({ buildId, again, diagnosis }) => {
      const anew = again === 'without-cache' ? 'built once more without the cache' : 'built once more';
      return `Build ${inlineCode(buildId)} failed and was ${anew}. ${escapeMarkdown(diagnosis?.what ?? '')}`.trim();
    })
    .join('\n\n');
}

function facts({ plan, outcome, workspace, runUrl }: SummaryInput): string {
  const { definition } = plan;
  const tags = outcome.tags.slice(0, tagLimit).map((tag) => inlineCode(tag));
  const moreTags = outcome.tags.length - tags.length;
  const startable = mayStart(outcome);
  const numbered = outcome.steps.filter((step) => step.number !== undefined);
  const cached = numbered.filter((step) => step.cached).length;
  const followed = outcome.status !== 'building' && outcome.reused?.how !== 'found';
  const rows: (string[] | false | undefined)[] = [
    // They start nothing where the build failed.
    startable && ['Tags', `${tags.join(' ') || '(none)'}${moreTags > 0 ? ` and ${moreTags} more` : ''}`],
    ['Template ID', inlineCode(outcome.templateId)],
    ['Build ID', inlineCode(outcome.buildId)],
    startable && ['Exactly this build', inlineCode(buildReference(outcome), 400)],
    followed && ['Duration', formatDuration(outcome.durationMs)],
    followed && ['Steps', `${formatCount(numbered.length, 'step')}, ${cached} cached`],
    plan.cpuCount !== undefined && ['Size', `${plan.cpuCount} CPU, ${plan.memoryMb} MiB memory`],
    plan.base.title !== '' && ['Base', inlineCode(baseName(plan))],
    definition && [
      'Definition',
      `${inlineCode(displayPath(definition.file, workspace))}, export ${inlineCode(definition.exportName)}`,
    ],
    runUrl !== undefined && /^https?:\/\/[^\s<>|]+$/.test(runUrl) && ['Run', `<${runUrl}>`],
  ];
  return table(
    ['Name', inlineCode(outcome.name)],
    rows.filter((row) => Array.isArray(row)),
  );
}

function failureSection({ plan, outcome, workspace, sources }: SummaryInput): string {
  const failure = failureOf(outcome);
  if (!failure) return '';
  const at = failurePlace(plan, outcome, failure);
  const code = (at && sources?.around(at)) ?? [];
  const lines = failureLines(plan, failure).map((line) => line.text);
  return [
    `### ${escapeMarkdown(failureTitle(plan, failure, outcome.diagnosis?.class))}`,
    outcome.status !== 'building' &&
      explanation(outcome)
        .map((sentence) => escapeMarkdown(sentence))
        .join('\n\n'),
    at && `At ${placeMarkdown(placeLabel(at, workspace), sources?.link(at))}:`,
    at && code.length > 0 && fence(numberedLines(code, at).join('\n'), 'text'),
    fence(cutWithMark(failureMessage(plan, failure), 8000), 'text'),
    lines.length > 0 &&
      `Its last ${formatCount(lines.length, 'line')}:\n\n${fence(lines.join('\n'), 'text')}`,
    recipeSection(plan, outcome, failure),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** Code beyond this is no smallest recipe to anyone. */
const recipeLimit = 60_000;

function recipeSection(plan: PartialPlan, { diagnosis }: BuildOutcome, failure: BuildFailure): string {
  if (!isWhole(plan)) return '';
  const recipe = reproRecipe(plan, failure, diagnosis);
  const code = recipe && recipeCode(plan, recipe);
  if (!code || code.length > recipeLimit) return '';
  const files = recipe.steps.some((step) => step.wire.type === 'COPY')
    ? `, next to the files of ${inlineCode(plan.definition.contextDirectory.split(/[\\/]/).at(-1) ?? '')}`
    : '';
  return `The smallest recipe that reaches this failure, to try by itself${files}:\n\n${fence(code, 'typescript')}`;
}

function snippetSection(outcome: BuildOutcome): string {
  if (!mayStart(outcome)) return '';
  const once = outcome.status === 'building' ? ', once it is ready' : '';
  return `### Start a sandbox from exactly this build${once}\n\n${snippets(buildReference(outcome))}`;
}
