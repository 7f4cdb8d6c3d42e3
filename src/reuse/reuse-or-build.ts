import { build } from '../driver/build.ts';
import type { BuildOutcome } from '../driver/events.ts';
import { defaultTiming } from '../driver/timing.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result.ts';
import { guardLateStarts } from './guard-start.ts';
import { type ReuseContext, type ReuseOptions, Search } from './search.ts';

/**
 * Ends with a ready build of the plan's content that has the plan's tags: an existing one, one that another run is
 * making, or else a new one. With `require` it never builds, and the reason is a sentence without its full stop. Emits
 * events; rejects as `build` does.
 *
 * ## When the content tag is set, and how concurrent runs behave
 *
 * The start of a build cancels every running build of the template that shares a tag, and a registration ends those that
 * wait. The registration sets the content tag all the same: only its row proves what a build contains (`findMatch`), and
 * it lets a second run find the first one from the beginning.
 *
 * - The second run looks up the content before it registers, finds the first build waiting or running, and follows it.
 *   It registers nothing, so it cancels nothing.
 * - If both look up before either registers, as when both evaluate their recipes at the same time (`matchEarly`), the
 *   later registration ends the earlier build. The earlier run is superseded, looks up again, finds the new build under
 *   the same content tag, and follows that. Either way one build remains, and every run puts its own tags on it.
 * - A build of the same content with `reuse: never` replaces a running one, whose run then follows it.
 * - Builds of different content share no content tag, only tags that people gave them. The run that registers later has
 *   those. The other run never takes them back, neither on a build that it follows nor by a rebuild
 *   (`tagsClaimedByOthers`).
 * - Two runs that both find the only build too old (`Plan.maxAgeMs`) behave as if there were none: the later registration
 *   wins, and both end with that build.
 * - A start cancels other builds even if the service refuses it. So a late start of the earlier run can end the build
 *   that superseded it, and both are lost. A late start is not sent (`guardLateStarts`). If the two requests cross, the
 *   superseded run, unless another run has its tags, looks up again after a random time and builds once more, a few
 *   times at most.
 */
export async function reuseOrBuild(
  plan: Plan,
  options: ReuseOptions,
  deps: ReuseContext,
): Promise<Result<BuildOutcome>> {
  const { contentTags } = plan;
  const timing = { ...defaultTiming, ...deps.timing };
  const timely = { ...deps, timing, client: guardLateStarts(deps.client, timing.pace.longestMs) };
  if (contentTags && options.reuse !== 'never') {
    return new Search(plan, contentTags.content, options, timely).run();
  }
  if (options.reuse === 'require') {
    const why = 'unknown' in plan.fingerprint ? `: ${plan.fingerprint.unknown}` : '';
    return { ok: false, reason: `It is unknown whether this template is published${why}` };
  }
  return { ok: true, value: await build(plan, options, timely) };
}
