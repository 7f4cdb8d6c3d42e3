import { isBuilt, type ResultDocument } from '../result/result.ts';
import { formatCount, formatDuration } from '../text/format.ts';
import { reusedSentence } from '../text/reused.ts';
import { cutWithMark } from '../text/sanitize.ts';
import { escapeMarkdown, fence, inlineCode, placeMarkdown } from './markdown.ts';

/** The state of a build, as a heading without its level. */
export function heading(result: ResultDocument): string {
  const { name, status, fingerprint, local, failure } = result;
  const template = `Template ${inlineCode(name)}`;
  switch (status) {
    case 'ready':
      return `${template} is ready`;
    case 'error':
      if (failure?.during) return `${template} ${afterBuild(result)}${local ? ' in a local build' : ''}`;
      return `${template} failed to build${local ? ' locally' : ''}`;
    case 'superseded':
      return `${template}: superseded by a newer build`;
    case 'skipped':
      if (local) return `${template}: a local build cannot tell`;
      return `${template} was planned and not built`;
    case 'planned':
      return `${template} was planned and not built`;
    case 'unpublished':
      return `${template} is not ${fingerprint === undefined ? 'known to be ' : ''}published`;
    case 'building':
      return `${template} is building${local ? ' locally' : ''}`;
    case 'validated':
      return `${template} builds: a local build is ready`;
  }
}

/** What became of a ready build that did not get its tags. */
function afterBuild({ test, testedBefore, failure }: ResultDocument): string {
  if (failure?.class === 'sandbox') return 'could not be tested';
  if (failure?.class === 'smoke-test') return 'failed its test';
  if (failure?.during === 'tags') return 'is built, and its tags may not have moved';
  return test?.passed || testedBefore
    ? 'passed its test, and its tags did not move'
    : 'is built and not tested';
}

/** Where a local build ran, and what it means; empty for any other build. */
export function localLine({ local }: Pick<ResultDocument, 'local'>): string {
  return local
    ? 'This is a local build: the recipe ran in containers of the runner, not at the service. Nothing was published, and no tag moved.'
    : '';
}

