import { buildReference } from '../../api/names.ts';
import type { Diagnosis } from '../../driver/diagnosis/types.ts';
import type { BuildFailure, BuildOutcome, EarlierBuild } from '../../driver/events.ts';
import type { PlanDiff } from '../../history/diff.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { SourceLocation } from '../../problem.ts';
import { failureLines, failureMessage, failureOf, failurePlace, failureTitle } from '../text/failure.ts';
import { displayPath } from '../text/format.ts';
import { type ReusedResult, reusedFields } from '../text/reused.ts';
import { printableLines, singleLine } from '../text/sanitize.ts';
import type { SourceView } from '../text/source-lines.ts';
import { type StepRow, type StepState, stepRows } from './steps.ts';

/**
 * The JSON object in the result file: everything about one build that a later step may want. New fields may
 * be added at any time; a change of meaning raises `schemaVersion`. Holds no secret: no key and no registry
 * credentials. Texts from outside carry no control characters. Paths are relative to the workspace, with
 * forward slashes; a place is `path:line`. Durations are milliseconds, times RFC 3339.
 */
export interface ResultDocument {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly tags: readonly string[];
  /** This and the next two are absent when nothing was built. */
  readonly templateId?: string;
  readonly buildId?: string;
  /** `name:buildId`, the exact name of this build. */
  readonly reference?: string;
  /**
   * `building` when the end was not seen here; `superseded` when a newer build took the place of this one;
   * `skipped` when the recipe was read and planned, and not built for want of a key; `unpublished` when no build has
   * this content and none was to be made.
   */
  readonly status: BuildOutcome['status'] | 'skipped' | 'unpublished';
  /** SHA-256 of everything that decides what a build makes; absent where that cannot be known. */
  readonly fingerprint?: string;
  /** Set when the build was there already, or was made by another run at the same time. */
  readonly reused?: ReusedResult;
  readonly durationMs: number;
  /** This and the next three are absent where they are not known, as of a build that another job planned. */
  readonly cpuCount?: number;
  readonly memoryMb?: number;
  /** `FROM python:3.12`. */
  readonly base?: string;
  readonly definition?: {
    readonly file: string;
    readonly export: string;
    readonly sdk: { readonly from: 'repository' | 'action'; readonly version: string };
    /** Places of the parts that are no steps. */
    readonly sources?: { readonly base?: string; readonly start?: string; readonly ready?: string };
  };
  readonly steps: readonly ResultStep[];
  /** What is different from the last good build of the base branch, or of this one; only where that is known. */
  readonly changes?: PlanDiff;
  /** Also set, without a step, when the build was given up here: its classes are then `timeout` and `interrupted`. */
  readonly failure?: {
    readonly class: Diagnosis['class'];
    readonly title: string;
    /** What happened. */
    readonly what: string;
    /** What to do, and what else when that does not help. */
    readonly advice: string;
    readonly next?: string;
    /** Whether one more build could end otherwise with nothing changed. */
    readonly retry: Diagnosis['retry'];
    /** The service's own words. */
    readonly message: string;
    readonly step?: string;
    readonly source?: string;
    /** Address of that line at the commit that was built. */
    readonly sourceUrl?: string;
    readonly lastLines: readonly string[];
  };
  /** Builds that failed and in whose place this one was made, oldest first. */
  readonly earlier?: readonly {
    readonly buildId: string;
    readonly templateId: string;
    /** Why it was made once more: the service lost it, or a step failed on layers from the cache. */
    readonly again: EarlierBuild['again'];
    readonly class: Diagnosis['class'];
    readonly what: string;
    readonly message: string;
    readonly step?: string;
  }[];
  /** What the definition was warned about, secrets in ENV steps among it. */
  readonly warnings: readonly {
    readonly title: string;
    readonly message: string;
    readonly source?: string;
  }[];
}

export interface ResultStep {
  /** `base`, `1`, `2`, … , `finalize`, … */
  readonly id: string;
  /** Absent for phases such as `base`. */
  readonly number?: number;
  readonly title: string;
  readonly state: StepState;
  readonly cached: boolean;
  readonly durationMs?: number;
  /** How long it usually takes when it is not cached. */
  readonly usualMs?: number;
  readonly startedAt?: string;
  /** The SDK added this step. */
  readonly hidden?: 'environment' | 'workdir';
  readonly source?: string;
  /** COPY only. `hash` is SHA-256 in hex, the same on every machine for the same content. */
  readonly files?: {
    readonly source: string;
    readonly count: number;
    readonly bytes: number;
    readonly hash: string;
  };
}

