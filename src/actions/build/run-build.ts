import { redactingClient } from '../../api/redacting-client.ts';
import type { BuildContext } from '../../driver/build.ts';
import type { BuildOutcome } from '../../driver/events.ts';
import { ServiceError } from '../../http/errors.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import { githubPublisher, type RegisteredEvent } from '../../job/build-reporter.ts';
import type { Job } from '../../job/job.ts';
import type { Plan } from '../../plan/plan.ts';
import { type Redact, redactDeep } from '../../redact/redact.ts';
import { type BuildLogOptions, createBuildLog } from '../../report/log/build-log.ts';
import { reuseOrBuild } from '../../reuse/reuse-or-build.ts';
import type { NotPublished } from '../../reuse/types.ts';

/** How a build is shown while it goes on. */
export interface RunOptions extends Pick<BuildLogOptions, 'timeLeft' | 'sources'> {
  /** The plan without secrets. */
  readonly shown: Plan;
  readonly redact: Redact;
  /** Told when the build has its identifiers. */
  readonly registered?: (event: RegisteredEvent) => void;
}

/**
 * Builds the plan, or finds it built, while its log is shown; or gives the error with which the service refused.
 * `shown` is the plan, and nothing that comes back holds a secret.
 */
export async function buildAndReport(
  plan: Plan,
  { shown, redact, timeLeft, sources, registered }: RunOptions,
  inputs: BuildInputs,
  job: Job,
): Promise<BuildOutcome | NotPublished | ServiceError> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort('timeout'), inputs.timeoutMinutes * 60_000);
  const signal = AbortSignal.any([late.signal, job.interrupted]);
  const client = redactingClient(job.connect(inputs.connection, signal), redact);
  const log = createBuildLog(job.output, shown, {
    level: inputs.logLevel,
    ...(timeLeft && { timeLeft }),
    ...(sources && { sources }),
    ...(job.workspace && { workspace: job.workspace }),
  });
  const emit: BuildContext['emit'] = (event) => {
    if (event.type === 'registered' || event.type === 'joined' || event.type === 'reused') {
      githubPublisher(job).registered(plan, event);
      // What is found ready is told once, at the end.
      if (event.type !== 'reused') registered?.(event);
      const { buildId } = event;
      const build = { name: plan.name, buildId, ...(event.type === 'joined' && { ofOther: true }) };
      job.saveState({ build, ended: false, summary: inputs.summary });
    }
    log.show(event.type === 'finished' ? redactDeep(event, redact) : event);
  };
  try {
    const { temporaryDirectory } = job;
    return redactDeep(await reuseOrBuild(plan, inputs, { client, emit, temporaryDirectory, signal }), redact);
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  } finally {
    clearTimeout(timer);
    log.close();
  }
}
