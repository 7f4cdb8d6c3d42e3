import type { LogLevel, TagChange } from '../api/types.ts';
import type { RequestFailure } from '../http/errors.ts';
import type { RunnerTrouble } from '../runner-errors.ts';
import type { SmokeTestOutcome } from '../smoke-test/events.ts';
import type { Diagnosis } from './diagnosis/failure-classes.ts';

/**
 * What happens during a build, in order. The driver emits these events and `report/` shows them. Times are milliseconds since the epoch by the service's clock; durations are milliseconds.
 */
export type BuildEvent =
  | {
      readonly type: 'registered';
      readonly templateId: string;
      readonly buildId: string;
      readonly tags: readonly string[];
      /** 2 or more for a build that replaces one that failed. */
      readonly attempt?: number;
    }
  /** Another run is making a build of the same content, and this run follows that one. */
  | {
      readonly type: 'joined';
      readonly templateId: string;
      readonly buildId: string;
      /** Tags that the build gets from this run. */
      readonly tags: readonly string[];
    }
  /** A build of the same content is used. It has the tags of this run, unless it is tested first. */
  | {
      readonly type: 'reused';
      readonly templateId: string;
      readonly buildId: string;
      readonly tags: readonly string[];
      readonly reused: ReusedBuild;
    }
  | {
      readonly type: 'upload-started';
      readonly step: number;
      readonly source: string;
      readonly bytes: number;
      readonly fileCount: number;
    }
  | {
      readonly type: 'upload-finished';
      readonly step: number;
      readonly source: string;
      readonly outcome: 'sent' | 'present';
      readonly sentBytes: number;
      readonly durationMs: number;
    }
  | { readonly type: 'started' }
  /** A build that has passed its test now has the tags of this run. */
  | { readonly type: 'tags-moved'; readonly buildId: string; readonly moves: readonly TagChange[] }
  | { readonly type: 'step-started'; readonly step: StepHeader; readonly at: number }
  | { readonly type: 'line'; readonly line: LogLine }
  | {
      readonly type: 'step-finished';
      readonly step: StepHeader;
      readonly durationMs?: number;
      /** Absent for a completed step. */
      readonly unfinished?: UnfinishedStep;
    }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'finished'; readonly outcome: BuildOutcome };

/** The step failed, the build ended during it, or its end was not observed. */
export type UnfinishedStep =
  | { readonly how: 'failed'; readonly reason: string }
  | { readonly how: 'stopped' | 'unseen' };

/** A phase or step of the build, as its header line in the log has it. */
export interface StepHeader {
  /** `base`, `1`, `2`, … , `finalize`, `optimize`, or another phase name of the service. */
  readonly id: string;
  /** 1-based number among the steps; absent for phases such as `base`. */
  readonly number?: number;
  /** How many steps the service counts; absent for phases. */
  readonly total?: number;
  /** The header's text without prefix and hash; may have several lines. */
  readonly text: string;
  readonly cached: boolean;
}

/** One line that the build printed, with the service's own decoration taken off. */
export interface LogLine {
  readonly at: number;
  readonly level: LogLevel;
  /** Where the line came from, for the output of a command. */
  readonly stream?: 'stdout' | 'stderr';
  /** Id of the step it belongs to; absent for lines about the whole build. */
  readonly stepId?: string;
  /** Untrusted: may hold control characters and runner commands; `report/` makes it safe to print. */
  readonly text: string;
}

/** How one step went, kept for the summary and the result file. */
export interface StepOutcome {
  readonly id: string;
  readonly number?: number;
  readonly title: string;
  readonly cached: boolean;
  readonly addedBySdk?: 'environment' | 'workdir';
  readonly startedAt?: number;
  readonly durationMs?: number;
  /** Absent for a completed step. */
  readonly unfinished?: UnfinishedStep['how'];
}

/** Why this run stopped waiting for a build: it took too long, or the job was cancelled. */
export type AbortReason = 'timeout' | 'interrupted';

/** How the build ended. */
export interface BuildOutcome {
  /**
   * `building` if the end was not observed: not waited for, aborted, or the service stopped responding.
   * `superseded` if a newer build of the same template and tag replaced it.
   */
  readonly status: 'ready' | 'error' | 'superseded' | 'building';
  readonly templateId: string;
  readonly buildId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly steps: readonly StepOutcome[];
  readonly durationMs: number;
  readonly failure?: BuildFailure;
  /** Explains `failure` or `abortedBy`. */
  readonly diagnosis?: Diagnosis;
  /** Set if this run stopped waiting. The build continues at the service. */
  readonly abortedBy?: AbortReason;
  /**
   * Set if the build itself is ready, and what followed did not end well. `test`: its test, or anything else before its
   * tags moved. `tags`: while they moved, so that it is not known which did.
   */
  readonly endedDuring?: 'test' | 'tags';
  /** Failed builds that this one replaces, oldest first. */
  readonly earlier?: readonly EarlierBuild[];
  /** Set if this run did not make the build. */
  readonly reused?: ReusedBuild;
  /** Set if the finished template was tested. */
  readonly test?: SmokeTestOutcome;
  /** Set if the build has passed the same test in an earlier run, and was not tested again. */
  readonly testedBefore?: true;
  /** Where the tags of this run were before and are now; set if they moved after a test. */
  readonly moves?: readonly TagChange[];
}

/** A build that this run did not make. Times are milliseconds since the epoch by the service's clock. */
export interface ReusedBuild {
  /** `existing`: ready when this run began. `joined`: made by another run at the same time. */
  readonly source: 'existing' | 'joined';
  readonly createdAt: number;
  readonly finishedAt?: number;
  /** The commit that it was first made from, if known. */
  readonly commit?: string;
  /** Where the tags of this run were before and are now; none for a build that is tested first. */
  readonly moves: readonly TagChange[];
}

/** A build that failed and was replaced. */
export interface EarlierBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** Why it was replaced: the service lost it, or a step failed on layers from the cache. */
  readonly rebuiltFor: 'new-build' | 'without-cache';
  readonly failure?: BuildFailure;
  readonly diagnosis?: Diagnosis;
}

/** Why the build failed: the service's reason, or a request that failed. */
export interface BuildFailure {
  readonly message: string;
  /** Id of the step that failed, as in {@link StepHeader.id}. */
  readonly stepId?: string;
  /** Last lines of the failed step, up to 200; the cause may be above the lines that are shown. */
  readonly lastLines: readonly LogLine[];
  /** The request that failed; absent if the service itself says that the build failed. */
  readonly request?: RequestFailure;
  /** Set if the cause is on this machine. */
  readonly runner?: RunnerTrouble;
}

/** Whether a sandbox can start from the build, now or once it is ready. */
export function mayStart({ status }: Pick<BuildOutcome, 'status'>): boolean {
  return status === 'ready' || status === 'building';
}
