import type { SandboxMetrics } from '../api/sandbox-schemas.ts';

/** What happens during a test, in order. `command` counts from 1. Durations are milliseconds. */
export type SmokeTestEvent =
  | { readonly type: 'waiting'; readonly inUse: number; readonly most: number }
  | { readonly type: 'sandbox'; readonly sandboxId: string; readonly durationMs: number }
  | { readonly type: 'command'; readonly command: number; readonly total: number; readonly title: string }
  /** Whole lines, without their ends: untrusted text. */
  | { readonly type: 'line'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'command-end'; readonly outcome: CommandOutcome };

/** How one command went. */
export interface CommandOutcome {
  readonly title: string;
  /** Absent when the time limit ended it. */
  readonly exitCode?: number;
  readonly durationMs: number;
  /** The last lines that it printed, up to 200: untrusted text. */
  readonly lastLines: readonly string[];
}

export interface SmokeTestOutcome {
  readonly passed: boolean;
  /** Absent when none could be started. */
  readonly sandboxId?: string;
  /** From the request for a sandbox to its answer. */
  readonly startMs?: number;
  /** Those that ran; the last one failed unless the test passed. */
  readonly commands: readonly CommandOutcome[];
  readonly metrics?: SandboxMetrics;
  readonly failure?: SmokeTestFailure;
}

/** Why a test did not pass. */
export interface SmokeTestFailure {
  /**
   * `command`: one failed. `start-command`: it does not run in the sandbox. `sandbox`: none could be started, or it was
   * lost; that says nothing about the template.
   */
  readonly cause: 'command' | 'start-command' | 'sandbox';
  readonly message: string;
}
