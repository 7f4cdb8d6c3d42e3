import { type BuildRecord, parseBuildRecord } from '../history/last-build.ts';
import { parseJson } from '../json.ts';

/** What the main step saves for the post step. It has no secret: the runner prints it in debug logs. */
export interface StepState {
  /** The build that was registered or followed last; `ofOther` when another run registered it. */
  readonly build?: { readonly name: string; readonly buildId: string; readonly ofOther?: boolean };
  /** Whether the main step finished and wrote its outputs and summary. */
  readonly ended: boolean;
  /** Whether a job summary is wanted. */
  readonly summary: boolean;
  /** What the post step should remember. */
  readonly lastBuild?: BuildRecord;
}

/** What is needed of `@actions/core`. */
export interface StateCommands {
  saveState(name: string, value: string): void;
  getState(name: string): string;
}

const key = 'novitaTemplate';

/** The post step gets it as an environment variable, which may hold 128 KiB. */
const stateLimit = 100_000;

/** Replaces the saved state. A build that is too long is left out. */
export function saveState(commands: StateCommands, state: StepState): void {
  const whole = JSON.stringify(state);
  const { lastBuild, ...rest } = state;
  commands.saveState(key, Buffer.byteLength(whole) <= stateLimit ? whole : JSON.stringify(rest));
}

/** The state that the main step saved; `undefined` when there is none that can be read. */
export function loadState(commands: StateCommands): StepState | undefined {
  // biome-ignore lint/suspicious/noExplicitAny: every field is checked before it is used.
  const found = parseJson(commands.getState(key)) as any;
  if (!found) return undefined;
  const { build, ended, summary, lastBuild } = found;
  const remembered = parseBuildRecord(JSON.stringify(lastBuild ?? null));
  return {
    ended: ended === true,
    summary: summary === true,
    ...(typeof build?.name === 'string' && typeof build.buildId === 'string' && { build }),
    ...(remembered && { lastBuild: remembered }),
  };
}
