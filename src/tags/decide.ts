import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { describeRemoval } from '../ci/removal.ts';
import { type Problem, quote } from '../problem.ts';
import { defaultTags, movedByName } from './defaults.ts';
import { evaluateRule, type RuleOutcome } from './evaluate-rule.ts';
import { eventValues } from './event-values.ts';
import { judgeLatest, judgeLine, type TagLookup } from './latest.ts';
import { normalizeTag } from './normalize.ts';
import { type ParsedRules, parseRules } from './parse-rules.ts';
import { refusal } from './production.ts';
import type { Origin, ReleaseText } from './release-text.ts';
import { bare } from './version.ts';

export interface TagRequest {
  /** The input `tags` as written. Without a rule in it, the event decides. */
  readonly rules: string;
  readonly event: CiEvent;
  /** Lets pull requests and merge groups move `latest`, `default` and versions. */
  readonly allowProductionTags: boolean;
  /** Fetches the template's tags. It is called at most once, and only when a tag moves from version to version. */
  readonly existingTags: () => Promise<readonly string[]>;
  /**
   * For a build that another run made: whether a tag that names a commit, a branch or a schedule is right for it.
   * Absent for the run's own build.
   */
  readonly belongs?: (tag: string) => Promise<boolean>;
  readonly now: Date;
}

/** The result of one rule. */
export interface TagDecision {
  readonly rule: string;
  /** Absent when the rule gives no tag. */
  readonly tag?: string;
  readonly reason: string;
  /** The requested tag, when it would be wrong on a build that another run made. */
  readonly foreign?: string;
}

export interface TagDecisions {
  /** Valid and distinct, in the order of the decisions. Never empty when there is no problem. */
  readonly tags: readonly string[];
  readonly decisions: readonly TagDecision[];
  readonly problems: readonly Problem[];
}

/** Decides the tags of a build: those of the rules for this event, or the event's defaults without rules. */
export async function decideTags(request: TagRequest): Promise<TagDecisions> {
  const { rules, event } = request;
  const parsed = parseRules(rules);
  const sheet = decisionSheet(request);
  const lookUp = lookupOnce(request.existingTags);
  const problems = [...parsed.problems];
  const without = parsed.rules.length === 0;
  const nameless = nothingToName(event, parsed);

  if (nameless.length > 0) problems.push(...nameless);
  else if (!without) problems.push(...(await applyRules(parsed, request, lookUp, sheet)));
  else if (problems.length === 0) {
    for (const { rule, text, reason, origin } of await defaultTags(event, lookUp)) {
      if (text === undefined) sheet.refuse(rule, reason);
      else await sheet.give(rule, text, reason, origin);
    }
  }
  const tags = sheet.tags();
  if (tags.length === 0 && problems.length === 0) problems.push(noTag(event, sheet.decisions));
  return { tags, decisions: sheet.decisions, problems };
}

const title = 'Input tags';

/**
 * The problem when no tag is possible, for any template: the event removes something, or there is neither an event nor
 * a rule.
 *
 * @param rules - the input `tags`
 */
export function namesNothing(rules: string, event: CiEvent): Problem[] {
  return nothingToName(event, parseRules(rules));
}

function nothingToName(event: CiEvent, { rules, problems }: ParsedRules): Problem[] {
  const withoutRules = rules.length === 0 && problems.length === 0;
  // Plain tags may be moved when a pull request is merged.
  const ofMerge = event.removed === 'pull_request' && event.merged !== false && !withoutRules;
  if (event.removed && !ofMerge) {
    const { what, remedy } = describeRemoval(event);
    return [{ title, message: `${what}, so no build gets a tag. ${remedy}` }];
  }
  if (event.kind !== 'none' || event.developer !== undefined || !withoutRules) return [];
  const message =
    'is empty, and there is no event to take tags from. Set tags, such as `tags: v1.4.0, latest`. A name without a tag means `default`.';
  return [{ title, message }];
}

/** Applies the rules and returns what is wrong with them. */
async function applyRules(
  parsed: ParsedRules,
  { event, now }: TagRequest,
  lookUp: TagLookup,
  sheet: DecisionSheet,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const values = eventValues(event, now);
  const outcomes = parsed.rules.map((rule) => ({ rule, outcome: evaluateRule(rule, event, values) }));
  const releases = outcomes.flatMap(({ outcome }) =>
    'text' in outcome && outcome.release ? [outcome.release] : [],
  );
  for (const { rule, outcome } of outcomes) {
    if ('mistake' in outcome) problems.push({ title, message: `line ${rule.line}: ${outcome.mistake}` });
    else if ('none' in outcome) sheet.refuse(rule.source, outcome.none);
    else {
      const behind = await behindInLine(outcome, event, lookUp, releases);
      if (behind === undefined) await sheet.give(rule.source, outcome.text, outcome.why, outcome.origin);
      else if (outcome.release?.least) {
        await sheet.give(rule.source, `tag-${outcome.text}`, movedByName(outcome.text, behind));
      } else sheet.refuse(rule.source, behind);
    }
  }
  const sound = problems.length === 0 && parsed.problems.length === 0;
  if (sound) await addLatest(releases, parsed, event, lookUp, sheet);
  return problems;
}

