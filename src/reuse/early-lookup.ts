import type { ServiceClient } from '../api/client.ts';
import type { ListedBuild, TemplatePage } from '../api/schemas.ts';
import { untilAborted } from '../http/sleep.ts';
import { readAssignments, type TaggedTemplate, taggedTemplate } from '../templates/find-template.ts';
import { type MatchResult, matchIn, type WantedContent } from './find-match.ts';

/** A lookup of a template by its name, sent before the plan is known. */
export interface EarlyLookup {
  /** When it was sent, milliseconds since the epoch by our clock. */
  readonly sentAt: number;
  /** The template, empty if there is none; `undefined` if a request failed. */
  readonly found: Promise<{ readonly tagged?: TaggedTemplate } | undefined>;
  /** Its newest builds; `undefined` if a request failed. */
  readonly page: Promise<TemplatePage | undefined>;
}

/**
 * Sends the requests of {@link findMatch} by the name alone, while the recipe is evaluated. Each is sent once. A failure
 * is not reported here: the lookup that replaces it reports it.
 */
export function lookUpEarly({ noRetry }: Pick<ServiceClient, 'noRetry'>, name: string): EarlyLookup {
  const identifier = noRetry.templateIdOf(name);
  const found = taggedTemplate(name, identifier, readAssignments(noRetry, name));
  return {
    sentAt: Date.now(),
    found: found.then((tagged) => ({ ...(tagged && { tagged }) })).catch(() => undefined),
    page: identifier.then((templateId) => noRetry.template(templateId)).catch(() => undefined),
  };
}

/** What an early lookup says about a plan. */
export interface EarlyMatch {
  /** Absent if only a new lookup can decide. */
  readonly match?: MatchResult;
  /** Lets a new lookup list the builds of the template at once. */
  readonly templateId?: string;
}

/**
 * The match of an early lookup, if its age changes nothing. Rejects with the signal's reason.
 *
 * ## Why an early lookup may decide
 *
 * Other runs continue between this lookup and what is done about it, for as long as the recipe and its files take to
 * read. Two results are used all the same, up to an age of `usableMs`:
 *
 * - *A ready build has all tags of this run.* Nothing has to change. This was so at a moment within this run, so a run
 *   as quick as the lookup would have the same result. Points 1 to 5 of {@link findMatch} hold for that moment: the same
 *   code checks rows and builds, and a ready build does not change.
 * - *No build has this content.* If another run registers one after the lookup, both runs build. The same happens
 *   whenever two runs look up before either registers (`reuseOrBuild`): the later registration ends the earlier build,
 *   and its run follows the later one. The ended build is younger than the lookup, so at most `usableMs` of work is
 *   lost. With `reuse: require` no build would follow, and a build that is tested costs more, so the caller looks up again. *A build of this content is too
 *   old* is the same case: it grows no younger, and one that replaces it is registered later.
 *
 * Every other case needs a new lookup, as if this one had not been made:
 *
 * - *Tags have to move.* They must not be taken from a run that has put them elsewhere since (`claimTags`), so the new
 *   lookup says where they are.
 * - *A build is waiting or building.* It may be ready by now.
 * - *A request failed, or the lookup is too old.*
 */
export async function matchEarly(
  { sentAt, found, page }: EarlyLookup,
  { tags, ...wanted }: WantedContent & { readonly tags: readonly string[] },
  { usableMs, signal }: { readonly usableMs: number; readonly signal: AbortSignal },
): Promise<EarlyMatch> {
  const result = await untilAborted(found, signal);
  if (!result) return {};
  const { tagged } = result;
  const known = { ...(tagged && { templateId: tagged.template.templateId }) };
  const buildOf = (tag: string) => tagged?.template.tags.get(tag);
  const buildId = buildOf(wanted.contentTag);
  let listed: ListedBuild | undefined;
  if (buildId !== undefined) {
    if (tags.some((tag) => buildOf(tag) !== buildId)) return known;
    const builds = (await untilAborted(page, signal))?.builds;
    listed = builds?.find(({ buildID }) => buildID === buildId);
    if (!listed) return known;
  }
  const match = await matchIn(tagged, wanted, async () => listed);
  if (Date.now() - sentAt > usableMs) return known;
  return !match.ok || match.value.state === 'ready' ? { match, ...known } : known;
}
