import type { SandboxMetrics } from '../../api/sandbox-schemas.ts';
import type { KindName } from '../../definition/kinds.ts';
import type { Diagnosis, FailureClass } from '../../driver/diagnosis/failure-classes.ts';
import type { BuildOutcome, EarlierBuild } from '../../driver/events.ts';
import type { PlanDiff } from '../../history/diff.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { ReusedResult } from '../text/reused.ts';
import type { SourceView } from '../text/source-lines.ts';

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
  /**
   * The build that each of these tags was on before this run, or `null` for a new tag: a way back. Set where this run
   * moved them to a build that is ready. The service itself moves those of a new build without a test.
   */
  readonly previous?: Readonly<Record<string, string | null>>;
  /** Tags that this run was asked for, and that a newer run put on another build meanwhile. */
  readonly elsewhere?: readonly string[];
  /** This and the next two are absent when nothing was built. */
  readonly templateId?: string;
  readonly buildId?: string;
  /** `name:buildId`, the exact name of this build. */
  readonly reference?: string;
  /**
   * `building` when this run did not see the end; `superseded` when a newer build took the place of this one;
   * `skipped` when the recipe was read and planned, and not built since there is no API key, also when a local build in
   * its place cannot do what the recipe asks for; `unpublished` when no build has
   * this content and none was to be made; `validated` when a local build is
   * ready; `planned` when nothing was to be changed (`dry-run`).
   */
  readonly status: BuildOutcome['status'] | NotBuilt | 'validated';
  /**
   * Set for a build in containers of the runner: no build at the service has this result, so it has no identifiers, and
   * no tag moved.
   */
  readonly local?: true;
  /** SHA-256 of everything that decides what a build makes; absent when unknown. */
  readonly fingerprint?: string;
  /** Set when the build existed already, or was made by another run at the same time. */
  readonly reused?: ReusedResult;
  readonly durationMs: number;
  /** This and the next three are absent when unknown, as for a build that another job planned. */
  readonly cpuCount?: number;
  readonly memoryMb?: number;
  /** `FROM python:3.12`. */
  readonly base?: string;
  readonly definition?: {
    readonly file: string;
    readonly kind?: KindName;
    /** Absent for kinds that have no exports. */
    readonly export?: string;
    readonly sdk: { readonly from: 'repository' | 'action'; readonly version: string };
    /** Places of the parts other than steps. */
    readonly sources?: { readonly base?: string; readonly start?: string; readonly ready?: string };
  };
  readonly steps: readonly ResultStep[];
  /** The test of the finished template, where there was one. Times are milliseconds, sizes bytes. */
  readonly test?: {
    readonly passed: boolean;
    /** The page that had to be served: `8080/health`, and the last that was found, such as `status 502`. */
    readonly url?: {
      readonly url: string;
      readonly passed: boolean;
      readonly last: string;
      readonly durationMs: number;
    };
    /** Those that ran, in order. `exitCode` is absent where the time limit ended the command. */
    readonly commands: readonly {
      readonly title: string;
      readonly exitCode?: number;
      readonly durationMs: number;
    }[];
    readonly startMs?: number;
    readonly metrics?: SandboxMetrics;
  };
  /** Set if the build has passed the same test in an earlier run, and was not tested again. */
  readonly testedBefore?: true;
  /** How the template differs from the last good build of the base branch, or of this one; absent when unknown. */
  readonly changes?: PlanDiff;
  /** Also set, without a step, when this run gave the build up. Its class is then `timeout` or `interrupted`. */
  readonly failure?: {
    readonly class: Diagnosis['class'];
    /**
     * Set if the build itself is ready. `test`: what failed is its test, or came before its tags moved. `tags`: it is not
     * known which of them moved.
     */
    readonly during?: 'test' | 'tags';
    readonly title: string;
    /** What happened. */
    readonly what: string;
    /** What to do, and what to try if that does not help. */
    readonly advice: string;
    readonly next?: string;
    /** Whether another build could end differently without a change. */
    readonly retry: Diagnosis['retry'];
    /** The service's own words. */
    readonly message: string;
    readonly step?: string;
    readonly source?: string;
    /** Address of that line at the commit that was built. */
    readonly sourceUrl?: string;
    readonly lastLines: readonly string[];
  };
  /** Failed builds that this one replaced, oldest first. */
  readonly earlier?: readonly {
    readonly buildId: string;
    readonly templateId: string;
    /** Why it was built again: the service lost it, or a step failed on layers from the cache. */
    readonly again: EarlierBuild['rebuiltFor'];
    readonly class: Diagnosis['class'];
    readonly what: string;
    readonly message: string;
    readonly step?: string;
  }[];
  /** Warnings about the definition, such as secrets in ENV steps. */
  readonly warnings: readonly {
    /** The recipe check that found it: `moving-base`. Absent for facts. */
    readonly rule?: string;
    readonly title: string;
    readonly message: string;
    readonly source?: string;
  }[];
}

/** Why a plan was not built. */
export type NotBuilt = 'skipped' | 'unpublished' | 'planned';

/** Whether there is, or was, a build. */
export function isBuilt(status: ResultDocument['status']): status is BuildOutcome['status'] {
  return status !== 'skipped' && status !== 'unpublished' && status !== 'planned';
}

/**
 * How far a step came: `stopped` when the build ended during it, `reused` when the build existed already, `pending`
 * when the run did not wait for it, `not built` when there was no build.
 */
export type StepState = (typeof stepStates)[number];

export const stepStates = [
  'cached',
  'built',
  'reused',
  'failed',
  'stopped',
  'not reached',
  'pending',
  'not built',
] as const;

/** One step or phase of a build. */
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

/** A plan with facts about it from before its build. */
export interface ReportedPlan {
  readonly plan: PartialPlan;
  /** What file names are shown relative to. */
  readonly workspace?: string;
  readonly changes?: PlanDiff;
  /** How long a step usually takes when it is not cached, in milliseconds. */
  readonly typicalMs?: (stepId: string) => number | undefined;
  readonly sources?: SourceView;
  /** The build runs in containers of the runner. */
  readonly local?: true;
  /** Failures that do not fail the step, and are a notice. */
  readonly mild?: ReadonlySet<FailureClass>;
}
