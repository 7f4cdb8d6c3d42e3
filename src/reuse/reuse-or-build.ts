import { build } from '../driver/build.ts';
import type { BuildContext } from '../driver/context.ts';
import type { BuildOutcome } from '../driver/events.ts';
import { defaultTiming } from '../driver/timing.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result.ts';
import { guardLateStarts } from './guard-start.ts';
import { type ReuseOptions, Search } from './search.ts';

/**
 * Ends with a ready build of the plan's content that bears the plan's tags: one that is there already, one that
 * another run is making at this moment, or else one of our own. With `require` nothing is built, and the reason is a
 * sentence without its full stop. Emits what happens; rejects as `build` does.
 *
 * ## When the content tag is put on, and what that does to runs at the same time
 *
 * Starting a build cancels every running build of the template that shares a tag, and registering one ends those
 * that still wait. The content tag goes in with the registration all the same, since a row of a registration is the
 * only proof of what a build holds (`findSameContent`), and since it lets a second run see the first from the very
 * beginning:
 *
 * - The second run looks before it registers, finds the first one waiting or building, and follows it. It registers
 *   nothing, so it cancels nothing.
 * - Where both look before either registers, the later registration ends the earlier build. That run sees that it
 *   was superseded, looks again, finds the build that took its place under the same content tag, and follows that.
 *   Either way one build remains, and every run puts its own tags on it.
 * - A build of the same content that was asked for with `reuse: never` takes the place of a running one, whose run
 *   follows it in turn.
 * - Builds of different content share no content tag, so they meet only in the tags that people gave them. The run
 *   that registers later has those; the other one never takes them back, neither on a build that it follows nor by
 *   building once more (`takenMeanwhile`).
 * - The service cancels by a start even when it refuses that start. So the earlier run, sending its start late, can
 *   end the build that superseded it, and then there is none. A late start is not sent (`timelyStarts`). Where the
 *   two cross on their way all the same, a run that was superseded, and whose tags nobody else has taken, looks
 *   again after a random while and builds once more, a few times at most.
 */
export async function reuseOrBuild(
  plan: Plan,
  options: ReuseOptions,
  deps: BuildContext,
): Promise<Result<BuildOutcome>> {
  const { contentTags } = plan;
  const timing = { ...defaultTiming, ...deps.timing };
  const timely = { ...deps, timing, client: guardLateStarts(deps.client, timing.pace.longestMs) };
  if (contentTags && options.reuse !== 'never') {
    return new Search(plan, contentTags.content, options, timely).run();
  }
  if (options.reuse === 'require') {
    const why = 'unknown' in plan.fingerprint ? `: ${plan.fingerprint.unknown}` : '';
    return { ok: false, reason: `Whether this template is published cannot be known${why}` };
  }
  return { ok: true, value: await build(plan, options, timely) };
}