/** Where a reused build came from, and why tags are not on it; empty for a build of which neither is to be said. */
export function originLines({ reused, testedBefore, elsewhere = [], buildId }: ResultDocument): string {
  const origin = [
    reused && reusedSentence(reused, buildId ? `build ${inlineCode(buildId)}` : 'this build'),
    testedBefore && 'It has passed this test before, so it was not tested again.',
  ];
  const tags = tagList(elsewhere, 20);
  const stay = elsewhere.length === 1 ? 'it stays' : 'they stay';
  return [
    origin.filter(Boolean).join(' '),
    elsewhere.length > 0 && `A newer run put ${tags} on another build meanwhile, where ${stay}.`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The reference that starts a sandbox of a build, now or when it is ready. */
export function startable({ status, reference }: ResultDocument): string | undefined {
  return status === 'ready' || status === 'building' ? reference : undefined;
}

export type Fact = keyof ReturnType<typeof factCells>;

/** The facts about a build as table rows, in the order of `facts`. An unknown fact has no row. */
export function factRows(result: ResultDocument, facts: readonly Fact[], tagLimit: number): string[][] {
  const cells = factCells(result, tagLimit);
  return facts.flatMap((fact) => {
    const [title, text] = cells[fact];
    return text === undefined ? [] : [[title, text]];
  });
}

function factCells(result: ResultDocument, tagLimit: number) {
  const { name, status, templateId, buildId, base, cpuCount, memoryMb, definition, durationMs, local } =
    result;
  const built = isBuilt(status);
  const code = (text: string | undefined, max?: number) =>
    text === undefined ? undefined : inlineCode(text, max);
  const followed = built && status !== 'building' && result.reused?.how !== 'found';
  const exported =
    definition &&
    [
      inlineCode(definition.file),
      ...(definition.export === undefined ? [] : [`export ${inlineCode(definition.export)}`]),
    ].join(', ');
  return {
    name: ['Name', inlineCode(name)],
    // Nothing can be started from a failed build.
    tags: [
      built ? 'Tags' : 'Tags it would get',
      // Those of a build that is tested first come after its test.
      local || (built && startable(result) === undefined) || (status === 'building' && !result.tags.length)
        ? undefined
        : tagList(result.tags, tagLimit),
    ],
    previous: ['Tags before', startable(result) && previousBuilds(result, tagLimit)],
    reference: ['Exactly this build', code(startable(result), 400)],
    templateId: ['Template ID', code(templateId)],
    buildId: ['Build ID', code(buildId)],
    duration: ['Duration', followed ? formatDuration(durationMs) : undefined],
    steps: ['Steps', followed ? countedSteps(result) : undefined],
    size: ['Size', cpuCount === undefined ? undefined : `${cpuCount} CPU, ${memoryMb} MiB memory`],
    base: ['Base', code(base)],
    definition: ['Definition', exported],
  } satisfies Record<string, readonly [string, string | undefined]>;
}

/** Only tags that were on another build, which is the way back. */
function previousBuilds({ previous = {}, buildId }: ResultDocument, limit: number): string | undefined {
  const moved = Object.entries(previous).flatMap(([tag, before]) =>
    before === null || before === buildId ? [] : [`${inlineCode(tag)} on ${inlineCode(before)}`],
  );
  if (moved.length === 0) return undefined;
  const more = moved.length > limit ? ` and ${moved.length - limit} more` : '';
  return `${moved.slice(0, limit).join(', ')}${more}`;
}

function tagList(tags: readonly string[], limit: number): string {
  const shown = tags.slice(0, limit).map((tag) => inlineCode(tag));
  const more = tags.length - shown.length;
  return `${shown.join(' ') || '(none)'}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `7 steps, 5 cached`: the steps that the build began, without the phases around them. */
function countedSteps({ steps }: ResultDocument): string {
  const begun = ['cached', 'built', 'failed', 'stopped'];
  const numbered = steps.filter(({ number, state }) => number !== undefined && begun.includes(state));
  const cached = numbered.filter((step) => step.cached).length;
  return `${formatCount(numbered.length, 'step')}, ${cached} cached`;
}

/** How a failure is shown. */
export interface FailureOptions {
  readonly level: number;
  /** What happened and what to do; shown below the title. */
  readonly explained: readonly string[];
  /** The lines of the definition around the one that failed, with their numbers. */
  readonly code?: readonly string[];
  readonly messageLimit: number;
  readonly lastLines: readonly string[];
}

/** What failed, where, the message, and the last lines before it. */
export function failureSection(
  { class: failureClass, title, message, source, sourceUrl }: NonNullable<ResultDocument['failure']>,
  { level, explained, code = [], messageLimit, lastLines }: FailureOptions,
): string {
  // What is said about a test is a sentence, and not the service's.
  const isOurs = failureClass === 'smoke-test' || failureClass === 'sandbox';
  // Of a build that this run gave up, the explanation has the same words.
  const isGivenUp = failureClass === 'timeout' || failureClass === 'interrupted';
  return [
    `${'#'.repeat(level)} ${escapeMarkdown(title, 300)}`,
    ...(isOurs ? [escapeMarkdown(cutWithMark(message, messageLimit))] : []),
    ...explained.map((sentence) => escapeMarkdown(sentence)),
    source && `At ${placeMarkdown(source, sourceUrl)}:`,
    code.length > 0 && fence(code.join('\n'), 'text'),
    !isOurs && !isGivenUp && message && fence(cutWithMark(message, messageLimit), 'text'),
    lastLines.length > 0 &&
      `Its last ${lastLines.length === 1 ? 'line' : formatCount(lastLines.length, 'line')}:\n\n${fence(lastLines.join('\n'), 'text')}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}
