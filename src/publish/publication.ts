import type { ServiceClient } from '../api/client.ts';
import { buildReference } from '../api/names.ts';
import { withDiagnosis } from '../driver/diagnosis/diagnose.ts';
import type { AbortReason, BuildOutcome } from '../driver/events.ts';
import { failureOfError } from '../driver/follow.ts';
import { isMissing, type ServiceError } from '../http/errors.ts';
import type { Plan } from '../plan/plan.ts';
import {
  type ClaimedTags,
  claimTags,
  supersededByNewerRun,
  type TagClaim,
  whereTagsStay,
} from '../reuse/claim-tags.ts';
import type { ReuseContext } from '../reuse/search.ts';
import type { SmokeTestOutcome } from '../smoke-test/events.ts';
import { promote, TargetError } from '../templates/assign-tags.ts';
import { isWithdrawn } from '../templates/find-build.ts';
import { readTags, type TemplateInfo } from '../templates/find-template.ts';
import { afterTest } from './after-test.ts';
import type { Closing } from './closing.ts';
import { type BeginningOfRun, tagsOfLaterBuilds } from './later-builds.ts';
import { withdraw } from './withdraw.ts';

/** The test that a build has to pass before it gets the tags of its plan. */
export interface PublishTest {
  /** Of this run and no other (`candidateTag`). */
  readonly candidateTag: string;
  /** Says that a build has passed this test (`passedTag`). Absent where the plan has no fingerprint. */
  readonly passedTag?: string;
  /** Starts a sandbox of `name:buildId` and tests it. Rejects only with the signal's reason. */
  readonly run: (reference: string) => Promise<SmokeTestOutcome>;
}

export interface PublicationContext extends Pick<ReuseContext, 'client' | 'emit'> {
  readonly closing: Closing;
  readonly begun: () => Promise<BeginningOfRun>;
  /** Whether this run has registered any build. */
  readonly hasRegistered: boolean;
  readonly mayHaveMoved: () => boolean;
}

/** One ready build on its way to the tags, as `publishTested` reasons. */
export class Publication {
  readonly #plan: Plan;
  readonly #test: PublishTest;
  /** Without tags. */
  readonly #build: BuildOutcome;
  readonly #begun: () => Promise<BeginningOfRun>;
  readonly #hasRegistered: boolean;
  readonly #mayHaveMoved: () => boolean;
  readonly #client: ServiceClient;
  readonly #closing: Closing;
  readonly #emit: ReuseContext['emit'];
  #result: SmokeTestOutcome | undefined;
  #testedBefore = false;

  constructor(
    plan: Plan,
    test: PublishTest,
    build: BuildOutcome,
    { begun, client, closing, emit, hasRegistered, mayHaveMoved }: PublicationContext,
  ) {
    this.#plan = plan;
    this.#test = test;
    this.#build = { ...build, tags: [] };
    this.#begun = begun;
    this.#hasRegistered = hasRegistered;
    this.#mayHaveMoved = mayHaveMoved;
    this.#client = client;
    this.#closing = closing;
    this.#emit = emit;
  }

