import type { BuildOutcome } from '../../driver/events.ts';
import { isWhole, type PartialPlan } from '../../plan/plan.ts';
import type { ReportedPlan, ResultDocument } from '../result/result.ts';
import { failureOf, failurePlace } from '../text/failure.ts';
import { numberedLines } from '../text/source-lines.ts';
import { baseName } from '../text/step-names.ts';
import {
  type Fact,
  factRows,
  failureSection,
  heading,
  localLine,
  originLines,
  startable,
} from './build-parts.ts';
import { changesSection } from './changes.ts';
import { escapeMarkdown, fence, inlineCode, snippets, table } from './markdown.ts';
import { reproRecipe } from './minimal-recipe.ts';
import { recipeCode } from './recipe-code.ts';
import { summaryLimit } from './step-summary.ts';
import { stepTable } from './step-table.ts';
import { testSection } from './test-section.ts';
import { timeline } from './timeline.ts';

const tagLimit = 50;
const messageLimit = 8000;

/** What a summary shows besides the result file, as text. */
export interface SummaryDetails {
  /** The base and the version that it resolves to. */
  readonly base?: string;
  readonly runUrl?: string;
  /** Why nothing was built, in one to four sentences. */
  readonly why?: string;
  /** The lines of the definition around the one that failed, with their numbers. */
  readonly code?: readonly string[];
  /** The smallest recipe that reaches the failure, as a section. */
  readonly recipe?: string;
}

/**
 * The summary of one build as Markdown, at most {@link summaryLimit} bytes; rows in the middle are dropped. A failure
 * comes before all facts.
 */
export function renderSummary(result: ResultDocument, details: SummaryDetails = {}): string {
  const { status, changes, failure, steps } = result;
  const explained = failure ? [failure.what, failure.advice, failure.next ?? ''].filter(Boolean) : [];
  // A build that this run stopped watching has not failed.
  const gaveUp = status === 'building' && ['timeout', 'interrupted'].includes(failure?.class ?? '');
  const failed = failure && !gaveUp ? failure : undefined;
  const before = [
    `## ${status === 'superseded' ? `This build of template ${inlineCode(result.name)} was superseded` : heading(result)}`,
    ...(status === 'building' ? unseenEnd(explained) : []),
    details.why !== undefined && escapeMarkdown(details.why),
    originLines(result),
    localLine(result),
    failed &&
      failureSection(failed, {
        level: 3,
        explained: status === 'building' ? [] : explained,
        ...(details.code && { code: details.code }),
        messageLimit,
        lastLines: failed.lastLines,
      }),
    failed && details.recipe,
    earlierBuilds(result),
    !failed && facts(result, details),
    testSection(result, 3),
    changes && changesSection(changes),
    '### Steps',
  ];
  const chart = timeline(steps);
  const after = [
    chart && `### Timeline\n\n${chart}`,
    failed && `### Build\n\n${facts(result, details)}`,
    snippetSection(result),
  ];
  const text = (table: string) => `${[...before, table, ...after].filter(Boolean).join('\n\n')}\n`;
  return text(stepTable(steps, summaryLimit - Buffer.byteLength(text('steps'))));
}

function unseenEnd(explained: readonly string[]): string[] {
  if (explained.length > 0) return explained.map((sentence) => escapeMarkdown(sentence));
  return ['The build was started and not waited for, so its result is unknown here.'];
}

/** Failed builds that this one replaced. */
function earlierBuilds({ earlier = [] }: ResultDocument): string {
  return earlier
    .map(({ buildId, again, what }) => {
      const anew = again === 'without-cache' ? 'built once more without the cache' : 'built once more';
      return `Build ${inlineCode(buildId)} failed and was ${anew}. ${escapeMarkdown(what)}`.trim();
    })
    .join('\n\n');
}

const factOrder: readonly Fact[] = [
  'name',
  'tags',
  'previous',
  'templateId',
  'buildId',
  'reference',
  'duration',
  'steps',
  'size',
  'base',
  'definition',
];

function facts(result: ResultDocument, { base, runUrl }: SummaryDetails): string {
  const [head = [], ...rows] = factRows(base ? { ...result, base } : result, factOrder, tagLimit);
  const run = runUrl !== undefined && /^https?:\/\/[^\s<>|]+$/.test(runUrl) ? [['Run', `<${runUrl}>`]] : [];
  return table(head, [...rows, ...run]);
}

function snippetSection(result: ResultDocument): string {
  const reference = startable(result);
  if (reference === undefined) return '';
  const once = result.status === 'building' ? ', once it is ready' : '';
  return `### Start a sandbox from exactly this build${once}\n\n${snippets(reference)}`;
}

/** The parts of a build's summary that its result file does not have. */
export function summaryDetails({ plan, sources }: ReportedPlan, outcome: BuildOutcome): SummaryDetails {
  const failure = failureOf(outcome);
  const at = failure && failurePlace(plan, outcome, failure);
  return {
    base: baseName(plan),
    ...(at && sources && { code: numberedLines(sources.around(at), at) }),
    ...(failure && { recipe: recipeSection(plan, outcome) }),
  };
}

/** Longer code is no help as a smallest recipe. */
const recipeLimit = 60_000;

function recipeSection(plan: PartialPlan, { failure, diagnosis }: BuildOutcome): string {
  if (!isWhole(plan)) return '';
  const recipe = reproRecipe(plan, failure ?? { message: '' }, diagnosis);
  const code = recipe && recipeCode(plan, recipe);
  if (!code || code.length > recipeLimit) return '';
  const files = recipe.steps.some((step) => step.wire.type === 'COPY')
    ? `, next to the files of ${inlineCode(plan.definition.contextDirectory.split(/[\\/]/).at(-1) ?? '')}`
    : '';
  return `The smallest recipe that reaches this failure, to try separately${files}:\n\n${fence(code, 'typescript')}`;
}
