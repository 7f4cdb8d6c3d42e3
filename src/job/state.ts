import { type BuildRecord, parseBuildRecord } from '../history/last-build.ts';
import { isRecord, parseJson } from '../json.ts';
import type { LeftSandbox } from '../smoke-test/end-sandboxes.ts';

/** What the main step saves for the post step. It has no secret: the runner prints it in debug logs. */
export interface StepState {
  /**
   * The build that was registered or followed last; `ofOther` when another run registered it, `isTested` when its tags
   * come after a test.
   */
  readonly build?: {
    readonly name: string;
    readonly buildId: string;
    readonly ofOther?: boolean;
    readonly isTested?: boolean;
  };
  /** Whether the main step finished and wrote its outputs and summary. */
  readonly ended: boolean;
  /** Whether a job summary is wanted. */
  readonly summary: boolean;
  /** What the post step should remember. */
  readonly lastBuild?: BuildRecord;
}

/** A sandbox that may run at the service. Nothing in it is secret. */
export interface SandboxState extends LeftSandbox {
  readonly apiUrl: string;
}

/** What is needed of `@actions/core`. */
export interface StateCommands {
  saveState(name: string, value: string): void;
  getState(name: string): string;
}

const key = 'novitaTemplate';
/** Of its own, since it comes and goes during the step. */
const sandboxKey = 'novitaSandbox';

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

/** Replaces the saved sandbox; `undefined` when none can run any more. */
export function saveSandbox(commands: StateCommands, sandbox: SandboxState | undefined): void {
  commands.saveState(sandboxKey, sandbox ? JSON.stringify(sandbox) : '');
}

/** The sandbox that the main step may have left; `undefined` when there is none, or its state cannot be read. */
export function loadSandbox(commands: StateCommands): SandboxState | undefined {
  const found = parseJson(commands.getState(sandboxKey));
  if (!isRecord(found)) return undefined;
  const { apiUrl, marker, sandboxId, isUncertain } = found;
  if (typeof apiUrl !== 'string' || !URL.canParse(apiUrl) || typeof marker !== 'string') return undefined;
  return {
    ...{ apiUrl, marker },
    ...(typeof sandboxId === 'string' && { sandboxId }),
    ...(isUncertain === true && { isUncertain }),
  };
}
