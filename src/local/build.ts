import { randomUUID } from 'node:crypto';
import type { BuildStatusName, BuildStatusReason, LogEntry, LogLevel, RecipeBody } from '../api/types.ts';
import type { ExecutorLine, ExecutorResult } from './executor.ts';

/** A line with the service's clock on it, milliseconds since the epoch. */
export interface StampedLine extends ExecutorLine {
  readonly at: number;
}

type Reason = Pick<BuildStatusReason, 'message' | 'step'>;

/** One build and its log. Allows only `waiting` → `building` → `ready` | `error`. */
export class Build {
  readonly id = randomUUID();
  readonly templateId: string;
  readonly name: string;
  /** The tags of its registration; tags may change later. */
  readonly registeredTags: readonly string[];
  readonly cpuCount: number;
  readonly memoryMb: number;
  readonly ordinal: number;
  readonly createdAt = Date.now();
  #status: BuildStatusName = 'waiting';
  #template: RecipeBody | undefined;
  #reason: Reason | undefined;
  #startedAt: number | undefined;
  #updatedAt = this.createdAt;
  #finishedAt: number | undefined;
  readonly #lines: StampedLine[] = [];

  constructor(
    from: Pick<Build, 'templateId' | 'name' | 'registeredTags' | 'cpuCount' | 'memoryMb' | 'ordinal'>,
  ) {
    this.templateId = from.templateId;
    this.name = from.name;
    this.registeredTags = from.registeredTags;
    this.cpuCount = from.cpuCount;
    this.memoryMb = from.memoryMb;
    this.ordinal = from.ordinal;
  }

  get status(): BuildStatusName {
    return this.#status;
  }

  /** The recipe; undefined until the build is started. */
  get template(): RecipeBody | undefined {
    return this.#template;
  }

  get reason(): Reason | undefined {
    return this.#reason;
  }

  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  get updatedAt(): number {
    return this.#updatedAt;
  }

  get finishedAt(): number | undefined {
    return this.#finishedAt;
  }

  get isFinal(): boolean {
    return this.#status === 'ready' || this.#status === 'error';
  }

  get lines(): readonly StampedLine[] {
    return this.#lines;
  }

  /** Appends to the log of a running build; a finished build accepts no more lines. Time stamps never decrease. */
  log(line: ExecutorLine): void {
    if (this.#status !== 'building') return;
    const last = this.#lines.at(-1)?.at ?? 0;
    this.#lines.push({ ...line, at: Math.max(last, Date.now()) });
  }

  start(template: RecipeBody): void {
    if (this.#status !== 'waiting') throw new Error(`build ${this.id} is ${this.#status}, not waiting`);
    this.#template = template;
    this.#startedAt = this.#touch('building');
  }

  /** Ends the build. Only the first result counts. */
  finish(result: ExecutorResult): void {
    if (this.isFinal) return;
    this.#finishedAt = this.#touch(result.status);
    if (result.status === 'error') this.#reason = result.reason;
  }

  #touch(status: BuildStatusName): number {
    this.#status = status;
    this.#updatedAt = Math.max(this.#updatedAt, Date.now());
    return this.#updatedAt;
  }
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** The lines at `level` and above; without a level, all. */
export function atLeast(lines: readonly StampedLine[], level: LogLevel | undefined): readonly StampedLine[] {
  const lowest = LEVELS.indexOf(level ?? 'debug');
  return lowest <= 0 ? lines : lines.filter((line) => LEVELS.indexOf(line.level) >= lowest);
}

export function logEntry(line: StampedLine): LogEntry {
  const entry = { timestamp: new Date(line.at).toISOString(), level: line.level, message: line.message };
  return line.step === undefined ? entry : { ...entry, step: line.step };
}
