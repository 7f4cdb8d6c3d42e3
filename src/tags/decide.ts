import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { type Problem, quote } from '../problem.ts';
import { defaultTags } from './defaults.ts';
import { evaluateRule, type ReleaseText } from './evaluate.ts';
import { eventValues } from './event-values.ts';
import { foldTag } from './fold.ts';
import { judgeLatest, type TagLookup } from './latest.ts';
import { type ParsedRules, parseRules } from './parse-rules.ts';
import { refusal } from './production.ts';

export interface TagRequest {
  /** The input `tags` as it was written; without any rule in it the event decides. */
  readonly rules: string;
  readonly event: CiEvent;
  /** Lets pull requests and merge groups move `latest`, `default` and versions. */
  readonly allowProductionTags: boolean;
  /** The tags that the template has; called at most once, and only when a version may become `latest`. */
  readonly existingTags: () => Promise<readonly string[]>;
  readonly now: Date;
}

/** What became of one rule. */
export interface TagDecision {
  readonly rule: string;
  /** The tag that it gives; absent when it gives none. */
  readonly tag?: string;
  readonly reason: string;
}

export interface TagDecisions {
  /** Valid, without repetition, in the order of the decisions; never empty when there is no problem. */
  readonly tags: readonly string[];
  readonly decisions: readonly TagDecision[];
  readonly problems: readonly Problem[];
}

/** The tags of a build: those that the rules give for this event, or the event's own when there are no rules. */
export async function decideTags(request: TagRequest): Promise<TagDecisions> {
  const { rules, event, now } = request;
  const parsed = parseRules(rules);
  const sheet = decisionSheet(request);
  const lookUp = lookupOnce(request.existingTags);
  const problems = [...parsed.problems];

  if (parsed.rules.length > 0) {
    const values = eventValues(event, now);
    let release: ReleaseText | undefined;
    for (const rule of parsed.rules) {
      const outcome = evaluateRule(rule, event, values);
      if ('mistake' in outcome) {
        problems.push({ title, message: `line ${rule.line}: ${outcome.mistake}` });
      } else if ('none' in outcome) {
        sheet.refuse(rule.source, outcome.none);
      } else {
        sheet.give(rule.source, outcome.text, outcome.why);
        release ??= outcome.release;
      }
    }
    if (problems.length === 0) await addLatest(release, parsed, event, lookUp, sheet);
  } else if (problems.length === 0) {
    for (const { rule, text, reason } of await defaultTags(event, lookUp)) {
      if (text === undefined) sheet.refuse(rule, reason);
      else sheet.give(rule, text, reason);
    }
  }
  const tags = sheet.tags();
  if (tags.length === 0 && problems.length === 0) problems.push(noTag(event, sheet.decisions));
  return { tags, decisions: sheet.decisions, problems };
}

const title = 'Input tags';

async function addLatest(
  release: ReleaseText | undefined,
  parsed: ParsedRules,
  event: CiEvent,
  lookUp: TagLookup,
  sheet: DecisionSheet,
): Promise<void> {
  if (!release || sheet.tags().includes('latest')) return;
  if (!parsed.latest) return sheet.refuse('latest', 'turned off by latest=false');
  const { given, reason } = await judgeLatest(release, event, lookUp);
  if (given) sheet.give('latest', 'latest', reason);
  else sheet.refuse('latest', reason);
}

type DecisionSheet = ReturnType<typeof decisionSheet>;

/** Collects decisions: folds, refuses what this event must not move, and notes what comes twice. */
function decisionSheet({ event, allowProductionTags }: TagRequest) {
  const decisions: TagDecision[] = [];
  const tags = () => [...new Set(decisions.flatMap(({ tag }) => (tag === undefined ? [] : [tag])))];
  const refuse = (rule: string, reason: string) => {
    decisions.push({ rule, reason });
  };
  return {
    decisions,
    tags,
    refuse,
    give(rule: string, text: string, why: string) {
      const { tag, note } = foldTag(text);
      const refused = refusal(tag, event, allowProductionTags);
      if (refused) return refuse(rule, refused);
      const changed = note === undefined ? '' : `; made of ${quote(text)}: ${note}`;
      const again = tags().includes(tag) ? '; the same tag as above' : '';
      decisions.push({ rule, tag, reason: why + changed + again });
    },
  };
}

function lookupOnce(existingTags: () => Promise<readonly string[]>): TagLookup {
  let answer: ReturnType<TagLookup> | undefined;
  const ask = async () => {
    try {
      return { tags: await existingTags() };
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  };
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** Without a tag the service would take `default`, which is never what was meant. */
function noTag(event: CiEvent, decisions: readonly TagDecision[]): Problem {
  const here = describeEvent(event);
  const reasons = decisions.map(({ rule, reason }) => `${rule} (${reason})`).join('; ');
  const found =
    reasons === ''
      ? `there is nothing in ${here} that could name a build`
      : `no rule gives a tag for ${here}: ${reasons}`;
  return { title, message: `${found}. Add a rule for it, such as ${ruleFor(event)}, or leave tags empty.` };
}

function ruleFor({ kind, pullRequest, tag, branch, proposed }: CiEvent): string {
  if (kind === 'merge_group') return 'type=ref,event=queue';
  if (proposed && pullRequest !== undefined) return 'type=ref,event=pr';
  if (kind === 'schedule') return 'type=schedule';
  if (tag !== undefined) return 'type=ref,event=tag';
  return branch === undefined || proposed ? 'type=sha' : 'type=ref,event=branch';
}
