import type { AbortReason, BuildOutcome } from '../driver/events.ts';
import { ServiceError } from '../http/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result.ts';
import { reuseOrBuild } from '../reuse/reuse-or-build.ts';
import type { ReuseContext, ReuseOptions } from '../reuse/search.ts';
import { readTags } from '../templates/find-template.ts';
import { type ConnectToEnd, openClosing } from './closing.ts';
import { type BeginningOfRun, clockStepMs } from './later-builds.ts';
import { Publication, type PublishTest } from './publication.ts';
import { watchMoves } from './watch-moves.ts';

/** What a run with a test needs. */
export interface PublishDeps extends ReuseContext {
  readonly connectToEnd: ConnectToEnd;
}

/** So many builds are tested when each is withdrawn during its test. */
const mostTested = 4;

/**
 * Ends with a ready build of the plan's content that has passed the test and has the plan's tags: one that exists, one
 * that another run is making, or else a new one. Emits events; resolves and rejects as `reuseOrBuild` does.
 *
 * ## A tag names only what was tested
 *
 * 1. *A build is registered without the tags that people use.* It gets its content tags and a candidate tag of this run.
 *    Without any tag the service would give it `default`. No other run asks for the candidate tag, so no push stops this
 *    build; only a registration of the same content does, as `reuseOrBuild` says.
 * 2. *An existing build of the content is held by a candidate tag as well*, unless it has passed this test before. So
 *    whoever tests a build can tell whether it was withdrawn meanwhile.
 * 3. *Green moves all tags in one request, and the target of the request is the candidate tag.* If the build was
 *    withdrawn, the service finds no such tag, and nothing moves. The passed tag comes in the same request: it names no
 *    build whose test was not seen to its end. Then the candidate tag goes. If that fails, a cleanup sweeps it.
 * 4. *Red moves nothing and withdraws the build* (`withdraw`): its content tags go, so nothing reuses it, and every
 *    candidate tag on it goes, so no other run that tests it can publish it. A build without any tag cannot be reached by
 *    its identifier either, so nobody can promote it. Tags that people or other runs gave it stay. If it can be reached
 *    all the same, it gets the failed tag: the promote action refuses it, and no run with a test publishes it.
 *    A verdict that was reached is not lost: a cancel or a time limit during all this leaves it a few seconds
 *    (`openClosing`), and the run ends as red. The removal of the candidate tag after green has the same time.
 * 5. *No verdict changes nothing.* If no sandbox could be started, if the job is cancelled before its test is red or its
 *    tags move, or if the runner is lost, the build keeps its content tags and its candidate tag. The next run finds it
 *    and tests it. The promote action refuses a build that only waits for its test. A cleanup that sweeps the candidate
 *    tag withdraws the build (`sweepCandidates`).
 * 6. *A passed test counts.* The passed tag has the hash of content and test, and only point 3 assigns it. A run whose
 *    build has it only moves tags, with the passed tag as the target: red takes it away, as it does the candidate tag. A
 *    build is never found by it, but by its content tag, with the proof of `findMatch`; the passed tag must name the same
 *    build.
 *
 * ## Which run has a tag in the end
 *
 * Tests take different times, so a tag must not go to the run that ends last. It goes to the newest registration, as
 * without a test. Before the tags move, each of them is looked at again (`tagsOfLaterBuilds`): one that names a build
 * registered after ours stays there; one whose build was registered before ours is taken, also if it was put there since
 * this run began. For a build that this run did not register, the beginning of this run counts, so that a revert takes
 * the tags of the newer build that it reverts.
 *
 * ## What remains
 *
 * The service moves tags on no condition but that the target exists. So these have no guard:
 *
 * - A registration or a promotion between the last look and the request, which is one round trip, counts as older. A
 *   promotion looks once: a test that gets red between its look and its request is too late.
 * - A rebuild of the content that is registered while red withdraws the older build, between look and removal, loses its
 *   content tags as well. It gets its other tags all the same, and the next run of this content builds.
 * - Two runs test one build at the same time with different verdicts, since their tests differ or the test is flaky, and
 *   the green one ends first: its tags stay on the build.
 * - A run without a test takes any ready build of its content (`reuseOrBuild`), also one that waits for its test.
 * - A run that reuses a build leaves no trace of when it began. An older run that still tests a build of its own takes
 *   the tags from it. A concurrency group in the workflow prevents that.
 */
