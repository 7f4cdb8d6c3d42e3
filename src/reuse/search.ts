import { type BuildOptions, build, rebuildPlan } from '../driver/build.ts';
import type { BuildContext } from '../driver/context.ts';
import type { BuildOutcome, ReusedBuild } from '../driver/events.ts';
import type { BuildTiming } from '../driver/timing.ts';
import { isKeyRefused, ServiceError } from '../http/errors.ts';
import { pause } from '../http/sleep.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result.ts';
import type { TemplateInfo } from '../templates/find-template.ts';
import { ageLimit } from './age-limit.ts';
import {
  type ClaimResult,
  claimTags,
  supersededByNewerRun,
  type TagHistory,
  tagsClaimedByOthers,
  whereTagsStay,
} from './claim-tags.ts';
import { type EarlyLookup, matchEarly } from './early-lookup.ts';
import { findMatch, type MatchingBuild, type MatchResult, type WantedContent } from './find-match.ts';
import { joinBuild } from './join-build.ts';
import { withLookupPolicy } from './lookup-client.ts';

export interface ReuseOptions extends BuildOptions {
  /** `auto` takes a build of the same content where there is one; `require` never builds. */
  readonly reuse: 'auto' | 'never' | 'require';
}

/** At most so many builds of other runs are followed, one after another. */
const mostJoined = 8;
/** At most so many builds are made when newer ones replace them. */
const mostBuilt = 4;
/** Lookups, each after a pause, for another run's build that may come, before this run builds. */
const mostLookUps = 3;

export interface ReuseContext extends BuildContext {
  /** A lookup that was sent while the recipe was evaluated. */
  readonly early?: EarlyLookup | undefined;
}

/** What a search needs, with all timing set. */
export interface SearchDeps extends ReuseContext {
  readonly timing: BuildTiming;
}

/** The search for a ready build of a content; see `reuseOrBuild` for concurrent runs. */
export class Search {
  readonly #plan: Plan;
  readonly #contentTag: string;
  readonly #options: ReuseOptions;
  readonly #deps: SearchDeps;
  readonly #startedAt = Date.now();
  /** Builds of other runs that were followed, and builds that could not get the tags. */
  readonly #tried = new Set<string>();
  /** Every build of this content that was found or made. */
  readonly #sameContent = new Set<string>();
  readonly #seenInMaking = new Set<string>();
  /** With an age limit, layers of an older build of this content may be in the cache. */
  #skipsCache = false;
  #joins = 0;
  #builds = 0;
  #lookUps = 0;
  /** Decides at most once. */
  #early: EarlyLookup | undefined;
  /** The template that the name meant in the last lookup. */
  #templateId: string | undefined;
  /** The builds of the tags when this run began. */
  #tagsBefore: ReadonlyMap<string, string> | undefined;
  /** The last build that was followed to its end and became ready. */
  #joined: BuildOutcome | undefined;
  /** This run's build, once a newer one has replaced it. */
  #own: BuildOutcome | undefined;
  /** The last build of this content that was found. */
  #lastMatch: MatchingBuild | undefined;

  constructor(plan: Plan, contentTag: string, options: ReuseOptions, deps: SearchDeps) {
    this.#plan = plan;
    this.#contentTag = contentTag;
    this.#options = options;
    this.#deps = deps;
    this.#early = deps.early;
  }

  async run(): Promise<Result<BuildOutcome>> {
    for (;;) {
      const end = await this.#next(await this.#lookUp());
      if (!end) continue;
      if (end.ok) this.#deps.emit({ type: 'finished', outcome: end.value });
      return end;
    }
  }

