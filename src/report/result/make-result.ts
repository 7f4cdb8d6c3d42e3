import { buildReference } from '../../api/names.ts';
import type { Diagnosis } from '../../driver/diagnosis/failure-classes.ts';
import type { BuildFailure, BuildOutcome, EarlierBuild } from '../../driver/events.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { SourceLocation } from '../../problem.ts';
import type { SmokeTestOutcome } from '../../smoke-test/events.ts';
import { failureLines, failureMessage, failureOf, failurePlace, failureTitle } from '../text/failure.ts';
import { displayPath } from '../text/format.ts';
import { reusedFields } from '../text/reused.ts';
import { printableLines, singleLine } from '../text/sanitize.ts';
import { placeLabel } from '../text/source-lines.ts';
import type { NotBuilt, ReportedPlan, ResultDocument } from './result.ts';
import { finishedSteps, plannedSteps } from './steps.ts';

/** The result of a build that has ended, or that this run stops watching. */
export function finishedResult(about: ReportedPlan, outcome: BuildOutcome): ResultDocument {
  const { name, tags, templateId, buildId, status, durationMs, reused, earlier } = outcome;
  const failure = abandoned(outcome) ?? failureOf(outcome);
  const what: Pick<Happened, 'tags' | 'ids' | 'status'> = about.local
    ? { tags: [], status: statusOfLocal(about, outcome) }
    : { tags, status, ids: { templateId, buildId, reference: buildReference(outcome) } };
  return resultDocument(about, {
    ...{ name, ...what, durationMs },
    ...(reused && { reused: reusedFields(reused) }),
    ...tagFields(about, outcome),
    steps: finishedSteps(about, outcome),
    ...(failure && { failure: failureFields(about, outcome, failure) }),
    ...(earlier && { earlier: earlier.map((build) => earlierBuild(about.plan, build)) }),
    ...(outcome.test && { test: testFields(outcome.test) }),
  });
}

/** What became of the tags that this run moved, or was asked to move. */
function tagFields(
  { plan, local }: ReportedPlan,
  { status, tags, moves, reused, testedBefore }: BuildOutcome,
): Pick<ResultDocument, 'previous' | 'elsewhere' | 'testedBefore'> {
  if (local || status !== 'ready') return { ...(testedBefore && { testedBefore }) };
  const before = (moves ?? reused?.moves)?.map((move) => [move.tag, move.before ?? null] as const);
  const elsewhere = plan.tags.filter((tag) => !tags.includes(tag));
  return {
    ...(before && before.length > 0 && { previous: Object.fromEntries(before) }),
    ...(elsewhere.length > 0 && { elsewhere }),
    ...(testedBefore && { testedBefore }),
  };
}

/** A failure that only a local build has says nothing about the recipe, where nobody asked for one. */
function statusOfLocal(
  { mild }: ReportedPlan,
  { status, diagnosis }: BuildOutcome,
): ResultDocument['status'] {
  if (status === 'ready') return 'validated';
  return status === 'error' && diagnosis && mild?.has(diagnosis.class) ? 'skipped' : status;
}

/** The result of a build that is registered and has not begun. */
export function startedResult(
  about: ReportedPlan,
  { templateId, buildId, tags }: Pick<BuildOutcome, 'templateId' | 'buildId' | 'tags'>,
): ResultDocument {
  const { name } = about.plan;
  const ids = { templateId, buildId, reference: buildReference({ name, buildId }) };
  const what = about.local ? { tags: [] } : { tags, ids };
  const steps = plannedSteps(about, 'pending');
  return resultDocument(about, { name, ...what, status: 'building', durationMs: 0, steps });
}

/** The result of a plan that is not built. */
export function notBuiltResult(about: ReportedPlan, status: NotBuilt): ResultDocument {
  const { name, tags } = about.plan;
  const steps = plannedSteps(about, 'not built');
  return resultDocument(about, { name, tags, status, durationMs: 0, steps });
}

/** What happened to a plan. */
interface Happened
  extends Pick<
    ResultDocument,
    | 'name'
    | 'tags'
    | 'previous'
    | 'elsewhere'
    | 'testedBefore'
    | 'status'
    | 'reused'
    | 'durationMs'
    | 'steps'
    | 'failure'
    | 'earlier'
    | 'test'
  > {
  readonly ids?: Pick<ResultDocument, 'templateId' | 'buildId' | 'reference'>;
}