export async function publishTested(
  plan: Plan,
  test: PublishTest,
  options: ReuseOptions,
  deps: PublishDeps,
): Promise<Result<BuildOutcome>> {
  const { emit, signal } = deps;
  const { client, mayHaveMoved } = watchMoves(deps.client);
  const closing = openClosing(deps.connectToEnd, signal);
  const startedAt = Date.now();
  const end = (outcome: BuildOutcome): Result<BuildOutcome> => {
    const whole = { ...outcome, durationMs: Date.now() - startedAt };
    emit({ type: 'finished', outcome: whole });
    return { ok: true, value: whole };
  };
  const candidate: Plan = { ...plan, tags: [], candidateTag: test.candidateTag };
  let hasRegistered = false;
  const building: ReuseContext = {
    ...deps,
    emit: (event) => {
      hasRegistered ||= event.type === 'registered';
      // What a person sees at the end includes the test.
      if (event.type !== 'finished') emit(event);
    },
  };
  let early = deps.early;
  const mayReuse = plan.contentTags !== undefined && options.reuse !== 'never';
  const tagged = mayReuse ? buildsOfTags(plan, deps, startedAt) : Promise.resolve(new Set<string>());
  const begun = async (): Promise<BeginningOfRun> => ({
    at: startedAt + (client.clockAheadMs() ?? 0),
    tagged: await tagged,
  });

  for (let tested = 1; ; tested += 1) {
    const made = await reuseOrBuild(candidate, options, { ...building, early });
    early = undefined;
    if (!made.ok) return made;
    const build = made.value;
    if (build.status !== 'ready') return end(withoutTags(build));
    const publication = new Publication(plan, test, build, {
      ...{ begun, client, closing, emit, hasRegistered, mayHaveMoved },
    });
    const outcome = await publication.run().catch((error: unknown) => {
      if (signal.aborted) return publication.aborted(signal.reason as AbortReason);
      if (error instanceof ServiceError) return publication.refused(error);
      throw error;
    });
    if (outcome) return end(outcome);
    const why = `Build ${build.buildId} was withdrawn before this run could give it its tags: its test failed in another run, or its tags were removed.`;
    if (tested === mostTested) return end(withdrawnEachTime(build, why));
    emit({ type: 'notice', message: `${why} Looking for the content again.` });
  }
}

/**
 * The builds that the tags of a plan name now; none where they cannot be read at once, since they may name builds that
 * were registered later by then.
 */
async function buildsOfTags(
  { name, tags }: Pick<Plan, 'name' | 'tags'>,
  { client, early }: Pick<ReuseContext, 'client' | 'early'>,
  startedAt: number,
): Promise<ReadonlySet<string>> {
  const found = (await early?.found)?.tagged?.template.tags;
  const current = found ?? (await readTags(client.noRetry, name).catch(() => new Map<string, string>()));
  if (Date.now() - startedAt > clockStepMs) return new Set();
  return new Set(tags.flatMap((tag) => current.get(tag) ?? []));
}

/** A build that did not get ready. One that goes on at the service gets no tags from this run. */
function withoutTags(build: BuildOutcome): BuildOutcome {
  if (build.status !== 'building') return { ...build, tags: [] };
  const { diagnosis } = build;
  const advice =
    'The build goes on at the service. It gets its tags only after its test: run this job again, which finds the build and tests it.';
  return { ...build, tags: [], ...(diagnosis && { diagnosis: { ...diagnosis, advice } }) };
}

function withdrawnEachTime(build: BuildOutcome, message: string): BuildOutcome {
  return {
    ...build,
    tags: [],
    ...{ status: 'error', endedDuring: 'test' },
    failure: { message, lastLines: [] },
    diagnosis: {
      class: 'smoke-test',
      what: 'Each build of this content was withdrawn during its test, so no tag was moved.',
      advice: 'Look into the other runs that test this content, and run this job again after them.',
      retry: 'never',
    },
  };
}