  /** Continues with the match; gives nothing if the content must be looked up again. */
  async #next(found: MatchResult): Promise<Result<BuildOutcome> | undefined> {
    if (found.ok && !this.#tried.has(found.value.buildId)) {
      if (found.value.state === 'ready') return ended(await this.#take(found.value));
      if (this.#mayJoin(found.value)) return ended(await this.#join(found.value));
    }
    const reason = found.ok ? this.#whyNot(found.value) : found.reason;
    if (this.#options.reuse === 'require') return { ok: false, reason };
    const { template } = found.ok ? found.value : found;
    const isNew = !found.ok && found.isNew;
    // What a build of this run comes after was decided before that build.
    if (this.#plan.maxAgeMs !== undefined && !isNew && !this.#own) this.#skipsCache = true;
    // Runs that lost the same build would all build at once, a superseded run lets the newer one go first, and the list
    // may be a little behind a build that was followed to its end.
    const ours = this.#own && template?.tags.get(this.#contentTag) === this.#own.buildId;
    if ((this.#own || this.#joins > 0) && !ours && (await this.#mayLookUpAgain())) return undefined;
    return ended(this.#supersededBy(template) ?? (await this.#build(reason, template)));
  }

  get #wanted(): WantedContent {
    const { name, cpuCount, memoryMb } = this.#plan;
    const { client } = this.#deps;
    const limit = ageLimit(this.#plan.maxAgeMs, client, this.#startedAt, this.#seenInMaking);
    return { name, cpuCount, memoryMb, contentTag: this.#contentTag, ...limit };
  }

  /** The match of the early lookup, or `undefined` if that does not decide. */
  async #matchEarly(): Promise<MatchResult | undefined> {
    const early = this.#early;
    this.#early = undefined;
    if (!early) return undefined;
    const { timing, signal } = this.#deps;
    const wanted = { ...this.#wanted, tags: this.#plan.tags };
    const { match, templateId } = await matchEarly(early, wanted, {
      usableMs: timing.earlyLookupMs,
      signal,
    });
    this.#templateId = templateId;
    // With `require` nothing may be built, and a build that is tested costs more than another lookup.
    const mayBuild = this.#options.reuse !== 'require' && this.#plan.candidateTag === undefined;
    return match?.ok || mayBuild ? match : undefined;
  }

  async #lookUp(): Promise<MatchResult> {
    let found: MatchResult;
    try {
      const client = withLookupPolicy(this.#deps.client, this.#deps.timing.lookup);
      found = (await this.#matchEarly()) ?? (await findMatch(client, this.#wanted, this.#templateId));
    } catch (error) {
      if (!(error instanceof ServiceError) || this.#options.reuse === 'require') throw error;
      // A build would be refused as well, after it claimed a name.
      if (isKeyRefused(error)) throw error;
      found = { ok: false, reason: `Builds of this content could not be looked up (${error.summary})` };
    }
    if (found.ok) {
      this.#lastMatch = found.value;
      if (found.value.state !== 'ready') this.#seenInMaking.add(found.value.buildId);
    }
    const buildId = found.ok ? found.value.buildId : found.unfit;
    // Nothing can put a tag on a build that is not ready, so one that failed had this one from its registration.
    if (buildId !== undefined) this.#sameContent.add(buildId);
    const { template } = found.ok ? found.value : found;
    this.#tagsBefore ??= template?.tags ?? new Map();
    this.#templateId = template?.templateId;
    return found;
  }

  /** Why this run cannot use a build of this content, as a sentence without its full stop. */
  #whyNot({ state, buildId }: MatchingBuild): string {
    if (state === 'ready') return `Build ${buildId} of this content cannot be used`;
    const why = this.#options.wait ? 'is not waited for' : 'is not ready, and wait: false waits for none';
    return `Build ${buildId} of another run has this content and ${why}`;
  }

  /**
   * With `wait: false` this run ends before it could put its tags on another run's build. A build that was followed to
   * its end is not followed twice: its log was shown.
   */
  #mayJoin({ buildId }: MatchingBuild): boolean {
    return this.#options.wait && this.#joins < mostJoined && this.#joined?.buildId !== buildId;
  }

  async #join(build: MatchingBuild): Promise<BuildOutcome | undefined> {
    this.#joins += 1;
    this.#lookUps = 0;
    const lookUps = withLookupPolicy(this.#deps.client, this.#deps.timing.lookup);
    const earlier = this.#joins - 1;
    const joined = await joinBuild(this.#plan, build, lookUps, this.#deps, this.#deps.timing, earlier);
    if (!joined.ok) {
      this.#tried.add(build.buildId);
      this.#notice(`${joined.reason}.`);
      return undefined;
    }
    if (joined.value.abortedBy) return this.#leave(joined.value);
    // Ready: the next look-up proves it, and the tags are put on.
    this.#joined = joined.value;
    return undefined;
  }

  /** The wait for another run's build ends before it could get the tags of this run. */
  #leave(outcome: BuildOutcome): BuildOutcome {
    const missingTags =
      'Another run made this build, so it does not have the tags of this run. Run this job again to add them.';
    this.#notice(missingTags);
    const { diagnosis } = outcome;
    const advice = `The build continues at the service. ${missingTags}`;
    return { ...outcome, tags: [], ...(diagnosis && { diagnosis: { ...diagnosis, advice } }) };
  }

  async #take(found: MatchingBuild): Promise<BuildOutcome | undefined> {
    const { name, tags } = this.#plan;
    const { template, buildId, createdAt, finishedAt, commit } = found;
    const claimed = await this.#claimTags(found);
    if (!claimed.ok) {
      this.#tried.add(buildId);
      // No newer run has put the tags there.
      if (claimed.movedTo !== undefined) this.#sameContent.add(claimed.movedTo);
      this.#notice(claimed.reason);
      return undefined;
    }
    const { moves, claimedByOthers } = claimed.value;
    const joined = this.#joined?.buildId === buildId ? this.#joined : undefined;
    const reused: ReusedBuild = {
      source: joined || this.#own ? 'joined' : 'existing',
      createdAt,
      moves,
      ...(finishedAt !== undefined && { finishedAt }),
      ...(commit && { commit }),
    };
    const { templateId } = template;
    const steps = joined?.steps ?? [];
    const outcome = { templateId, buildId, name, steps, durationMs: this.#durationMs(), reused };
    if (tags.length > 0 && claimedByOthers.length === tags.length) {
      return supersededByNewerRun(this.#plan, { ...outcome, tags }, claimedByOthers);
    }
    this.#deps.emit({ type: 'reused', templateId, buildId, tags, reused });
    if (claimedByOthers.length > 0) this.#notice(whereTagsStay(claimedByOthers));
    return { ...outcome, tags: tags.filter((tag) => !claimedByOthers.includes(tag)), status: 'ready' };
  }

  /** If tags cannot be put on this build, a new build gets them with its registration. */
  async #claimTags(found: MatchingBuild): Promise<ClaimResult> {
    try {
      const { tags } = this.#plan;
      const keep = (current: ReadonlyMap<string, string>) =>
        tagsClaimedByOthers(tags, current, this.#tagHistory());
      return await claimTags(this.#deps.client, found, { tags, keep });
    } catch (error) {
      if (!(error instanceof ServiceError) || this.#options.reuse === 'require') throw error;
      return {
        ok: false,
        reason: `The tags could not be put on build ${found.buildId}: ${error.message}`,
      };
    }
  }

  /** The outcome if a newer run has the tags, or if there were too many builds. */
  #supersededBy(template: TemplateInfo | undefined): BuildOutcome | undefined {
    const { name, tags } = this.#plan;
    const claimed = template ? tagsClaimedByOthers(tags, template.tags, this.#tagHistory()) : [];
    // Without a list of tags a newer run may have them.
    const over = claimed.length > 0 || !template || this.#builds >= mostBuilt;
    if (this.#own) return over ? this.#own : undefined;
    if (claimed.length === 0 || !this.#lastMatch) return undefined;
    const { buildId } = this.#lastMatch;
    const { templateId } = this.#lastMatch.template;
    const ids = { templateId, buildId, name, tags, steps: [], durationMs: this.#durationMs() };
    return supersededByNewerRun(this.#plan, ids, claimed);
  }

  #tagHistory(): TagHistory {
    return { before: this.#tagsBefore ?? new Map(), sameContent: this.#sameContent };
  }

  async #mayLookUpAgain(): Promise<boolean> {
    if (this.#lookUps >= mostLookUps) return false;
    this.#lookUps += 1;
    // Random, so that runs that wait for each other do not continue together.
    await pause(this.#deps.timing.pace.longestMs * (0.5 + 2 * Math.random()), this.#deps.signal);
    return true;
  }

  /** Builds; gives nothing if another run's build may have replaced this one. */
  async #build(why: string, template: TemplateInfo | undefined): Promise<BuildOutcome | undefined> {
    const how = `${this.#own ? ' once more' : ''}${this.#skipsCache ? ' without the cache' : ''}`;
    this.#notice(`${why}. Building${how}.`);
    this.#builds += 1;
    this.#lookUps = 0;
    const emit: BuildContext['emit'] = (event) => {
      if (event.type !== 'finished') this.#deps.emit(event);
    };
    const before = template && { templateBefore: template };
    const plan = this.#skipsCache ? rebuildPlan(this.#plan, 'without-cache') : this.#plan;
    const outcome = await build(plan, this.#options, { ...this.#deps, emit, ...before });
    if (outcome.status !== 'superseded') return outcome;
    this.#own = outcome;
    this.#tried.add(outcome.buildId);
    this.#sameContent.add(outcome.buildId);
    return undefined;
  }

  #durationMs(): number {
    return Date.now() - this.#startedAt;
  }

  #notice(message: string): void {
    this.#deps.emit({ type: 'notice', message });
  }
}

function ended(outcome: BuildOutcome | undefined): Result<BuildOutcome> | undefined {
  return outcome && { ok: true, value: outcome };
}