  /** Tests the build and moves the tags; nothing if it was withdrawn. Rejects with a `ServiceError`. */
  async run(): Promise<BuildOutcome | undefined> {
    const { candidateTag, passedTag, run } = this.#test;
    const { buildId, reused } = this.#build;
    if (reused) {
      const template = await this.#template();
      if (isWithdrawn(template, buildId)) return undefined;
      if (passedTag !== undefined && template.tags.get(passedTag) === buildId) {
        this.#notice(`Build ${buildId} has passed this test before, so it is not tested again.`);
        this.#testedBefore = true;
        const outcome = await this.#tag(template, { target: passedTag });
        // A build of this run may have been superseded by this one.
        if (outcome && this.#hasRegistered) await this.#letGo();
        return outcome;
      }
      if (!(await this.#hold(template))) return undefined;
    }
    this.#result = await run(buildReference(this.#build));
    const { failure } = this.#result;
    if (failure) {
      // A sandbox that cannot be started says nothing about the build.
      const consequence =
        failure.cause === 'sandbox'
          ? 'No tag was moved, and the next run of this content tests the build again.'
          : await withdraw(this.#closing, this.#build);
      return afterTest(this.#build, this.#result, consequence);
    }
    const own = passedTag === undefined ? [] : [passedTag];
    const template = await this.#template();
    if (isWithdrawn(template, buildId)) return undefined;
    const outcome = await this.#tag(template, { target: candidateTag, own });
    if (outcome) await this.#letGo();
    return outcome;
  }

  /** The outcome if the job ends before the tags have moved. */
  aborted(reason: AbortReason): BuildOutcome {
    return withDiagnosis(this.#plan, {
      ...this.#tested(),
      ...{ status: 'error', abortedBy: reason, endedDuring: this.#endedDuring() },
    });
  }

  /** The outcome if the service refuses to hold the build or to move its tags. */
  refused(error: ServiceError): BuildOutcome {
    const outcome = withDiagnosis(this.#plan, {
      ...this.#tested(),
      ...{ status: 'error', endedDuring: this.#endedDuring() },
      failure: failureOfError(error),
    });
    const { diagnosis, endedDuring } = outcome;
    if (!diagnosis) return outcome;
    const isUnknown = endedDuring === 'tags';
    const tags = isUnknown ? 'it is not known whether its tags were moved' : 'its tags were not moved';
    const what = `The build is ready, and ${tags}. ${diagnosis.what}`;
    return {
      ...outcome,
      diagnosis: {
        ...diagnosis,
        title: isUnknown ? 'The tags may not have moved' : 'The tags could not be moved',
        what,
      },
    };
  }

  #endedDuring(): 'test' | 'tags' {
    return this.#mayHaveMoved() ? 'tags' : 'test';
  }

  async #template(): Promise<TemplateInfo> {
    const { name, templateId } = this.#build;
    return { name, templateId, tags: await readTags(this.#client, templateId) };
  }

  /** Puts the candidate tag on a build that this run did not register, unless that is gone. */
  async #hold(template: TemplateInfo): Promise<boolean> {
    try {
      await promote(this.#client, template, this.#build.buildId, [this.#test.candidateTag]);
      return true;
    } catch (error) {
      if (isMissing(error) || error instanceof TargetError) return false;
      throw error;
    }
  }

  /** Moves the tags of the plan, except those of later builds; nothing if the build, or the target, is gone. */
  async #tag(
    template: TemplateInfo,
    claim: Pick<TagClaim, 'own' | 'target'>,
  ): Promise<BuildOutcome | undefined> {
    const { templateId, buildId, reused } = this.#build;
    const { tags } = this.#plan;
    const begun = await this.#begun();
    const build = { templateId, buildId, isOwn: !reused };
    const keep = (current: ReadonlyMap<string, string>) =>
      tagsOfLaterBuilds(this.#client, tags, current, build, begun);
    // What has moved is read again after a cancel too.
    const client = { ...this.#client, tags: this.#closing.client.tags };
    const claimed = await claimTags(client, { template, buildId }, { tags, keep, ...claim });
    return claimed.ok ? this.#claimed(claimed.value) : undefined;
  }

  #claimed({ moves, claimedByOthers: kept }: ClaimedTags): BuildOutcome {
    const { tags } = this.#plan;
    const { buildId } = this.#build;
    if (kept.length === tags.length) return supersededByNewerRun(this.#plan, this.#tested(), kept);
    this.#emit({ type: 'tags-moved', buildId, moves });
    if (kept.length > 0) this.#notice(whereTagsStay(kept));
    return { ...this.#tested(), moves, tags: tags.filter((tag) => !kept.includes(tag)) };
  }

  /** Removes the candidate tag. If that fails, the build has its tags all the same. */
  async #letGo(): Promise<void> {
    const { candidateTag } = this.#test;
    const { client, whyNot } = this.#closing;
    try {
      await client.removeTags(this.#build.name, [candidateTag]);
    } catch (error) {
      this.#notice(
        `The tag ${candidateTag} could not be removed (${whyNot(error)}). It does no harm; a cleanup with mode: sweep removes it.`,
      );
    }
  }

  #tested(): BuildOutcome {
    return {
      ...this.#build,
      ...(this.#result && { test: this.#result }),
      ...(this.#testedBefore && { testedBefore: true }),
    };
  }

  #notice(message: string): void {
    this.#emit({ type: 'notice', message });
  }
}
