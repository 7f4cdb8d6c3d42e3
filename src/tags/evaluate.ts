import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { quote } from '../problem.ts';
import { shortSha } from './event-values.ts';
import { render, type TextTemplate, type Values } from './expression.ts';
import type { RuleKind, TagRule } from './rule.ts';
import { parseVersion, type Version } from './version.ts';

/** What one rule comes to with one event. */
export type RuleOutcome =
  | {
      /** Not folded yet, and not empty. */
      readonly text: string;
      readonly why: string;
      /** Set by rules that speak of a version or a git tag: they decide about `latest`. */
      readonly release?: ReleaseText;
    }
  /** Why there is no tag. */
  | { readonly none: string }
  /** What is wrong with the rule, in words that follow the line's name. */
  | { readonly mistake: string };

/** What a rule took for the release's name. */
export interface ReleaseText {
  readonly name: string;
  /** Absent when the name is no version. */
  readonly version?: Version;
  /** What the rule puts around versions. */
  readonly prefix: string;
  readonly suffix: string;
}

/** A rule's text before its prefix and suffix. */
type Core =
  | { readonly text: string; readonly why: string; readonly name?: string; readonly version?: Version }
  | { readonly none: string };

/** Tries a rule. Nothing is asked of anybody: the event and the values hold everything. */
export function evaluateRule(rule: TagRule, event: CiEvent, values: Values): RuleOutcome {
  const blanks: string[] = [];
  let unknownDate = false;
  const fill: Fill = (template, extra) => {
    const rendered = render(template, extra ? { ...values, texts: { ...values.texts, ...extra } } : values);
    blanks.push(...rendered.empty);
    unknownDate ||= rendered.unknownDate;
    return rendered.text;
  };
  const enable = fill(rule.enable);
  if (enable !== 'true' && enable !== 'false') {
    return { mistake: `enable: found ${quote(enable)}, expected true or false in small letters.` };
  }
  if (enable === 'false') return { none: 'enable is false' };
  blanks.length = 0;

  const core = coreOf(rule, event, fill);
  if ('none' in core) return core;
  const prefix = fill(rule.prefix);
  const suffix = fill(rule.suffix);
  if (unknownDate) return { none: `${describeEvent(event)} does not say when its commit was made` };
  const text = prefix + core.text + suffix;
  const blank = blanks.length === 0 ? '' : `${[...new Set(blanks)].join(', ')} is empty here`;
  if (text === '') return { none: blank || 'the text is empty' };
  const { name, version } = core;
  return {
    text,
    why: blank ? `${core.why}; ${blank}` : core.why,
    ...(name !== undefined && { release: { name, prefix, suffix, ...(version && { version }) } }),
  };
}

type Fill = (template: TextTemplate, extra?: Readonly<Record<string, string>>) => string;

function coreOf(rule: RuleKind, event: CiEvent, fill: Fill): Core {
  const here = describeEvent(event);
  switch (rule.type) {
    case 'plain':
      return { text: rule.tag, why: 'as it is written' };
    case 'raw':
      return { text: fill(rule.value), why: 'as it is written' };
    case 'schedule':
      if (event.kind !== 'schedule') return { none: `${here} is no schedule` };
      return { text: fill(rule.pattern), why: 'a schedule started this run' };
    case 'sha': {
      const { sha } = event;
      if (sha === undefined) return { none: 'the commit is not known' };
      return { text: rule.format === 'long' ? sha : shortSha(sha), why: `the commit of ${here}` };
    }
    case 'edge': {
      const branch = rule.branch ?? event.defaultBranch;
      if (branch === undefined) return { none: `${here} does not name the default branch; set branch=` };
      if (event.branch === branch) return { text: 'edge', why: `the newest on ${branch}` };
      return { none: `${here} is not on ${branch}` };
    }
    case 'ref':
      return refText(rule.event, event);
    case 'match': {
      const name = fill(rule.value) || event.tag;
      if (name === undefined) return { none: `${here} has no git tag, and the rule no value` };
      const match = rule.pattern.exec(name);
      if (!match) return { none: `${quote(name)} does not match ${rule.pattern}` };
      const text = match[rule.group];
      if (text === undefined) return { none: `${rule.pattern} has no group ${rule.group} in ${quote(name)}` };
      const version = parseVersion(text) ?? parseVersion(name);
      return { text, why: `from ${name}`, name, ...(version && { version }) };
    }
    case 'semver':
      return versionText(rule, event, fill);
  }
}

function refText(wanted: 'branch' | 'tag' | 'pr' | 'queue', event: CiEvent): Core {
  const { branch, tag, pullRequest, kind } = event;
  const here = describeEvent(event);
  switch (wanted) {
    case 'branch':
      return branch === undefined
        ? { none: `${here} is not on a branch` }
        : { text: branch, why: 'the branch' };
    case 'tag': {
      if (tag === undefined) return { none: `${here} has no git tag` };
      const version = parseVersion(tag);
      return { text: tag, why: 'the git tag', name: tag, ...(version && { version }) };
    }
    case 'pr':
      if (pullRequest === undefined || kind === 'merge_group') return { none: `${here} is no pull request` };
      return { text: String(pullRequest), why: 'the number of the pull request' };
    case 'queue':
      if (pullRequest === undefined || kind !== 'merge_group') return { none: `${here} is no merge group` };
      return { text: String(pullRequest), why: 'the number of the pull request in the merge queue' };
  }
}

function versionText(rule: Extract<RuleKind, { type: 'semver' }>, event: CiEvent, fill: Fill): Core {
  const written = fill(rule.value) || event.tag;
  if (written === undefined) {
    return { none: `${describeEvent(event)} has no git tag, and the rule no value` };
  }
  const match = rule.match?.exec(written);
  const name = match ? (match[1] ?? match[0]) : written;
  const raw = name.replaceAll('/', '-');
  const version = parseVersion(raw);
  if (!version) {
    const unmatched = rule.match && !match ? `; ${rule.match} does not match it` : '';
    return { none: `${quote(written)} is not a version such as 1.2.3${unmatched}` };
  }
  const found = { name, version };
  if (version.prerelease !== '') {
    const [only] = rule.pattern;
    const rawOnly =
      rule.pattern.length === 1 && typeof only === 'object' && 'name' in only && only.name === 'raw';
    const why = `${version.text} is a pre-release, which gives no other pattern than the whole version`;
    return { text: rawOnly ? raw : version.text, why: rawOnly ? `from ${written}` : why, ...found };
  }
  const text = fill(rule.pattern, {
    ...{ raw, version: version.text, prerelease: '' },
    ...{ major: String(version.major), minor: String(version.minor), patch: String(version.patch) },
    build: version.build.replaceAll('.', '-'),
  });
  return { text, why: `from ${written}`, ...found };
}
