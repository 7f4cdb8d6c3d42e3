import { type BuildDeps, build } from '../build/build.ts';
import type { Diagnosis } from '../build/diagnosis/diagnosis.ts';
import { diagnoseRequest } from '../build/diagnosis/request-failures.ts';
import type { BuildOutcome } from '../build/events.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import { createBuildLog } from '../report/build-log.ts';
import { ServiceError } from '../service/errors.ts';
import { type Redact, redactDeep } from '../service/redact.ts';
import { redactingClient } from '../service/redacting-client.ts';
import type { BuildActionDeps } from './build.ts';

/** No build came to be: the service refused it, or did not answer. */
export interface Refusal {
  readonly message: string;
  readonly refused: Diagnosis;
}

/** Builds the plan while its log is shown. `shown` is the plan, and nothing that comes back holds a secret. */
export async function buildAndShow(
  plan: Plan,
  { shown, redact }: { readonly shown: Plan; readonly redact: Redact },
  inputs: BuildInputs,
  deps: BuildActionDeps,
): Promise<BuildOutcome | Refusal> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort('timeout'), inputs.timeoutMinutes * 60_000);
  const signal = AbortSignal.any([late.signal, deps.interrupted]);
  const client = redactingClient(deps.connect(inputs.connection, signal), redact);
  const log = createBuildLog(deps.output, shown, { level: inputs.logLevel });
  const emit: BuildDeps['emit'] = (event) => {
    if (event.type === 'registered') {
      deps.publisher.registered(plan, event);
      const { buildId } = event;
      deps.leave({ build: { name: plan.name, buildId }, ended: false, summary: inputs.summary });
    }
    log.show(event.type === 'finished' ? redactDeep(event, redact) : event);
  };
  try {
    const { temporaryDirectory } = deps;
    return redactDeep(await build(plan, inputs, { client, emit, temporaryDirectory, signal }), redact);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { message: error.message, refused: diagnoseRequest(error, plan) };
  } finally {
    clearTimeout(timer);
    log.close();
  }
}
