import type { BuildStatusReason, LogLevel, RecipeBody } from '../api/types.ts';

/** One line of the build log before the service stamps it with its clock. */
export interface ExecutorLine {
  readonly level: LogLevel;
  readonly message: string;
  /** `base`, a step number as text, `finalize`, …; absent for lines about the whole build. */
  readonly step?: string;
}

/** Adds a line to the build's log. It never fails and costs little, so that output can be passed on at once. */
export type LogSink = (line: ExecutorLine) => void;

/** The input of an executor: a recipe, with everything already looked up that only the service has. */
export interface ExecutorBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** The template's name without namespace and tag. */
  readonly name: string;
  /** The tags that the build was registered with. */
  readonly tags: readonly string[];
  /** 1 for the first build that was registered with the service, 2 for the second, and so on. */
  readonly ordinal: number;
  readonly template: RecipeBody;
  /** The build that `fromTemplate` resolves to. */
  readonly parent?: { readonly templateId: string; readonly buildId: string };
  /** Start and ready command as they will run: the recipe's own, or the parent's when it sets neither. */
  readonly startCmd?: string;
  readonly readyCmd?: string;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** Path of the uploaded gzip tar on disk; undefined when nothing was uploaded under that hash. */
  archivePath(filesHash: string): string | undefined;
}

export type ExecutorResult =
  | { readonly status: 'ready' }
  | { readonly status: 'error'; readonly reason: Pick<BuildStatusReason, 'message' | 'step'> };

/**
 * Carries out a recipe. The service owns statuses, paging and timestamps. It also writes the first (`Building template …`)
 * and the last line (`Build finished …` or `Build failed: …`).
 */
export interface Executor {
  readonly name: string;
  /**
   * Runs base, steps, start and ready command, in this order. A recipe that fails is a result, not an
   * exception. When `signal` fires, it must release everything and settle soon, either way. Lines and
   * results after that are dropped.
   */
  execute(build: ExecutorBuild, log: LogSink, signal: AbortSignal): Promise<ExecutorResult>;
  /**
   * Starts a machine from a ready build of this executor. Its start command runs, and was ready once. Absent: the
   * service has no sandboxes. Rejects with an `Error` whose message says why it cannot start.
   */
  startMachine?(build: ExecutorBuild): Promise<Machine>;
  /** Frees what outlives a build; called once, after the last build has settled and the last machine is closed. */
  close?(): Promise<void>;
}

/** A program that a sandbox is asked to run. */
export interface MachineCommand {
  readonly cmd: string;
  readonly args: readonly string[];
  readonly envs: Readonly<Record<string, string>>;
  /** The home directory of the user when absent. */
  readonly cwd?: string;
  /** `user` when absent. */
  readonly user?: string;
}

/** A program that runs in a machine. */
export interface MachineProcess {
  readonly pid: number;
  readonly cmd: string;
  readonly args: readonly string[];
}

/** How much of a machine is in use. Bytes, but for the CPUs and their percentage. */
export interface MachineMetrics {
  readonly cpuCount: number;
  readonly cpuUsedPct: number;
  readonly memTotal: number;
  readonly memUsed: number;
  readonly diskTotal: number;
  readonly diskUsed: number;
}

/** What a server in a machine answered. */
export interface PortAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A running machine, which a sandbox is at the service. */
export interface Machine {
  /** Runs a program to its end. Output comes in pieces, as it is written. When `signal` fires, it is killed. */
  run(
    command: MachineCommand,
    onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number }>;
  /** The programs that it was asked to run and that still run, the start command among them. */
  processes(): Promise<readonly MachineProcess[]>;
  metrics(): Promise<MachineMetrics>;
  /** Asks a port of it by GET; `undefined` when nothing listens there, or what does is no HTTP server. */
  ask(port: number, path: string): Promise<PortAnswer | undefined>;
  /** Ends it and everything in it. */
  close(): Promise<void>;
}
