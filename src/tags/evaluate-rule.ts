import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { quote } from '../problem.ts';
import { onDefaultBranch, writtenValues } from './event-values.ts';
import { render, type TextTemplate, type Values } from './expression.ts';
import { normalizeTag } from './normalize.ts';
import { isProductionTag } from './production.ts';
import { ownName, type RefText, refText } from './ref-name.ts';
import {
  aroundVersion,
  gitTagOfLine,
  type Line,
  lineOfPattern,
  type Origin,
  originIn,
  type ReleaseText,
  variantOf,
} from './release-text.ts';
import type { TagRule } from './rule.ts';
import { type RuleText, ruleText, type TextOrReason } from './rule-text.ts';
import { bare, parseVersion } from './version.ts';

/** The result of one rule for one event. */
export type RuleOutcome =
  | {
      /** Not normalized yet, and not empty. */
      readonly text: string;
      readonly why: string;
      /** Set by rules about a version or a git tag, which decide about `latest`. */
      readonly release?: ReleaseText;
      /** Set for a tag that says where its build was made. */
      readonly origin?: Origin;
    }
  /** Why there is no tag. */
  | { readonly none: string }
  /** What is wrong with the rule, in words that follow the line's name. */
  | { readonly mistake: string };

/** Applies a rule. It needs no request: the event and the values hold everything. */
export function evaluateRule(rule: TagRule, event: CiEvent, values: Values): RuleOutcome {
  const blanks: string[] = [];
  let unknownDate = false;
  const filler =
    (source: Values) =>
    (template: TextTemplate, extra?: Readonly<Record<string, string>>): string => {
      const rendered = render(template, extra ? { ...source, texts: { ...source.texts, ...extra } } : source);
      blanks.push(...rendered.empty);
      unknownDate ||= rendered.unknownDate;
      return rendered.text;
    };
  const read = filler(values);
  const write = filler(writtenValues(values));

  const enable = read(rule.enable);
  if (enable !== 'true' && enable !== 'false') {
    return { mistake: `enable: found ${quote(enable)}, expected true or false in lower case.` };
  }
  if (enable === 'false') return { none: 'enable is false' };
  blanks.length = 0;

  const core: TextOrReason = ruleText(rule, event, { values, read, write });
  if ('none' in core) return core;
  const prefix = write(rule.prefix);
  const suffix = write(rule.suffix);
  if (unknownDate) return { none: `${describeEvent(event)} does not say when its commit was made` };
  const { text: inner, note } = core.ref
    ? nameOf(core.ref, rule, event)
    : { text: core.text, note: undefined };
  const text = prefix + inner + suffix;
  const blank = blanks.length === 0 ? '' : `${[...new Set(blanks)].join(', ')} is empty here`;
  if (text === '') return { none: blank || 'the text is empty' };
  const origin = originOf(rule);
  return {
    text,
    why: [core.why, note, blank].filter(Boolean).join('; '),
    ...(core.name !== undefined && { release: releaseOf(rule, core, core.name, event.prerelease) }),
    ...(origin && { origin }),
  };
}

/** The tag text for a branch or git tag. The rule may add a prefix or suffix to it. */
function nameOf({ name, kind }: NonNullable<RuleText['ref']>, { affixed }: TagRule, event: CiEvent): RefText {
  const plain = kind === 'tag' && parseVersion(name) ? { text: name } : refText(name);
  const ownDefault = kind === 'branch' && name === event.branch && onDefaultBranch(event);
  if (affixed || (ownDefault && (name === 'latest' || name === 'default'))) return plain;
  // Unmerged code must not move what users get, so it does not get the tag of that name.
  if (event.isUnmerged && isProductionTag(normalizeTag(name).tag)) return plain;
  return ownName(name, kind, event.prerelease);
}

function releaseOf(rule: TagRule, core: RuleText, name: string, prerelease = false): ReleaseText {
  const { before, after } = rule.type === 'semver' ? aroundVersion(rule.pattern) : { before: [], after: [] };
  const variant = variantOf([...rule.prefix, ...before], [...after, ...rule.suffix]);
  const { version } = core;
  if (rule.type === 'ref' && !rule.affixed && !prerelease) {
    const moving = gitTagOfLine(name);
    if (moving) return { name, variant: bare, ...moving };
  }
  const line = lineOf(rule, core);
  return { name, ...(version && { version }), ...(variant && { variant }), ...(line && { line }) };
}

/** The line whose tag the rule gives; `undefined` for the tag of a single version. */
function lineOf(rule: TagRule, { version, line }: RuleText): Line | undefined {
  const affixes = [rule.prefix, rule.suffix];
  if (rule.type === 'match') return lineOfPattern(affixes) && line;
  if (rule.type !== 'semver' || version?.prerelease !== '') return undefined;
  return lineOfPattern([rule.pattern, ...affixes]);
}

/** The origin that a rule's tag states, by its type or by its expressions. */
function originOf(rule: TagRule): Origin | undefined {
  const affixes = [rule.prefix, rule.suffix];
  switch (rule.type) {
    case 'sha':
      return 'commit';
    case 'schedule':
      return 'schedule';
    case 'edge':
      return 'branch';
    case 'ref':
      return rule.event === 'branch' ? 'branch' : originIn(affixes);
    case 'raw':
      return originIn([rule.value, ...affixes]);
    case 'semver':
      return originIn([rule.pattern, ...affixes]);
    default:
      return originIn(affixes);
  }
}
