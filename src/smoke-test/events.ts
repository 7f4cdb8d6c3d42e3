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