/** @param workspace - what paths are relative to; without it they are absolute. */
export function resultDocument({
  plan,
  outcome,
  workspace,
  changes,
  usual,
  sources,
}: Omit<SummaryInput, 'runUrl'>): ResultDocument {
  const { definition } = plan;
  const failure = failureOf(outcome) ?? givenUp(outcome);
  const failedAt = failure && failurePlace(plan, outcome, failure);
  const sourceUrl = failedAt && sources?.link(failedAt);
  const place = (at: SourceLocation | undefined) =>
    at && { source: `${displayPath(at.file, workspace)}:${at.line}` };
  return {
    schemaVersion: 1,
    name: outcome.name,
    tags: outcome.tags,
    templateId: outcome.templateId,
    buildId: outcome.buildId,
    reference: buildReference(outcome),
    status: outcome.status,
    ...(plan.fingerprint && 'hash' in plan.fingerprint && { fingerprint: plan.fingerprint.hash }),
    ...(outcome.reused && { reused: reusedFields(outcome.reused) }),
    durationMs: outcome.durationMs,
    ...(plan.cpuCount !== undefined && { cpuCount: plan.cpuCount }),
    ...(plan.memoryMb !== undefined && { memoryMb: plan.memoryMb }),
    ...(plan.base.title !== '' && { base: singleLine(plan.base.title, 1000) }),
    ...(definition && {
      definition: {
        file: displayPath(definition.file, workspace),
        export: definition.exportName,
        sdk: { from: definition.sdk.from, version: definition.sdk.version },
        sources: Object.fromEntries(
          Object.entries(definition.sources).map(([part, at]) => [part, place(at)?.source]),
        ),
      },
    }),
    steps: stepRows(plan, outcome, usual).map((row) => resultStep(row, place)),
    ...(changes && { changes }),
    ...(failure && {
      failure: {
        ...diagnosisFields(outcome.diagnosis),
        title: failureTitle(plan, failure, outcome.diagnosis?.class),
        message: plainText(failureMessage(plan, failure)),
        ...(failure.stepId !== undefined && { step: failure.stepId }),
        ...place(failedAt),
        ...(sourceUrl && { sourceUrl }),
        lastLines: failureLines(plan, failure).flatMap((line) => printableLines(line.text)),
      },
    }),
    ...(outcome.earlier && { earlier: outcome.earlier.map((build) => earlierBuild(plan, build)) }),
    warnings: [...(definition?.warnings ?? []), ...(plan.warnings ?? [])].map(({ title, message, at }) => ({
      title: singleLine(title, 1000),
      message: plainText(message),
      ...place(at),
    })),
  };
}

function diagnosisFields(diagnosis: Diagnosis | undefined) {
  const { class: failureClass = 'unknown', retry = 'never', what = '', advice = '', next } = diagnosis ?? {};
  return {
    class: failureClass,
    what: plainText(what),
    advice: plainText(advice),
    ...(next && { next: plainText(next) }),
    retry,
  };
}

function earlierBuild(plan: PartialPlan, { buildId, templateId, again, failure, diagnosis }: EarlierBuild) {
  return {
    buildId,
    templateId,
    again,
    class: diagnosis?.class ?? 'unknown',
    what: plainText(diagnosis?.what ?? ''),
    message: plainText(failure ? failureMessage(plan, failure) : ''),
    ...(failure?.stepId !== undefined && { step: failure.stepId }),
  };
}

function givenUp({ stopped, diagnosis }: BuildOutcome): BuildFailure | undefined {
  return stopped && { message: diagnosis?.what ?? '', lastLines: [] };
}

function resultStep(
  row: StepRow,
  place: (at: SourceLocation | undefined) => { source: string } | undefined,
): ResultStep {
  const { id, number, title, state, durationMs, usualMs, startedAt, hidden, source, files } = row;
  return {
    id,
    ...(number !== undefined && { number }),
    title,
    state,
    cached: state === 'cached',
    ...(durationMs !== undefined && { durationMs }),
    ...(usualMs !== undefined && { usualMs }),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt).toISOString() }),
    ...(hidden && { hidden }),
    ...place(source),
    ...(files && {
      files: { source: files.source, count: files.fileCount, bytes: files.bytes, hash: files.hash },
    }),
  };
}

function plainText(text: string): string {
  return printableLines(text).join('\n');
}

export interface SummaryInput {
  readonly plan: PartialPlan;
  readonly outcome: BuildOutcome;
  /** What file names are shown relative to. */
  readonly workspace?: string;
  readonly runUrl?: string;
  readonly changes?: PlanDiff;
  /** How long a step usually takes, in milliseconds. */
  readonly usual?: (stepId: string) => number | undefined;
  readonly sources?: SourceView;
}