/** The fields in the order of the file. */
function resultDocument(
  { plan, workspace, changes, local }: ReportedPlan,
  {
    name,
    tags,
    previous,
    elsewhere,
    testedBefore,
    ids,
    status,
    reused,
    durationMs,
    steps,
    failure,
    earlier,
    test,
  }: Happened,
): ResultDocument {
  const { definition, fingerprint } = plan;
  return {
    schemaVersion: 1,
    ...{ name, tags, ...(previous && { previous }), ...(elsewhere && { elsewhere }), ...ids, status },
    ...(local && { local }),
    ...(fingerprint && 'hash' in fingerprint && { fingerprint: fingerprint.hash }),
    ...(reused && { reused }),
    durationMs,
    ...(plan.cpuCount !== undefined && { cpuCount: plan.cpuCount }),
    ...(plan.memoryMb !== undefined && { memoryMb: plan.memoryMb }),
    ...(plan.base.title !== '' && { base: singleLine(plan.base.title, 1000) }),
    ...(definition && {
      definition: {
        file: displayPath(definition.file, workspace),
        ...(definition.kind !== undefined && { kind: definition.kind }),
        ...(definition.exportName !== undefined && { export: definition.exportName }),
        sdk: { from: definition.sdk.from, version: definition.sdk.version },
        sources: Object.fromEntries(
          Object.entries(definition.sources).map(([part, at]) => [part, at && placeLabel(at, workspace)]),
        ),
      },
    }),
    steps,
    ...(test && { test }),
    ...(testedBefore && { testedBefore }),
    ...(changes && { changes }),
    ...(failure && { failure }),
    ...(earlier && { earlier }),
    warnings: [...(definition?.warnings ?? []), ...(plan.warnings ?? [])].map(
      ({ title, message, at, rule }) => ({
        ...(rule !== undefined && { rule }),
        title: singleLine(title, 1000),
        message: plainText(message),
        ...sourceField(at, workspace),
      }),
    ),
  };
}

function failureFields(
  { plan, workspace, sources }: ReportedPlan,
  outcome: BuildOutcome,
  failure: BuildFailure,
): NonNullable<ResultDocument['failure']> {
  const { class: failureClass, retry, what, advice, next }: Partial<Diagnosis> = outcome.diagnosis ?? {};
  const failedAt = failurePlace(plan, outcome, failure);
  const sourceUrl = failedAt && sources?.link(failedAt);
  return {
    class: failureClass ?? 'unknown',
    ...(outcome.endedDuring && { during: outcome.endedDuring }),
    what: plainText(what ?? ''),
    advice: plainText(advice ?? ''),
    ...(next && { next: plainText(next) }),
    retry: retry ?? 'never',
    title: failureTitle(plan, failure, outcome.diagnosis),
    message: plainText(failureMessage(plan, failure)),
    ...(failure.stepId !== undefined && { step: failure.stepId }),
    ...sourceField(failedAt, workspace),
    ...(sourceUrl && { sourceUrl }),
    lastLines: failureLines(plan, failure).flatMap((line) => printableLines(line.text)),
  };
}

function testFields({ passed, url, commands, startMs, metrics }: SmokeTestOutcome) {
  return {
    passed,
    ...(url && { url: { ...url, url: singleLine(url.url, 1000), last: singleLine(url.last, 200) } }),
    commands: commands.map(({ title, exitCode, durationMs }) => ({
      title: singleLine(title, 1000),
      ...(exitCode !== undefined && { exitCode }),
      durationMs,
    })),
    ...(startMs !== undefined && { startMs }),
    ...(metrics && { metrics }),
  };
}

function earlierBuild(
  plan: PartialPlan,
  { buildId, templateId, rebuiltFor, failure, diagnosis }: EarlierBuild,
) {
  return {
    buildId,
    templateId,
    again: rebuiltFor,
    class: diagnosis?.class ?? 'unknown',
    what: plainText(diagnosis?.what ?? ''),
    message: plainText(failure ? failureMessage(plan, failure) : ''),
    ...(failure?.stepId !== undefined && { step: failure.stepId }),
  };
}

/** The failure of a build that this run gave up. It belongs to no step, and its words are those of the diagnosis. */
function abandoned({ abortedBy, diagnosis }: BuildOutcome): BuildFailure | undefined {
  return abortedBy && { message: diagnosis?.what ?? '', lastLines: [] };
}

function sourceField(at: SourceLocation | undefined, workspace: string | undefined) {
  return at && { source: placeLabel(at, workspace) };
}

function plainText(text: string): string {
  return printableLines(text).join('\n');
}
