import type { LogLevel } from '../api/types.ts';
import type { ExecutorBuild } from './executor.ts';
import type { Place } from './phases.ts';

/**
 * A part of a build that a rule can name. `machine` is the start of a sandbox, `command` what it is asked to run, `alive`
 * whether its start command still runs, `port` what a port serves.
 */
export type SimulatedPlace = Place | SandboxPlace;

export type SandboxPlace = 'machine' | 'command' | 'alive' | 'port';

/** A line of output; a bare string is a line on standard output. */
export type ScriptedLine =
  | string
  | {
      readonly text: string;
      readonly stream?: 'stdout' | 'stderr';
      /** Default: what the service gives output of that place. */
      readonly level?: LogLevel;
      /** Sent as it is: not split, not trimmed, without the `[builder 1/3] [stdout]: ` in front. */
      readonly raw?: boolean;
    };

/** What happens at a place of the build. All given conditions must hold. */
export interface SimulationRule {
  readonly at?: SimulatedPlace;
  /** A step's type: `RUN`, `COPY`, … in upper case. */
  readonly type?: string;
  /** Matched against the header's text: `RUN pip install requests`, `FROM python:3.12`, the start command. */
  readonly text?: RegExp;

  /** How long it takes; `Infinity` lasts until the build is cancelled. */
  readonly durationMs?: number;
  /** Continues when this settles, after `durationMs`, so that a test decides when. */
  readonly until?: Promise<unknown>;
  /** Replaces the simulated output. A function makes it lazily, so that 50,000 lines need not exist at once. */
  readonly lines?: Iterable<ScriptedLine> | (() => Iterable<ScriptedLine>);
  /** Overrides the layer cache. */
  readonly cached?: boolean;
  /**
   * Fails after the output, even when the layer would be cached. `step` is `reason.step`: by default that of the place;
   * `null` for none.
   */
  readonly fail?: { readonly message: string; readonly step?: string | null };
  /** Of a command in a sandbox: how it ends. Default 0. */
  readonly exitCode?: number;
  /**
   * Of a port, whose text is `8080/health`: the status of its answers. Default 200 while the start command runs; nothing
   * listens without one, or where the rule fails.
   */
  readonly status?: number | (() => number);
}

/** The rules for all builds, or those for one build. The first rule that fits a place is used. */
export type SimulationScript =
  | readonly SimulationRule[]
  | ((build: ExecutorBuild) => readonly SimulationRule[] | undefined);

/** What a rule is compared with. */
export interface ScriptedPlace {
  readonly at: SimulatedPlace;
  readonly type?: string;
  readonly text: string;
}

export function rulesFor(
  script: SimulationScript | undefined,
  build: ExecutorBuild,
): readonly SimulationRule[] {
  return (typeof script === 'function' ? script(build) : script) ?? [];
}

export function findRule(rules: readonly SimulationRule[], place: ScriptedPlace): SimulationRule | undefined {
  return rules.find(
    (rule) =>
      (rule.at === undefined || rule.at === place.at) &&
      (rule.type === undefined || rule.type === place.type) &&
      // `search` instead of `test`: a global expression would remember where it stopped.
      (rule.text === undefined || place.text.search(rule.text) >= 0),
  );
}
