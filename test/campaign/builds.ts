/** The builds of a stand-in of the service: what was really registered, started and stored, whatever was answered. */
import { randomUUID } from 'node:crypto';

export interface Entry {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
  readonly step?: string;
}

/** How the builds of a run go once they are started. */
export interface Course {
  readonly durationMs: number;
  /** Text, level and step of each line, in order. */
  readonly lines: readonly (readonly [message: string, level: string, step?: string])[];
  readonly reason?: unknown;
}

export interface Build {
  readonly id: string;
  readonly template: string;
  readonly tags: readonly string[];
  readonly size: { readonly cpuCount: number; readonly memoryMB: number };
  registeredAt: number;
  readonly course: Course;
  startedAt?: number;
  /** Set when a newer build took its place, or its files are missing. */
  ended?: { readonly at: number; readonly reason: string };
}

/** @param clockMs - how far the clock of the service is ahead */
export function createBuilds(course: Course, clockMs: number) {
  const builds: Build[] = [];
  /** Newest last. */
  const rows: { name: string; tag: string; buildId: string; at: number }[] = [];
  const stored = new Set<string>();
  const templates = new Map<string, string>();

  const time = (at: number) => new Date(at + clockMs).toISOString();
  const nameOf = (nameOrId: string) =>
    [...templates].find(([name, id]) => name === nameOrId || id === nameOrId)?.[0];
  const sharesTag = (one: Build, tags: readonly string[]) => one.tags.some((tag) => tags.includes(tag));

  function stateOf(build: Build, at = Date.now()): 'waiting' | 'building' | 'ready' | 'error' {
    if (build.ended && build.ended.at <= at) return 'error';
    if (build.startedAt === undefined || build.startedAt > at) return 'waiting';
    if (at < build.startedAt + build.course.durationMs) return 'building';
    return build.course.reason === undefined ? 'ready' : 'error';
  }

  function entriesOf(build: Build, at = Date.now()): Entry[] {
    const { startedAt, course } = build;
    if (startedAt === undefined) return [];
    const gap = course.durationMs / course.lines.length;
    const until = Math.min(at, build.ended?.at ?? at);
    return course.lines.flatMap(([message, level, step], index) => {
      // Several lines share a millisecond, as those of one chunk do.
      const printedAt = startedAt + Math.floor((index + 1) * gap);
      if (printedAt > until) return [];
      return [{ timestamp: time(printedAt), level, message, ...(step !== undefined && { step }) }];
    });
  }

  function newest(name: string): Map<string, { buildId: string; at: number }> {
    return new Map(
      rows.filter((row) => row.name === name).map(({ tag, buildId, at }) => [tag, { buildId, at }]),
    );
  }

  function register(name: string, tags: readonly string[], size: Build['size'], own = course): Build {
    const at = Date.now();
    templates.set(name, templates.get(name) ?? `tpl${templates.size}${'x'.repeat(16)}`);
    for (const older of builds) {
      if (older.template !== name || stateOf(older) !== 'waiting' || !sharesTag(older, tags)) continue;
      older.ended = { at, reason: 'The build was canceled because it was superseded by a newer one.' };
    }
    const build: Build = { id: randomUUID(), template: name, tags, size, registeredAt: at, course: own };
    builds.push(build);
    for (const tag of tags) rows.push({ name, tag, buildId: build.id, at });
    return build;
  }

  function start(build: Build, recipe: { steps?: { type: string; filesHash?: string }[] }): boolean {
    const at = Date.now();
    for (const other of builds) {
      if (other === build || other.template !== build.template || stateOf(other) !== 'building') continue;
      if (sharesTag(other, build.tags)) other.ended = { at, reason: 'build was cancelled' };
    }
    if (stateOf(build) !== 'waiting') return false;
    build.startedAt = at;
    const lacks = recipe.steps?.some(({ filesHash }) => filesHash !== undefined && !stored.has(filesHash));
    if (lacks) build.ended = { at, reason: 'failed to copy layer tar data to temporary file: not found' };
    return true;
  }

  /** Lets time pass for all that is there; the order stays. */
  function age(ms: number): void {
    for (const row of rows) row.at -= ms;
    for (const build of builds) {
      build.registeredAt -= ms;
      if (build.startedAt !== undefined) build.startedAt -= ms;
    }
  }

  return { builds, rows, stored, templates, time, nameOf, stateOf, entriesOf, newest, register, start, age };
}