/** Why a tag that moves from version to version stays where it is; `undefined` when it moves. */
async function behindInLine(
  { release }: Extract<RuleOutcome, { text: string }>,
  event: CiEvent,
  lookUp: TagLookup,
  releases: readonly ReleaseText[],
): Promise<string | undefined> {
  const { line, variant = bare, least, version = least } = release ?? {};
  if (!version || !line) return undefined;
  const { given, reason } = await judgeLine({ version, variant, line }, event, lookUp, releases);
  return given ? undefined : reason;
}

/** Adds `latest`, or `latest-slim` for the versions of a variant, once for each variant in the rules. */
async function addLatest(
  releases: readonly ReleaseText[],
  parsed: ParsedRules,
  event: CiEvent,
  lookUp: TagLookup,
  sheet: DecisionSheet,
): Promise<void> {
  const names = new Set<string>();
  for (const release of releases) {
    const { prefix, suffix } = release.variant ?? bare;
    const name = `${prefix}latest${suffix}`;
    if (names.has(name) || sheet.tags().includes(name)) continue;
    names.add(name);
    if (!parsed.latest) sheet.refuse(name, 'turned off by latest=false');
    else {
      const { given, reason } = await judgeLatest(release, event, lookUp, releases);
      if (given) await sheet.give(name, name, reason);
      else sheet.refuse(name, reason);
    }
  }
}

type DecisionSheet = ReturnType<typeof decisionSheet>;

/** Collects decisions: normalizes tags, refuses tags that must not move, and notes duplicates. */
function decisionSheet({ event, allowProductionTags, belongs }: TagRequest) {
  const decisions: TagDecision[] = [];
  const tags = () => [...new Set(decisions.flatMap(({ tag }) => (tag === undefined ? [] : [tag])))];
  const refuse = (rule: string, reason: string) => {
    decisions.push({ rule, reason });
  };
  return {
    decisions,
    tags,
    refuse,
    async give(rule: string, text: string, why: string, origin?: Origin) {
      const { tag, note } = normalizeTag(text);
      const refused = refusal(tag, event, allowProductionTags);
      if (refused) return refuse(rule, refused);
      if (origin && belongs && !(await belongs(tag))) {
        const reason = `nothing says that the build was made ${originInWords[origin]}`;
        decisions.push({ rule, reason, foreign: tag });
        return;
      }
      const changed = note === undefined ? '' : `; made of ${quote(text)}: ${note}`;
      const again = tags().includes(tag) ? '; the same tag as above' : '';
      decisions.push({ rule, tag, reason: why + changed + again });
    },
  };
}

const originInWords = {
  commit: 'from this commit',
  branch: 'on this branch',
  schedule: 'by this schedule',
} satisfies Record<Origin, string>;

function lookupOnce(existingTags: () => Promise<readonly string[]>): TagLookup {
  let result: ReturnType<TagLookup> | undefined;
  const lookUp = async () => {
    try {
      return { tags: await existingTags() };
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  };
  return () => {
    result ??= lookUp();
    return result;
  };
}

/** Without a tag the service uses `default`, which is never what the user means here. */
function noTag(event: CiEvent, decisions: readonly TagDecision[]): Problem {
  const here = describeEvent(event);
  const reasons = decisions.map(({ rule, reason }) => `${rule} (${reason})`).join('; ');
  const found =
    reasons === ''
      ? `there is nothing in ${here} that could name a build`
      : `no rule gives a tag for ${here}: ${reasons}`;
  const foreign = decisions.some((decision) => decision.foreign !== undefined);
  const remedy = foreign
    ? 'Set tags, such as `tags: latest, default`.'
    : event.kind === 'none'
      ? 'Write a tag, such as `tags: v1.4.0, latest`.'
      : `Add a rule for it, such as ${ruleFor(event)}, or leave tags empty.`;
  return { title, message: `${found}. ${remedy}` };
}

function ruleFor({ kind, pullRequest, tag, branch, isUnmerged }: CiEvent): string {
  if (kind === 'merge_group') return 'type=ref,event=queue';
  if (isUnmerged && pullRequest !== undefined) return 'type=ref,event=pr';
  if (kind === 'schedule') return 'type=schedule';
  if (tag !== undefined) return 'type=ref,event=tag';
  return branch === undefined || isUnmerged ? 'type=sha' : 'type=ref,event=branch';
}
