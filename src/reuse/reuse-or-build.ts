import { type BuildOptions, build } from '../build/build.ts';
import type { BuildDeps } from '../build/deps.ts';
import { diagnosed } from '../build/diagnosis/diagnose.ts';
import type { BuildOutcome, ReusedBuild } from '../build/events.ts';
import { defaultTiming } from '../build/timing.ts';
import type { Plan } from '../plan/plan.ts';
import { ServiceError } from '../service/errors.ts';
import { briefly } from './brief-client.ts';
import { followOther } from './follow-other.ts';
import { findSameContent, type SameBuild, type SameContent } from './same-content.ts';
import { takeBuild } from './take-build.ts';

/** `auto` takes a build of the same content where there is one; `require` never builds. */
export type Reuse = 'auto' | 'never' | 'require';

export interface ReuseOptions extends BuildOptions {
  readonly reuse: Reuse;
}

/** Nothing was built, as `require` demands. `why` is a sentence without its full stop. */
export interface NotPublished {
  readonly notPublished: string;
}

/** More builds of other runs than this are not followed, one after another. */
const mostFollowed = 4;

/**
 * Ends with a ready build of the plan's content that bears the plan's tags: one that is there already, one that
 * another run is making at this moment, or else one of our own. Emits what happens; rejects as `build` does.
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
 * - Builds of different content share no content tag, so they meet only in the tags that people gave them.
 */
export async function reuseOrBuild(
  plan: Plan,
  options: ReuseOptions,
  deps: BuildDeps,
): Promise<BuildOutcome | NotPublished> {
  const { contentTags } = plan;
  if (contentTags && options.reuse !== 'never') {
    return new Search(plan, contentTags.content, options, deps).run();
  }
  if (options.reuse === 'require') {
    const why = 'unknown' in plan.fingerprint ? `: ${plan.fingerprint.unknown}` : '';
    return { notPublished: `Whether this template is published cannot be known${why}` };
  }
  return build(plan, options, deps);
}

/** The way to one ready build of a content. */
class Search {
  readonly #plan: Plan;
  readonly #contentTag: string;
  readonly #options: ReuseOptions;
  readonly #deps: BuildDeps;
  readonly #timing: typeof defaultTiming;
  readonly #startedAt = Date.now();
  /** Builds of other runs that were followed, and builds that went away between look-up and tagging. */
  readonly #tried = new Set<string>();
  #follows = 0;
  /** Where the tags stood when this run began. */
  #before: ReadonlyMap<string, string> | undefined;
  /** What following the last build showed. */
  #followed: BuildOutcome | undefined;
  /** Our own build, once a newer one has taken its place. */
  #own: BuildOutcome | undefined;

  constructor(plan: Plan, contentTag: string, options: ReuseOptions, deps: BuildDeps) {
    this.#plan = plan;
    this.#contentTag = contentTag;
    this.#options = options;
    this.#deps = deps;
    this.#timing = { ...defaultTiming, ...deps.timing };
  }

