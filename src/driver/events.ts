import type { LogLevel, TagChange } from '../api/types.ts';
import type { RequestFailure } from '../http/errors.ts';
import type { RunnerTrouble } from '../runner-errors.ts';
import type { Diagnosis } from './diagnosis/types.ts';

/**
 * What happens during a build, in order. `build/` emits them, `report/` shows them; neither knows the
 * other. Times are milliseconds since the epoch by the service's clock; durations are milliseconds.
 */
export type BuildEvent =
  | {
      readonly type: 'registered';
      readonly templateId: string;
      readonly buildId: string;
      readonly tags: readonly string[];
      /** From 2 on for a build that takes the place of one that failed. */
      readonly attempt?: number;
    }
  /** Another run is making a build of the same content, which is followed in place of one of our own. */
  | {
      readonly type: 'joined';
      readonly templateId: string;
      readonly buildId: string;
      /** Those that the build is to get from this run. */
      readonly tags: readonly string[];
    }
  /** A build of the same content has the tags of this run now. */
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
  | { readonly type: 'step-started'; readonly step: StepHeader; readonly at: number }
  | { readonly type: 'line'; readonly line: LogLine }
  | {
      readonly type: 'step-finished';
      readonly step: StepHeader;
      readonly durationMs?: number;
      /** Absent for a step that was done. */
      readonly unfinished?: UnfinishedStep;
    }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'finished'; readonly outcome: BuildOutcome };

/** The step did not work, the build ended in the midst of it, or its end was not seen here. */
export type UnfinishedStep =
  | { readonly how: 'failed'; readonly reason: string }
  | { readonly how: 'stopped' | 'unseen' };

/** A phase or step of the build as its header line announces it. */
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
  /** Absent for a step that was done. */
  readonly unfinished?: UnfinishedStep['how'];
}

/** Why a build was given up here while it continues at the service. */
export type AbortReason = 'timeout' | 'interrupted';

/** How the build ended. */
export interface BuildOutcome {
  /**
   * `building` when the end was not seen: not waited for, given up, or the service stopped answering.
   * `superseded` when a newer build of the same template and tag took its place.
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
  /** Set when the build was given up here: past the time limit, or the job was cancelled. It goes on at the service. */
  readonly abortedBy?: AbortReason;
  /** Builds that failed and in whose place this one was made, oldest first. */
  readonly earlier?: readonly EarlierBuild[];
  /** Set when this run did not make the build. */
  readonly reused?: ReusedBuild;
}

/** A build that this run did not make. Times are milliseconds since the epoch by the service's clock. */
export interface ReusedBuild {
  /** Ready when this run began, or made by another run at the same time. */
  readonly source: 'existing' | 'joined';
  readonly createdAt: number;
  readonly finishedAt?: number;
  /** Commit that it was made from first, where that is known. */
  readonly commit?: string;
  /** What became of the tags of this run. */
  readonly moves: readonly TagChange[];
}

/** A build that failed and was made once more. */
export interface EarlierBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** Why it was made once more: the service lost it, or a step failed on layers from the cache. */
  readonly rebuiltFor: 'new-build' | 'without-cache';
  readonly failure?: BuildFailure;
  readonly diagnosis?: Diagnosis;
}

/** Why the build failed: in the service's words, or because a request to it did not work out. */
export interface BuildFailure {
  readonly message: string;
  /** Id of the step that failed, as in {@link StepHeader.id}. */
  readonly stepId?: string;
  /** Last lines of the failing step, up to 200; the cause may stand above what is shown. */
  readonly lastLines: readonly LogLine[];
  /** The request that did not work out; absent when the failure is the service's verdict. */
  readonly request?: RequestFailure;
  /** Set when this machine could not do its part. */
  readonly runner?: RunnerTrouble;
}

/** Whether a sandbox starts from the build, now or once it is ready. */
export function mayStart({ status }: Pick<BuildOutcome, 'status'>): boolean {
  return status === 'ready' || status === 'building';
}
