import type { LastBuild } from '../history/last-build.ts';
import { parseLastBuild } from '../history/last-build.ts';

/** What the main step leaves for the post step. Holds no secret: the runner prints it in debug logs. */
export interface StepState {
  /** The build that was registered last. */
  readonly build?: { readonly name: string; readonly buildId: string };
  /** Whether the main step came to its own end, with its outputs and summary written. */
  readonly ended: boolean;
  /** Whether a job summary is wanted. */
  readonly summary: boolean;
  /** What the post step should remember. */
  readonly lastBuild?: LastBuild;
}

/** What is needed of `@actions/core`. */
export interface StateCommands {
  saveState(name: string, value: string): void;
  getState(name: string): string;
}

const key = 'novitaTemplate';

/** Overwrites what was left before. */
export function leaveState(commands: StateCommands, state: StepState): void {
  commands.saveState(key, JSON.stringify(state));
}

/** What the main step left, or `undefined` in the main step itself. */
export function foundState(commands: StateCommands): StepState | undefined {
  const text = commands.getState(key);
  if (text === '') return undefined;
  const { build, ended, summary, lastBuild } = JSON.parse(text);
  const remembered = parseLastBuild(JSON.stringify(lastBuild ?? null));
  return {
    ended: ended === true,
    summary: summary === true,
    ...(typeof build?.name === 'string' && typeof build.buildId === 'string' && { build }),
    ...(remembered && { lastBuild: remembered }),
  };
}
