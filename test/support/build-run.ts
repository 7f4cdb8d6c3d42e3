/** Builds in process against the embedded service, with every event kept and all pauses short. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TransportOptions } from '../../src/api/transport.ts';
import type { Instruction } from '../../src/api/types.ts';
import type { Definition } from '../../src/definition/definition.ts';
import { type BuildOptions, build } from '../../src/driver/build.ts';
import type { BuildContext, TemplateBefore } from '../../src/driver/context.ts';
import type { BuildEvent, BuildOutcome } from '../../src/driver/events.ts';
import { createStepTracker } from '../../src/driver/step-tracker.ts';
import type { BuildTiming } from '../../src/driver/timing.ts';
import { logEntry } from '../../src/local/build.ts';
import type { BuildView } from '../../src/local/inspect.ts';
import type { LocalService } from '../../src/local/service.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { fastClient } from './fast-client.ts';

export const fastTiming: BuildTiming = {
  pace: { firstMs: 2, growth: 1, busyMs: 2, longestMs: 5 },
  polling: { attempts: Number.POSITIVE_INFINITY, timeMs: 20_000, firstPauseMs: 1, longestPauseMs: 3 },
  refusals: { attempts: 6, timeMs: 20_000, firstPauseMs: 1, longestPauseMs: 3 },
  lookupDelaysMs: [1, 5, 20],
  rereadDelaysMs: [2, 4, 6],
  queue: { firstPauseMs: 4, longestPauseMs: 8, noticeMs: 1000 },
  earlyLookupMs: 60_000,
  lookup: { attempts: 4, timeMs: 20_000, firstPauseMs: 1, longestPauseMs: 3 },
  start: { leastMs: 60_000, mostMs: 60_000, bytesPerMs: 1 },
  linkLifetimeMs: 60_000,
};

export interface PlanChanges {
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly steps?: readonly Instruction[];
  /** Name and content of files that a COPY each sends. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A plan whose COPY sources stand in a directory of its own. */
export async function temporaryPlan({
  name = 'app',
  tags = ['v1', 'default'],
  files = { 'app.txt': 'hello' },
  steps = [{ type: 'RUN', args: ['make'] }],
}: PlanChanges = {}): Promise<Plan & AsyncDisposable> {
  const contextDirectory = await mkdtemp(join(tmpdir(), 'build-test-'));
  for (const [file, content] of Object.entries(files)) await writeFile(join(contextDirectory, file), content);
  const copies = Object.keys(files).map(
    (file): Instruction => ({ type: 'COPY', args: [file, '/srv/', '', ''] }),
  );
  const definition: Definition = {
    file: join(contextDirectory, 'template.ts'),
    kind: 'module',
    exportName: 'template',
    settings: {},
    notices: [],
    sdk: { from: 'action', version: '2.1.1' },
    recipe: { fromImage: 'debian:12' },
    steps: [...copies, ...steps].map((wire) => ({ wire })),
    sources: {},
    contextDirectory,
    ignorePatterns: [],
    warnings: [],
  };
  const plan = await makePlan(definition, { name, tags, cpuCount: 2, memoryMb: 1024, skipCache: false });
  return { ...plan, [Symbol.asyncDispose]: () => rm(contextDirectory, { recursive: true, force: true }) };
}

export interface Run<T> {
  readonly outcome: T;
  readonly events: readonly BuildEvent[];
  /** Notices and sentences about repetitions, in order. */
  readonly notices: readonly string[];
}

export type BuildRun = Run<BuildOutcome>;

export interface ObserveOptions {
  readonly transport?: Partial<TransportOptions>;
  readonly timing?: Partial<BuildTiming>;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BuildEvent) => void;
  /** Whether the events are kept; on by default. */
  readonly keepsEvents?: boolean;
  /** Stands in the user agent, for those that watch requests. */
  readonly agent?: string;
}

export interface RunChanges extends ObserveOptions {
  readonly options?: Partial<BuildOptions>;
  readonly templateBefore?: TemplateBefore;
}

/** Runs something to the end and notes what it emits. Fails when files are left behind. */
export async function observe<T>(
  { url, apiKey }: Pick<LocalService, 'url' | 'apiKey'>,
  {
    transport,
    timing,
    signal = new AbortController().signal,
    onEvent,
    keepsEvents = true,
    agent,
  }: ObserveOptions,
  run: (context: BuildContext & { readonly timing: BuildTiming }) => Promise<T>,
): Promise<Run<T>> {
  const events: BuildEvent[] = [];
  const notices: string[] = [];
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'build-test-archives-'));
  const client = fastClient(
    url,
    { signal, onRetry: (sentence) => notices.push(sentence), ...transport },
    { apiKey, ...(agent && { userAgent: agent }) },
  );
  const emit = (event: BuildEvent) => {
    if (keepsEvents) events.push(event);
    if (event.type === 'notice') notices.push(event.message);
    onEvent?.(event);
  };
  try {
    const outcome = await run({
      ...{ client, emit, temporaryDirectory, signal },
      timing: { ...fastTiming, ...timing },
    });
    return { outcome, events, notices };
  } finally {
    await rm(temporaryDirectory, { recursive: true });
  }
}

/** Builds to the end. Fails when files are left behind. */
export function runBuild(
  service: Pick<LocalService, 'url' | 'apiKey'>,
  plan: Plan,
  { options, templateBefore, ...observing }: RunChanges = {},
): Promise<BuildRun> {
  return observe(service, observing, (context) =>
    build(plan, { wait: true, ...options }, { ...context, ...(templateBefore && { templateBefore }) }),
  );
}

/** What a person sees of the log: headers and lines in order. */
export function shownLog(events: readonly BuildEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'step-started') return [`== ${event.step.id}: ${event.step.text}`];
    return event.type === 'line' ? [`${event.line.stepId ?? '-'}: ${event.line.text}`] : [];
  });
}

/** The same for everything that the service has in a build's log. */
export function wholeLog(build: BuildView | undefined, plan: Plan): string[] {
  const tracker = createStepTracker(plan.steps);
  const events = (build?.lines ?? []).flatMap((line) => tracker.take(logEntry(line)));
  return shownLog([...events, ...tracker.end()]);
}
