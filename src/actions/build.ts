import { type BuildDeps, build } from '../build/build.ts';
import type { BuildOutcome } from '../build/events.ts';
import type { CiEvent } from '../ci/event.ts';
import type { StepState } from '../ci/step-state.ts';
import { registrySecrets } from '../definition/secrets.ts';
import { rememberedBuild } from '../history/last-build.ts';
import type { HistoryStore } from '../history/store.ts';
import { type BuildInputs, type Connection, readBuildInputs } from '../inputs/build.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { collectProblems, throwIfAny } from '../problem.ts';
import { createBuildLog } from '../report/build-log.ts';
import { formatDuration } from '../report/format.ts';
import { logPlan } from '../report/plan-log.ts';
import type { ServiceClient } from '../service/client.ts';
import { chooseTags } from '../tags/choose.ts';
import { nameProblems, tagProblems } from '../tags/names.ts';
import { type BuildPublisher, type Ending, endingOf } from './publish.ts';
import { type ReadDefinitionDeps, readDefinition } from './read-definition.ts';

export interface BuildActionDeps extends ReadDefinitionDeps {
  readonly event: CiEvent;
  readonly publisher: BuildPublisher;
  readonly history: Pick<HistoryStore, 'read'>;
  /** Leaves word for the post step. */
  readonly leave: (state: StepState) => void;
  /** Keeps a value out of the log. */
  readonly mask: (secret: string) => void;
  readonly connect: (connection: Connection, signal: AbortSignal) => ServiceClient;
  readonly temporaryDirectory: string;
  /** Aborted with `'interrupted'` when the job is cancelled. */
  readonly interrupted: AbortSignal;
}

/**
 * The build action: read the inputs, evaluate the definition, plan everything that can be known beforehand,
 * build, and tell how it went. Rejects with a `ProblemsError` that names all mistakes on the user's side, or
 * with a `ServiceError` when no build came to be.
 */
export async function runBuild(deps: BuildActionDeps): Promise<Ending> {
  const { inputs, problems } = readBuildInputs(deps.env);
  const tags = chooseTags(inputs.tags, deps.event);
  // The runner drops every output that holds a masked value.
  const mask = (secret: string) => {
    if (![inputs.name, ...tags].some((output) => output.includes(secret))) deps.mask(secret);
  };
  mask(inputs.connection.apiKey);
  mask(inputs.connection.accessToken);
  problems.push(...nameProblems(inputs.name), ...tagProblems(tags));

  const plan = await collectProblems(problems, async () => {
    const definition = await readDefinition(inputs, deps);
    for (const secret of registrySecrets(definition)) mask(secret);
    return makePlan(definition, { ...inputs, tags });
  });
  throwIfAny(problems);
  if (!plan) throw new Error('There is no plan although nothing is wrong.');
  logPlan(deps.output, plan);

  const last = await deps.history.read(plan.name);
  if (last) deps.output.line(`The last build of this template took ${formatDuration(last.durationMs)}`);
  const outcome = await buildAndShow(plan, inputs, deps);
  await deps.publisher.finished(plan, outcome, inputs);
  const lastBuild = rememberedBuild(outcome, new Date());
  deps.leave({ ended: true, summary: inputs.summary, ...(lastBuild && { lastBuild }) });
  return endingOf(outcome, inputs);
}

async function buildAndShow(plan: Plan, inputs: BuildInputs, deps: BuildActionDeps): Promise<BuildOutcome> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort('timeout'), inputs.timeoutMinutes * 60_000);
  const signal = AbortSignal.any([late.signal, deps.interrupted]);
  const client = deps.connect(inputs.connection, signal);
  const log = createBuildLog(deps.output, plan, { level: inputs.logLevel });
  const emit: BuildDeps['emit'] = (event) => {
    if (event.type === 'registered') {
      deps.publisher.registered(plan, event);
      const { buildId } = event;
      deps.leave({ build: { name: plan.name, buildId }, ended: false, summary: inputs.summary });
    }
    log.show(event);
  };
  try {
    return await build(plan, inputs, { client, emit, temporaryDirectory: deps.temporaryDirectory, signal });
  } finally {
    clearTimeout(timer);
    log.close();
  }
}
