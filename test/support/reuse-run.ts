/** Runs of `reuseOrBuild` in process against the embedded service, with every event kept and all pauses short. */

import { join } from 'node:path';
import type { BuildOutcome } from '../../src/driver/events.ts';
import type { BuildView } from '../../src/local/inspect.ts';
import type { LocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Result } from '../../src/result.ts';
import { type EarlyLookup, lookUpEarly } from '../../src/reuse/early-lookup.ts';
import { reuseOrBuild } from '../../src/reuse/reuse-or-build.ts';
import type { ReuseOptions } from '../../src/reuse/search.ts';
import { type ObserveOptions, observe, type Run } from './build-run.ts';
import { fastClient } from './fast-client.ts';

const digest = `sha256:${'5e'.repeat(32)}`;

export interface ContentChanges {
  readonly name?: string;
  readonly tags?: readonly string[];
  /** What is run; another command is another content. */
  readonly run?: string;
  readonly cpuCount?: number;
  readonly commit?: string;
  readonly skipCache?: boolean;
  /** Sends a file of this directory. */
  readonly copies?: boolean;
  /** Leaves the plan without a fingerprint. */
  readonly unknownBase?: boolean;
  /** The recipe builds on this template, which belongs to another team. */
  readonly foreignParent?: string;
  readonly maxAgeMs?: number;
}

/** A plan with a fingerprint. */
export function planFor({
  name = 'app',
  tags = ['v1'],
  run = 'make',
  cpuCount = 2,
  commit,
  skipCache = false,
  copies = false,
  unknownBase = false,
  foreignParent,
  maxAgeMs,
}: ContentChanges = {}): Promise<Plan> {
  const contextDirectory = import.meta.dirname;
  const copy = { wire: { type: 'COPY', args: ['reuse-run.ts', '/srv/', '', ''] } };
  return makePlan(
    {
      file: join(contextDirectory, 'template.ts'),
      kind: 'module',
      exportName: 'template',
      settings: {},
      notices: [],
      sdk: { from: 'action', version: '2.1.1' },
      recipe: foreignParent === undefined ? { fromImage: 'debian:12' } : { fromTemplate: foreignParent },
      steps: [...(copies ? [copy] : []), { wire: { type: 'RUN', args: [run] } }],
      sources: {},
      contextDirectory,
      ignorePatterns: [],
      warnings: [],
    },
    { name, tags, cpuCount, memoryMb: 1024, skipCache, commit, maxAgeMs },
    async () => {
      if (unknownBase) return { kind: 'unknown', why: 'nobody knows' };
      if (foreignParent === undefined) return { kind: 'image', digest };
      return { kind: 'unknown', why: `template ${foreignParent} belongs to another team`, foreignParent };
    },
  );
}

export function contentTag({ contentTags }: Plan): string {
  if (!contentTags) throw new Error('This plan has no fingerprint.');
  return contentTags.content;
}

export interface RunChanges extends ObserveOptions {
  readonly options?: Partial<ReuseOptions>;
  /** A lookup from before this run, which {@link earlyLookup} makes. */
  readonly early?: EarlyLookup;
}

export type ReuseRun = Run<Result<BuildOutcome>>;

/** Runs to the end. Fails when files are left behind. */
export function runReuse(
  service: Pick<LocalService, 'url' | 'apiKey'>,
  plan: Plan,
  { options, early, ...observing }: RunChanges = {},
): Promise<ReuseRun> {
  return observe(service, observing, (context) =>
    reuseOrBuild(plan, { wait: true, reuse: 'auto', ...options }, { ...context, early }),
  );
}

/** An early lookup whose requests have their responses. */
export async function earlyLookup(
  { url, apiKey }: Pick<LocalService, 'url' | 'apiKey'>,
  name = 'app',
): Promise<EarlyLookup> {
  const early = lookUpEarly(fastClient(url, {}, { apiKey }), name);
  await Promise.all([early.found, early.page]);
  return early;
}

/** The outcome of a run that ended with a build. */
export function outcomeOf({ outcome }: ReuseRun): BuildOutcome {
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.value;
}

/** Why the build that a plan's run ended with is not what it should be; empty when it is. */
export function faultsOf(service: LocalService, plan: Plan, run: ReuseRun): string[] {
  const { status, buildId, tags } = outcomeOf(run);
  if (status !== 'ready') return [`it ended ${status}`];
  const build = service.inspect.builds(plan.name).find(({ id }) => id === buildId);
  return [
    ...(build?.status === 'ready' ? [] : [`its build is ${build?.status}`]),
    ...(build && isOf(build, plan) ? [] : ['its build was made of something else']),
    ...tags.flatMap((tag) => {
      const meant = service.inspect.resolve(plan.name, tag);
      const found = service.inspect.builds(plan.name).find(({ id }) => id === meant);
      return found && isOf(found, plan) ? [] : [`${tag} means something else`];
    }),
  ];
}

/** Whether a build was started with exactly what the plan would send, the cache aside. */
export function isOf({ template, cpuCount, memoryMb }: BuildView, plan: Plan): boolean {
  const content = ({ force: _, ...rest }: Plan['wire']) => JSON.stringify(rest);
  return (
    template !== undefined &&
    content(template) === content(plan.wire) &&
    cpuCount === plan.cpuCount &&
    memoryMb === plan.memoryMb
  );
}

/** An executor whose builds take a millisecond a step. */
export function quick(script?: SimulationScript) {
  return createSimulatedExecutor({ stepMs: 1, ...(script && { script }) });
}

/** Requests as `POST /templates/tags`, identifiers left out. */
export function asked({ requests }: Pick<LocalService, 'requests'>, from = 0): string[] {
  return requests
    .slice(from)
    .map(({ method, path }) => `${method} ${path}`.replace(/\/[\w-]{20,}/g, '/…').replace(/\?.*/, ''));
}

/** The same, without those that change nothing. */
export function changes(service: Pick<LocalService, 'requests'>, from = 0): string[] {
  return asked(service, from).filter((request) => !request.startsWith('GET '));
}
