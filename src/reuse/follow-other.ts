import { awaitBuild } from '../build/await-build.ts';
import type { BuildDeps } from '../build/deps.ts';
import type { BuildOutcome } from '../build/events.ts';
import { isNotFound } from '../build/follow.ts';
import type { BuildTiming } from '../build/timing.ts';
import type { Plan } from '../plan/plan.ts';
import { ServiceError } from '../service/errors.ts';
import { pause } from '../service/pause.ts';
import type { LookUps } from './brief-client.ts';
import type { SameBuild } from './same-content.ts';

/**
 * How following the build of another run ended; `left` says, as a sentence without its full stop, why this run goes on
 * without it.
 */
export type FollowedBuild = { readonly outcome: BuildOutcome } | { readonly left: string };

/**
 * Follows a build of the same content that another run registered, to its end, and shows its log. A build that is
 * never started is not waited for: its run may have been killed while it packed files.
 */
export async function followOther(
  plan: Plan,
  { template, buildId, createdAt }: SameBuild,
  lookUps: LookUps,
  deps: BuildDeps,
  timing: BuildTiming,
): Promise<FollowedBuild> {
  const { templateId } = template;
  const ids = { templateId, buildId, createdAt };
  deps.emit({ type: 'joined', templateId, buildId, tags: plan.tags });
  const started = await untilStarted(ids, lookUps, deps, timing);
  if (started !== undefined) return { left: started };
  // Its recipe is this one, so nothing has to be taken from its log.
  const emit: BuildDeps['emit'] = (event) => {
    if (event.type !== 'finished') deps.emit(event);
  };
  const outcome = await awaitBuild(ids, { plan, see: () => {} }, { ...deps, emit });
  if (outcome.status === 'ready' || outcome.stopped) return { outcome };
  const why = outcome.status === 'superseded' ? 'was superseded' : 'did not get ready';
  const said = outcome.failure?.message.trim().split('\n', 1)[0]?.slice(0, 300);
  return { left: `Build ${buildId} of the other run ${why}${said ? `: ${said}` : ''}` };
}

/** Resolves with nothing as soon as the build is started, or with why it is not waited for any longer. */
async function untilStarted(
  { templateId, buildId, createdAt }: { templateId: string; buildId: string; createdAt: number },
  lookUps: LookUps,
  { client, emit, signal }: BuildDeps,
  { pace, startMs }: BuildTiming,
): Promise<string | undefined> {
  // A creation time that cannot be read, or is yet to come, must not keep anybody waiting for ever.
  const known = Number.isFinite(createdAt)
    ? createdAt - (client.clockAheadMs() ?? 0)
    : Number.POSITIVE_INFINITY;
  const since = Math.min(known, Date.now());
  const minutes = Math.round(startMs / 60_000);
  for (let told = false; ; told = true) {
    try {
      if ((await lookUps.status(templateId, buildId, 0)).status !== 'waiting') return undefined;
      if (Date.now() - since > startMs) {
        return `Build ${buildId} of the other run was not started within ${minutes} minutes`;
      }
      if (!told) {
        const message = `That run has not started it yet; it has ${minutes} minutes for that from its registration on.`;
        emit({ type: 'notice', message });
      }
      await pause(pace.longestMs, signal);
    } catch (error) {
      // Who follows a build tells best that it is given up here and goes on there.
      if (signal.aborted) return undefined;
      if (!(error instanceof ServiceError)) throw error;
      const { inShort } = error;
      const why = isNotFound(error) ? 'is gone' : `cannot be looked at (${inShort})`;
      return `Build ${buildId} of the other run ${why}`;
    }
  }
}
