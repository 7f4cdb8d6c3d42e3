import type { BuildOutcome } from '../build/events.ts';

/** What is remembered of a template's last good build. Times are RFC 3339, durations milliseconds. */
export interface LastBuild {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly buildId: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly steps: readonly {
    readonly title: string;
    readonly cached: boolean;
    readonly durationMs: number;
  }[];
}

/** What to remember of a build that is ready; `undefined` for any other. */
export function rememberedBuild(outcome: BuildOutcome, finishedAt: Date): LastBuild | undefined {
  if (outcome.status !== 'ready') return undefined;
  return {
    schemaVersion: 1,
    name: outcome.name,
    buildId: outcome.buildId,
    finishedAt: finishedAt.toISOString(),
    durationMs: outcome.durationMs,
    steps: outcome.steps.flatMap(({ title, cached, durationMs }) =>
      durationMs === undefined ? [] : [{ title, cached, durationMs }],
    ),
  };
}

/** Reads what {@link rememberedBuild} wrote; `undefined` for anything else, such as another version's. */
export function parseLastBuild(text: string): LastBuild | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isLastBuild(value) ? value : undefined;
}

function isLastBuild(value: unknown): value is LastBuild {
  if (typeof value !== 'object' || value === null) return false;
  const { schemaVersion, name, buildId, finishedAt, durationMs, steps } = value as Partial<LastBuild>;
  return (
    schemaVersion === 1 &&
    [name, buildId, finishedAt].every((text) => typeof text === 'string') &&
    isDuration(durationMs) &&
    Array.isArray(steps) &&
    steps.every((step) => typeof step?.title === 'string' && isDuration(step.durationMs))
  );
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
