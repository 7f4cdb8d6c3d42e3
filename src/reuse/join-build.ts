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
 * Follows a build of the same content that another run registered, to its end, and shows its log. A build that is
 * never started is not waited for ({@link waitForStart}). The reason why this run goes on without it is a sentence
 * without its full stop.
 *
 * @param earlier - builds of other runs that this run has followed before
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
  // Its recipe is this one, so nothing has to be taken from its log.
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
 * Resolves with nothing as soon as the build is started, or with why it is not waited for any longer.
 *
 * ## How a run that is gone is told from one that is busy
 *
 * Between registration and start a run only sends files, and the service shows nothing of it: no log, no change of
 * state. But the content is the same here as there. So this run knows how many bytes are to be sent, and the service
 * tells which of them it has. A run with nothing left to send starts its build at once, or is gone; one that sends is
 * given the time that this takes, and anew whenever more of its files have arrived.
 *
 * Leaving a build too early ends in one build all the same. This run registers its own, which ends the one that waits;
 * if the other run lives after all, it sees that before it sends its start (`timelyStarts`), looks again, and follows
 * this one. Two slow runs could take turns like this, so the time doubles with each build that a run has followed.
 */
async function waitForStart(
  { plan, earlier }: { readonly plan: Plan; readonly earlier: number },
  { templateId, buildId, createdAt }: { templateId: string; buildId: string; createdAt: number },
  lookUps: LookupClient,
  { client, emit, signal }: BuildContext,
  { pace, start }: BuildTiming,
): Promise<string | undefined> {
  // A creation time that cannot be read, or is yet to come, must not keep anybody waiting for ever.
  const known = Number.isFinite(createdAt)
    ? createdAt - (client.clockAheadMs() ?? 0)
    : Number.POSITIVE_INFINITY;
  const registeredAt = Math.min(known, Date.now());
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
          message: `That run has not started it yet; it has ${time} for that from its registration on.`,
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
      // Who follows a build tells best that it is given up here and goes on there.
      if (signal.aborted) return undefined;
      if (!(error instanceof ServiceError)) throw error;
      const { summary } = error;
      const why = isNotFound(error) ? 'is gone' : `cannot be looked at (${summary})`;
      return `Build ${buildId} of the other run ${why}`;
    }
  }
}

/** How many bytes of the plan's files the service does not have; all of them where it does not tell. */
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
