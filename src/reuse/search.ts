import { build } from '../driver/build.ts';
import type { BuildContext } from '../driver/context.ts';
import { withDiagnosis } from '../driver/diagnosis/diagnose.ts';
import type { BuildOutcome, ReusedBuild } from '../driver/events.ts';
import type { BuildTiming } from '../driver/timing.ts';
import { isKeyRefused, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { Plan } from '../plan/plan.ts';
import type { TemplateInfo } from '../templates/find-template.ts';
import { type ClaimResult, claimTags, tagsClaimedByOthers } from './claim-tags.ts';
import { findMatch, type MatchingBuild, type MatchResult } from './find-match.ts';
import { joinBuild } from './join-build.ts';
import { withLookupPolicy } from './lookup-client.ts';
import type { NotPublished, ReuseOptions } from './types.ts';

/** More builds of other runs than this are not followed, one after another. */
const mostFollowed = 8;
/** More builds of our own than this are not made when newer ones take their place. */
const mostBuilt = 4;
/** Looks, each after a pause, for the build of another run that may be coming, before one of our own. */
const mostLooks = 3;

/** What a search needs; every time is set. */
export interface SearchDeps extends BuildContext {
  readonly timing: BuildTiming;
}

/** The way to one ready build of a content; `reuseOrBuild` tells what it does about runs at the same time. */
export class Search {
  readonly #plan: Plan;
  readonly #contentTag: string;
  readonly #options: ReuseOptions;
  readonly #deps: SearchDeps;
  readonly #startedAt = Date.now();
  /** Builds of other runs that were followed, and builds that did not take the tags. */
  readonly #tried = new Set<string>();
  /** Every build of this content that was seen. */
  readonly #same = new Set<string>();
  #follows = 0;
  #builds = 0;
  #looks = 0;
  /** Where the tags stood when this run began. */
  #before: ReadonlyMap<string, string> | undefined;
  /** The last build that was followed to its end and was ready then. */
  #followed: BuildOutcome | undefined;
  /** Our own build, once a newer one has taken its place. */
  #own: BuildOutcome | undefined;
  /** The last build of this content that was looked at, whatever became of it. */
  #seen: MatchingBuild | undefined;

  constructor(plan: Plan, contentTag: string, options: ReuseOptions, deps: SearchDeps) {
    this.#plan = plan;
    this.#contentTag = contentTag;
    this.#options = options;
    this.#deps = deps;
  }

  async run(): Promise<BuildOutcome | NotPublished> {
    for (;;) {
      const outcome = await this.#next(await this.#lookUp());
      if (!outcome) continue;
      if (!('notPublished' in outcome)) this.#deps.emit({ type: 'finished', outcome });
      return outcome;
    }
  }

  /** Goes on from what was found; gives nothing when it is to be looked up once more. */
  async #next(found: MatchResult): Promise<BuildOutcome | NotPublished | undefined> {
    if (found.state !== 'none' && !this.#tried.has(found.build.buildId)) {
      if (found.state === 'ready') return this.#take(found.build);
      if (this.#mayFollow(found.build)) return this.#follow(found.build);
    }
    const why = found.state === 'none' ? found.why : this.#whyNot(found);
    if (this.#options.reuse === 'require') return { notPublished: why };
    const template = found.state === 'none' ? found.template : found.build.template;
    // Runs that lost the same build would all begin at once, who was superseded lets the newer run go first, and the
    // list may be a little behind a build that was followed to its end.
    const ours = this.#own && template?.tags.get(this.#contentTag) === this.#own.buildId;
    if ((this.#own || this.#follows > 0) && !ours && (await this.#mayLookAgain())) return undefined;
    return this.#supersededBy(template) ?? this.#build(why, template);
  }

  async #lookUp(): Promise<MatchResult> {
    const { name, cpuCount, memoryMb } = this.#plan;
    let found: MatchResult;
    try {
      found = await findMatch(withLookupPolicy(this.#deps.client, this.#deps.timing.lookUp), {
        ...{ name, cpuCount, memoryMb },
        contentTag: this.#contentTag,
      });
    } catch (error) {
      if (!(error instanceof ServiceError) || this.#options.reuse === 'require') throw error;
      // A build would be refused as well, after a name was claimed for it.
      if (isKeyRefused(error)) throw error;
      found = { state: 'none', why: `Builds of this content could not be looked up (${error.summary})` };
    }
    if (found.state !== 'none') this.#seen = found.build;
    const known = found.state === 'none' ? found.failed : found.build.buildId;
    // No one can put a tag on a build that is not ready, so one that failed had this one from its registration.
    if (known !== undefined) this.#same.add(known);
    const template = found.state === 'none' ? found.template : found.build.template;
    this.#before ??= template?.tags ?? new Map();
    return found;
  }

  /** Why a build of this content is not the one of this run, as a sentence without its full stop. */
  #whyNot({ state, build: { buildId } }: Exclude<MatchResult, { readonly state: 'none' }>): string {
    if (state === 'ready') return `Build ${buildId} of this content cannot be taken`;
    const why = this.#options.wait ? 'is not waited for' : 'is not ready, and wait: false waits for none';
    return `Build ${buildId} of another run has this content and ${why}`;
  }

  /**
   * Without waiting for the end there is no moment at which the tags could be put on another run's build. One that was
   * followed to its end is not followed twice: its log has been shown.
   */
  #mayFollow({ buildId }: MatchingBuild): boolean {
    return this.#options.wait && this.#follows < mostFollowed && this.#followed?.buildId !== buildId;
  }

  async #follow(build: MatchingBuild): Promise<BuildOutcome | undefined> {
    this.#follows += 1;
    this.#looks = 0;
    const lookUps = withLookupPolicy(this.#deps.client, this.#deps.timing.lookUp);
    const earlier = this.#follows - 1;
    const end = await joinBuild(this.#plan, build, lookUps, this.#deps, this.#deps.timing, earlier);
    if ('left' in end) {
      this.#tried.add(build.buildId);
      this.#notice(`${end.left}.`);
      return undefined;
    }
    if (end.outcome.stopped) return this.#leave(end.outcome);
    // Ready: the next look-up proves it, and the tags are put on.
    this.#followed = end.outcome;
    return undefined;
  }

  /** A build of another run that is given up before it could be taken has none of the tags of this run. */
  #leave(outcome: BuildOutcome): BuildOutcome {
    const left =
      "This build is another run's, and the tags of this run are not on it: run this job again to put them there.";
    this.#notice(left);
    const { diagnosis } = outcome;
    const advice = `The build goes on at the service. ${left}`;
    return { ...outcome, tags: [], ...(diagnosis && { diagnosis: { ...diagnosis, advice } }) };
  }

  async #take(found: MatchingBuild): Promise<BuildOutcome | undefined> {
    const { name, tags } = this.#plan;
    const { template, buildId, createdAt, finishedAt, commit } = found;
    const taken = await this.#putTags(found);
    if (!taken.taken) {
      this.#tried.add(buildId);
      return undefined;
    }
    const { moves, left } = taken;
    const followed = this.#followed?.buildId === buildId ? this.#followed : undefined;
    const reused: ReusedBuild = {
      how: followed || this.#own ? 'followed' : 'found',
      createdAt,
      moves,
      ...(finishedAt !== undefined && { finishedAt }),
      ...(commit && { commit }),
    };
    const { templateId } = template;
    const steps = followed?.steps ?? [];
    const outcome = { templateId, buildId, name, steps, durationMs: this.#durationMs(), reused };
    if (left.length === tags.length) return this.#superseded({ ...outcome, tags }, left);
    this.#deps.emit({ type: 'reused', templateId, buildId, tags, reused });
    if (left.length > 0) {
      this.#notice(`A newer run put ${left.join(', ')} on another build meanwhile; left there.`);
    }
    return { ...outcome, tags: tags.filter((tag) => !left.includes(tag)), status: 'ready' };
  }

  /** Where tags cannot be put on a build, building puts them on another: the registration does it. */
  async #putTags(found: MatchingBuild): Promise<ClaimResult> {
    const history = { before: this.#before ?? new Map(), same: this.#same };
    try {
      const taken = await claimTags(this.#deps.client, found, this.#plan.tags, history);
      if (!taken.taken) this.#notice(`Build ${found.buildId} has gone since it was looked up.`);
      return taken;
    } catch (error) {
      if (!(error instanceof ServiceError) || this.#options.reuse === 'require') throw error;
      this.#notice(`The tags could not be put on build ${found.buildId}: ${error.message}`);
      return { taken: false };
    }
  }

  /** How this run ends when a newer one has its tags, or when enough was built. */
  #supersededBy(template: TemplateInfo | undefined): BuildOutcome | undefined {
    const { name, tags } = this.#plan;
    const history = { before: this.#before ?? new Map(), same: this.#same };
    const left = template ? tagsClaimedByOthers(tags, template.tags, history) : [];
    // Without a list of tags nobody knows whether a newer run has them.
    const over = left.length > 0 || !template || this.#builds >= mostBuilt;
    if (this.#own) return over ? this.#own : undefined;
    if (left.length === 0 || !this.#seen) return undefined;
    const { buildId } = this.#seen;
    const { templateId } = this.#seen.template;
    const ids = { templateId, buildId, name, tags, steps: [], durationMs: this.#durationMs() };
    return this.#superseded(ids, left);
  }

  #superseded(outcome: Omit<BuildOutcome, 'status'>, left: readonly string[]): BuildOutcome {
    const message = `A newer run put ${left.join(', ')} on another build meanwhile: superseded by a newer one.`;
    return withDiagnosis(this.#plan, { ...outcome, status: 'error', failure: { message, lastLines: [] } });
  }

  async #mayLookAgain(): Promise<boolean> {
    if (this.#looks >= mostLooks) return false;
    this.#looks += 1;
    // Random, so that runs that wait for each other do not go on together.
    await pause(this.#deps.timing.pace.longestMs * (0.5 + 2 * Math.random()), this.#deps.signal);
    return true;
  }

  /** Our own build, or nothing when another run's may have taken its place. */
  async #build(why: string, template: TemplateInfo | undefined): Promise<BuildOutcome | undefined> {
    this.#notice(`${why}. Building${this.#own ? ' once more' : ''}.`);
    this.#builds += 1;
    this.#looks = 0;
    const emit: BuildContext['emit'] = (event) => {
      if (event.type !== 'finished') this.#deps.emit(event);
    };
    const tagsBefore = template?.tags ?? new Map<string, string>();
    const outcome = await build(this.#plan, this.#options, { ...this.#deps, emit, tagsBefore });
    if (outcome.status !== 'superseded') return outcome;
    this.#own = outcome;
    this.#tried.add(outcome.buildId);
    this.#same.add(outcome.buildId);
    return undefined;
  }

  #durationMs(): number {
    return Date.now() - this.#startedAt;
  }

  #notice(message: string): void {
    this.#deps.emit({ type: 'notice', message });
  }
}