  async run(): Promise<BuildOutcome | NotPublished> {
    for (;;) {
      const found = await this.#lookUp();
      const template = found.state === 'none' ? found.template : found.build.template;
      this.#before ??= template?.tags ?? new Map();
      if (found.state === 'ready' && !this.#tried.has(found.build.buildId)) {
        const outcome = await this.#take(found.build);
        if (outcome) return this.#finish(outcome);
        this.#tried.add(found.build.buildId);
        this.#notice(`Build ${found.build.buildId} has gone since it was looked up.`);
      } else if (this.#mayFollow(found)) {
        const outcome = await this.#follow(found.build);
        if (outcome) return this.#finish(outcome);
      } else if (this.#own) {
        return this.#finish(this.#own);
      } else {
        const why = found.state === 'none' ? found.why : 'No build of this content is ready';
        if (this.#options.reuse === 'require') return { notPublished: why };
        const outcome = await this.#build(why);
        if (outcome) return this.#finish(outcome);
      }
    }
  }

  async #lookUp(): Promise<SameContent> {
    const { name, cpuCount, memoryMb } = this.#plan;
    try {
      return await findSameContent(briefly(this.#deps.client, this.#timing.lookUp), {
        ...{ name, cpuCount, memoryMb },
        contentTag: this.#contentTag,
      });
    } catch (error) {
      if (!(error instanceof ServiceError) || this.#options.reuse === 'require') throw error;
      return { state: 'none', why: `Builds of this content could not be looked up (${error.inShort})` };
    }
  }

  /** Without waiting for the end there is no moment at which the tags could be put on another run's build. */
  #mayFollow(found: SameContent): found is Extract<SameContent, { readonly state: 'waiting' | 'building' }> {
    if (found.state !== 'waiting' && found.state !== 'building') return false;
    return this.#options.wait && !this.#tried.has(found.build.buildId) && this.#follows < mostFollowed;
  }

  async #follow(build: SameBuild): Promise<BuildOutcome | undefined> {
    this.#tried.add(build.buildId);
    this.#follows += 1;
    const lookUps = briefly(this.#deps.client, this.#timing.lookUp);
    const end = await followOther(this.#plan, build, lookUps, this.#deps, this.#timing);
    if ('left' in end) {
      this.#notice(`${end.left}.`);
      return undefined;
    }
    if (end.outcome.stopped) return end.outcome;
    // Ready: the next look-up proves it, and the tags are put on.
    this.#tried.delete(build.buildId);
    this.#followed = end.outcome;
    return undefined;
  }

  async #take(found: SameBuild): Promise<BuildOutcome | undefined> {
    const { name, tags } = this.#plan;
    const { template, buildId, createdAt, finishedAt, commit } = found;
    const { templateId } = template;
    const before = this.#before ?? new Map();
    const taken = await takeBuild(this.#deps.client, found, tags, before, this.#own?.buildId);
    if (!taken.taken) return undefined;
    const { moves, left } = taken;
    const followed = this.#followed?.buildId === buildId ? this.#followed : undefined;
    const reused: ReusedBuild = {
      how: followed ? 'followed' : 'found',
      createdAt,
      moves,
      ...(finishedAt !== undefined && { finishedAt }),
      ...(commit && { commit }),
    };
    const steps = followed?.steps ?? [];
    const durationMs = Date.now() - this.#startedAt;
    const outcome = { templateId, buildId, name, steps, durationMs, reused };
    if (left.length === tags.length) {
      const message = `A newer run put ${left.join(', ')} on another build meanwhile: superseded by a newer one.`;
      const failure = { message, lastLines: [] };
      return diagnosed(this.#plan, { ...outcome, tags, status: 'error', failure });
    }
    this.#deps.emit({ type: 'reused', templateId, buildId, tags, reused });
    if (left.length > 0) {
      this.#notice(`A newer run put ${left.join(', ')} on another build meanwhile; left there.`);
    }
    return { ...outcome, tags: tags.filter((tag) => !left.includes(tag)), status: 'ready' };
  }

  /** Our own build, or nothing when another run's may have taken its place. */
  async #build(why: string): Promise<BuildOutcome | undefined> {
    this.#notice(`${why}. Building.`);
    const emit: BuildDeps['emit'] = (event) => {
      if (event.type !== 'finished') this.#deps.emit(event);
    };
    const outcome = await build(this.#plan, this.#options, { ...this.#deps, emit });
    if (outcome.status !== 'superseded') return outcome;
    this.#own = outcome;
    this.#tried.add(outcome.buildId);
    return undefined;
  }

  #finish(outcome: BuildOutcome): BuildOutcome {
    this.#deps.emit({ type: 'finished', outcome });
    return outcome;
  }

  #notice(message: string): void {
    this.#deps.emit({ type: 'notice', message });
  }
}
