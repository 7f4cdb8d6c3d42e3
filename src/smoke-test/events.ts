import type { SandboxMetrics, SandboxUse } from '../api/sandbox-schemas.ts';
import type { UrlOutcome } from './served-port.ts';

/** What happens during a test, in order. `command` counts from 1. Durations are milliseconds. */
export type SmokeTestEvent =
  /** No sandbox is free. `why` is the service's answer in a few words. */
  | { readonly type: 'waiting'; readonly why: string; readonly use?: SandboxUse; readonly leftMs: number }
  | { readonly type: 'sandbox'; readonly sandboxId: string; readonly durationMs: number }
  /** The sandbox was lost, and the test begins anew in another. */
  | { readonly type: 'again'; readonly why: string }
  | { readonly type: 'url'; readonly url: string }
  /** What the port answered, when that changes: `status 502`. */
  | { readonly type: 'url-answer'; readonly found: string }
  | { readonly type: 'url-end'; readonly outcome: UrlOutcome }
  | { readonly type: 'command'; readonly command: number; readonly total: number; readonly title: string }
  /** Whole lines, without their ends: untrusted text. */
  | { readonly type: 'line'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'command-end'; readonly outcome: CommandOutcome }
  /** The sandbox could not be ended, and ends by itself after so many milliseconds at most. */
  | { readonly type: 'left'; readonly sandboxId?: string; readonly endsInMs: number };

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
  /** Set where a page had to be served. */
  readonly url?: UrlOutcome;
  /** Those that ran; the last one failed unless the test passed. */
  readonly commands: readonly CommandOutcome[];
  readonly metrics?: SandboxMetrics;
  readonly failure?: SmokeTestFailure;
}

/** Why a test did not pass. */
export interface SmokeTestFailure {
  /**
   * `command`: one failed. `start-command`: it does not run in the sandbox. `url`: nothing good was served. `sandbox`:
   * none could be started, or it was lost; that says nothing about the template.
   */
  readonly cause: 'command' | 'start-command' | 'url' | 'sandbox';
  readonly message: string;
  /** Of the service's answer, where it refused a sandbox. */
  readonly status?: number;
}

/** Whether the template itself is at fault, and not what it was tested with. */
export function isFaultOfTemplate({ failure }: Pick<SmokeTestOutcome, 'failure'>): boolean {
  return failure !== undefined && failure.cause !== 'sandbox';
}
