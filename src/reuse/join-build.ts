import { awaitBuild } from '../driver/await-build.ts';
import type { BuildContext } from '../driver/context.ts';
import type { BuildOutcome } from '../driver/events.ts';
import type { BuildTiming } from '../driver/timing.ts';
import { uploadsOf } from '../driver/upload.ts';
import { isNotFound, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result.ts';
import type { MatchingBuild } from './find-match.ts';
import type { LookupClient } from './lookup-client.ts';

/**
 * Follows a build of the same content that another run registered, to its end, and emits its log. Stops waiting for a
 * build that is never started ({@link waitForStart}). The reason why this run continues without it is a sentence without
 * its full stop.
 *
 * @param earlier - how many builds of other runs this run has followed before
 */
export async function joinBuild(
  plan: Plan,
  { template, buildId, createdAt }: MatchingBuild,
  lookUps: LookupClient,
  deps: BuildContext,
  timing: BuildTiming,
  earlier = 0,
): Promise<Result<BuildOutcome>> {
  const { templateId } = template;
  const ids = { templateId, buildId, createdAt };
  deps.emit({ type: 'joined', templateId, buildId, tags: plan.tags });
  const reason = await waitForStart({ plan, earlier }, ids, lookUps, deps, timing);
  if (reason !== undefined) return { ok: false, reason };
  // It has the recipe of this plan, so its log adds nothing to the plan.
  const emit: BuildContext['emit'] = (event) => {
    if (event.type !== 'finished') deps.emit(event);
  };
  const outcome = await awaitBuild(ids, { plan, observe: () => {} }, { ...deps, emit });
  if (outcome.status === 'ready' || outcome.abortedBy) return { ok: true, value: outcome };
  const why = outcome.status === 'superseded' ? 'was superseded' : 'did not get ready';
  const said = outcome.failure?.message.trim().split('\n', 1)[0]?.slice(0, 300);
  return { ok: false, reason: `Build ${buildId} of the other run ${why}${said ? `: ${said}` : ''}` };
}

/**
 * Resolves with nothing as soon as the build is started, or with the reason to stop waiting.
 *
 * ## How to tell a dead run from a busy one
 *
 * Between registration and start a run only sends files. The service shows nothing of that: no log, no change of state.
 * But both runs have the same content. So this run knows how many bytes there are to send, and the service says which
 * files it has. A run with nothing to send starts its build at once, or is dead. A run that sends gets the time this
 * takes, and again each time that more of its files have arrived.
 *
 * If this run stops waiting too early, there is still only one build. It registers its own, which ends the waiting one.
 * If the other run is alive, it notices that before its start (`guardLateStarts`), looks up builds again and follows
 * this one. Two slow runs could take turns like this, so the time doubles with each build that a run has followed.
 */
async function waitForStart(
  { plan, earlier }: { readonly plan: Plan; readonly earlier: number },
  { templateId, buildId, createdAt }: { templateId: string; buildId: string; createdAt: number },
  lookUps: LookupClient,
  { client, emit, signal }: BuildContext,
  { pace, start }: BuildTiming,
): Promise<string | undefined> {
  // An invalid creation time, or one in the future, must not cause an endless wait.
  const createdHere = Number.isFinite(createdAt)
    ? createdAt - (client.clockAheadMs() ?? 0)
    : Number.POSITIVE_INFINITY;
  const registeredAt = Math.min(createdHere, Date.now());
  const allowed = (bytes: number) =>
    Math.min((start.leastMs + bytes / start.bytesPerMs) * 2 ** earlier, start.mostMs);
  let missing: number | undefined;
  let since = registeredAt;
  for (;;) {
    try {
      if ((await lookUps.status(templateId, buildId, 0)).status !== 'waiting') return undefined;
      if (missing === undefined) {
        missing = await missingBytes(plan, templateId, lookUps);
        const time = inWords(since + allowed(missing) - registeredAt);
        emit({
          type: 'notice',
          message: `That run has not started it yet. It has ${time} for that after its registration.`,
        });
      }
      if (Date.now() - since > allowed(missing)) {
        const stillMissing = await missingBytes(plan, templateId, lookUps);
        const over = Date.now() - registeredAt > start.mostMs;
        if (over || stillMissing >= missing) {
          return `Build ${buildId} of the other run was not started within ${inWords(Date.now() - registeredAt)}`;
        }
        missing = stillMissing;
        since = Date.now();
      }
      await pause(pace.longestMs, signal);
    } catch (error) {
      // awaitBuild reports the abort.
      if (signal.aborted) return undefined;
      if (!(error instanceof ServiceError)) throw error;
      const { summary } = error;
      const why = isNotFound(error) ? 'is gone' : `cannot be read (${summary})`;
      return `Build ${buildId} of the other run ${why}`;
    }
  }
}

/** How many bytes of the plan's files the service lacks; a file counts if the service does not say that it has it. */
async function missingBytes(plan: Plan, templateId: string, lookUps: LookupClient): Promise<number> {
  const sizes = uploadsOf(plan).map(async ({ files, force }) => {
    try {
      const { present } = await lookUps.uploadLink(templateId, files.hash);
      return present && !force ? 0 : files.bytes;
    } catch (error) {
      if (error instanceof ServiceError) return files.bytes;
      throw error;
    }
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

function inWords(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
}
